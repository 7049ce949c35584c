//! Error codes, and error objects with the details of a failed call.

use std::ffi::{CString, c_char};
use std::time::Duration;

use identifai::{Error, ErrorKind, InvalidIdentifier};

use crate::memory::{c_text, free_object, ptr_or_null, read};

/// Success.
pub const IDENTIFAI_OK: i32 = 0;
/// An argument or an option is invalid: for example, a pointer is NULL or a string is not UTF-8. Nothing was sent.
/// The message names the argument or option.
pub const IDENTIFAI_ERROR_INVALID_INPUT: i32 = 1;
/// A client setting (key, base URL, proxy, ...) is invalid. Nothing was sent. The message names the setting.
pub const IDENTIFAI_ERROR_CONFIG: i32 = 2;
/// No connection: the host name was not found, or the host did not accept the connection.
pub const IDENTIFAI_ERROR_CONNECT: i32 = 3;
/// No secure connection: the certificate was not accepted, or the TLS handshake failed.
pub const IDENTIFAI_ERROR_TLS: i32 = 4;
/// The deadline of the call or the connect timeout has passed, or an upload without a deadline made no progress. See
/// `identifai_options_set_timeout_ms`.
pub const IDENTIFAI_ERROR_TIMEOUT: i32 = 5;
/// The connection ended before the response was complete.
pub const IDENTIFAI_ERROR_DISCONNECTED: i32 = 6;
/// The response was a redirect (3xx). Redirects are not followed. Check the base URL.
pub const IDENTIFAI_ERROR_REDIRECT: i32 = 7;
/// Status 401: the key is missing or not valid.
pub const IDENTIFAI_ERROR_UNAUTHORIZED: i32 = 8;
/// Status 403: the key may not use this API, or the terms of service were not accepted. If the response is an HTML
/// page, a firewall or proxy in front of the API refused the request. The message says so.
pub const IDENTIFAI_ERROR_FORBIDDEN: i32 = 9;
/// Status 404: the submission does not exist, it has no heatmap, or the base URL does not point at the API.
pub const IDENTIFAI_ERROR_NOT_FOUND: i32 = 10;
/// Any other 4xx status: wrong parameters, or a file that could not be downloaded, is too large or has an unsupported
/// type.
pub const IDENTIFAI_ERROR_REJECTED: i32 = 11;
/// The account has no credits left. This is a guess from the response, because the API has no code for it.
pub const IDENTIFAI_ERROR_OUT_OF_CREDITS: i32 = 12;
/// Status 429: more requests than the key may make. `identifai_error_retry_after_ms` returns the time to wait, if it is
/// known.
///
/// If `identifai_error_status` returns 0, the local rate limit refused the request, because its next slot is after the
/// deadline of the call. The request was not sent.
pub const IDENTIFAI_ERROR_RATE_LIMITED: i32 = 13;
/// Status 5xx: the service failed.
pub const IDENTIFAI_ERROR_SERVER: i32 = 14;
/// The response is not one of the API: an HTML page of a proxy, not JSON, without an identifier, or too long.
pub const IDENTIFAI_ERROR_UNEXPECTED_RESPONSE: i32 = 15;
/// The service accepted the submission and could not analyse it.
pub const IDENTIFAI_ERROR_ANALYSIS_FAILED: i32 = 16;
/// The analysis did not finish within the wait timeout. It continues, and its result can be read later.
pub const IDENTIFAI_ERROR_WAIT_TIMED_OUT: i32 = 17;
/// `identifai_cancel` was called, or the progress function ended the upload.
pub const IDENTIFAI_ERROR_CANCELLED: i32 = 18;
/// The journal of a batch failed. Only the Rust library has batches: no function here returns this code.
pub const IDENTIFAI_ERROR_JOURNAL: i32 = 19;
/// It is not known if the service accepted a submit of a batch. Only the Rust library has batches: no function here
/// returns this code.
pub const IDENTIFAI_ERROR_INDETERMINATE: i32 = 20;
/// A bug in this library: a Rust panic, which was caught. Please report it. Rust has printed the details to standard
/// error. The objects of the call remain valid: they can be used and freed as before.
pub const IDENTIFAI_ERROR_PANIC: i32 = 1000;

/// The details of a failed call: its code, message, status code and others.
///
/// A call that fails creates it and passes it to you. Free it with `identifai_error_free`. The strings that its
/// functions return are owned by the error, and are valid until it is freed. Any number of threads may read it at the
/// same time.
#[derive(Clone)]
pub struct Failure {
    pub(crate) code: i32,
    kind: CString,
    status: Option<u16>,
    message: CString,
    identifier: Option<CString>,
    body: Option<CString>,
    retry_after_ms: Option<i64>,
    is_retryable: bool,
    may_have_been_sent: bool,
}

impl Failure {
    fn new(code: i32, kind: &str, message: &str) -> Self {
        Self {
            code,
            kind: c_text(kind),
            status: None,
            message: c_text(message),
            identifier: None,
            body: None,
            retry_after_ms: None,
            is_retryable: false,
            may_have_been_sent: false,
        }
    }

    fn from_kind(kind: ErrorKind, message: &str) -> Self {
        Self::new(kind.code(), kind.as_str(), message)
    }

    /// Creates the error of an invalid argument. The message leaves out the value: if a caller swaps two arguments,
    /// the value may be the key.
    pub(crate) fn invalid(name: &str, reason: &str) -> Self {
        Self::from_kind(ErrorKind::InvalidInput, &format!("{name}: {reason}"))
    }

    pub(crate) fn null(name: &str) -> Self {
        Self::invalid(name, "must not be NULL")
    }

    /// Creates the error of a panic. The panic's own text is left out, because it is not redacted. The panic hook has
    /// printed it.
    pub(crate) fn panic() -> Self {
        let message = "internal error (a panic), described on standard error; please report it";
        Self::new(IDENTIFAI_ERROR_PANIC, "panic", message)
    }

    pub(crate) fn indeterminate(self) -> Self {
        Self { may_have_been_sent: true, ..self }
    }
}

impl From<InvalidIdentifier> for Failure {
    fn from(error: InvalidIdentifier) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            status: error.status(),
            identifier: error.identifier().map(|identifier| c_text(identifier.as_str())),
            body: error.body().map(c_text),
            retry_after_ms: error.retry_after().map(milliseconds),
            is_retryable: error.is_retryable(),
            may_have_been_sent: error.may_have_been_sent(),
            ..Self::from_kind(error.kind(), &format!("{error:#}"))
        }
    }
}

/// Rounds up, because the service refuses a retry that comes too early.
fn milliseconds(duration: Duration) -> i64 {
    duration.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(i64::MAX)
}

/// Frees an error. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_free(error: *mut Failure) {
    unsafe { free_object(error) }
}

/// Returns the code that the call returned, one of `IDENTIFAI_ERROR_...`. Returns `IDENTIFAI_OK` if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_code(error: *const Failure) -> i32 {
    unsafe { read(error, IDENTIFAI_OK, |error| error.code) }
}

/// Returns the code as a word, such as `rate_limited`: the end of the constant's name in lower case. The words never
/// change. Returns NULL if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_kind(error: *const Failure) -> *const c_char {
    unsafe { read(error, ptr_or_null(None), |error| error.kind.as_ptr()) }
}

/// Returns the HTTP status code of the response, or 0 if there was no response. Returns 0 if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_status(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.status.map_or(0, i32::from)) }
}

/// Returns the message with its causes, in one line. It never contains the key, and can be printed without escaping.
/// Returns NULL if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_message(error: *const Failure) -> *const c_char {
    unsafe { read(error, ptr_or_null(None), |error| error.message.as_ptr()) }
}

/// Returns the identifier of the submission that the error is about, or NULL if the error has no identifier. If the
/// service knows the identifier, the submission was paid for, and its result can be read later. Returns NULL if `error`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_identifier(error: *const Failure) -> *const c_char {
    unsafe { read(error, ptr_or_null(None), |error| ptr_or_null(error.identifier.as_ref())) }
}

/// Returns the first 4 KiB of the response body as text, or of the data that came in place of an HTTP response. Bytes
/// that are not UTF-8, and NUL bytes, are replaced. The key is redacted. The rest is as the service sent it: escape it
/// before you display it. Returns NULL if no data came, and if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_body(error: *const Failure) -> *const c_char {
    unsafe { read(error, ptr_or_null(None), |error| ptr_or_null(error.body.as_ref())) }
}

/// Returns the number of milliseconds to wait before a retry. This is the pause that the service asked for, the pause
/// that did not fit into the deadline, or the time until the next slot of the local rate limit. Returns -1 if it is not
/// known, and if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_retry_after_ms(error: *const Failure) -> i64 {
    unsafe { read(error, -1, |error| error.retry_after_ms.unwrap_or(-1)) }
}

/// Returns 1 if the same call may succeed later and repeating it cannot cost twice, otherwise 0. Returns 0 if `error`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_retryable(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.is_retryable.into()) }
}

/// Returns 1 if the service may have accepted a submit, and charged for it, although the call failed. Returns 0 if it
/// certainly has not, if the call was not a submit, and if `error` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_may_have_been_sent(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.may_have_been_sent.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_rust_kinds() {
        let kinds: Vec<_> = CODES.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ErrorKind::ALL);
        for (kind, code) in CODES {
            assert_eq!(code, kind.code(), "{kind}");
        }
    }

    #[test]
    fn retry_after_is_rounded_up() {
        let table = [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (1_500, 2)];
        for (micros, expected) in table {
            assert_eq!(milliseconds(Duration::from_micros(micros)), expected, "{micros} µs");
        }
        assert_eq!(milliseconds(Duration::MAX), i64::MAX);
    }

    const CODES: [(ErrorKind, i32); 20] = [
        (ErrorKind::InvalidInput, IDENTIFAI_ERROR_INVALID_INPUT),
        (ErrorKind::Config, IDENTIFAI_ERROR_CONFIG),
        (ErrorKind::Connect, IDENTIFAI_ERROR_CONNECT),
        (ErrorKind::Tls, IDENTIFAI_ERROR_TLS),
        (ErrorKind::Timeout, IDENTIFAI_ERROR_TIMEOUT),
        (ErrorKind::Disconnected, IDENTIFAI_ERROR_DISCONNECTED),
        (ErrorKind::Redirect, IDENTIFAI_ERROR_REDIRECT),
        (ErrorKind::Unauthorized, IDENTIFAI_ERROR_UNAUTHORIZED),
        (ErrorKind::Forbidden, IDENTIFAI_ERROR_FORBIDDEN),
        (ErrorKind::NotFound, IDENTIFAI_ERROR_NOT_FOUND),
        (ErrorKind::Rejected, IDENTIFAI_ERROR_REJECTED),
        (ErrorKind::OutOfCredits, IDENTIFAI_ERROR_OUT_OF_CREDITS),
        (ErrorKind::RateLimited, IDENTIFAI_ERROR_RATE_LIMITED),
        (ErrorKind::Server, IDENTIFAI_ERROR_SERVER),
        (ErrorKind::UnexpectedResponse, IDENTIFAI_ERROR_UNEXPECTED_RESPONSE),
        (ErrorKind::AnalysisFailed, IDENTIFAI_ERROR_ANALYSIS_FAILED),
        (ErrorKind::WaitTimedOut, IDENTIFAI_ERROR_WAIT_TIMED_OUT),
        (ErrorKind::Cancelled, IDENTIFAI_ERROR_CANCELLED),
        (ErrorKind::Journal, IDENTIFAI_ERROR_JOURNAL),
        (ErrorKind::Indeterminate, IDENTIFAI_ERROR_INDETERMINATE),
    ];
}
