//! What a call fails with: codes, and errors that tell more.

use std::ffi::{CString, c_char};
use std::time::Duration;

use identifai::{Error, ErrorKind, InvalidIdentifier};

use crate::memory::{c_text, free_object, lent, read};

/// The call did what it shall.
pub const IDENTIFAI_OK: i32 = 0;
/// An argument or an option is unusable, a pointer is NULL or a string no UTF-8: nothing was sent. The message names
/// it.
pub const IDENTIFAI_ERROR_INVALID_INPUT: i32 = 1;
/// A setting (key, base URL, proxy, ...) is unusable: nothing was sent. The message names it.
pub const IDENTIFAI_ERROR_CONFIG: i32 = 2;
/// No connection: the name was not found, or nobody answered there.
pub const IDENTIFAI_ERROR_CONNECT: i32 = 3;
/// No secure connection: the certificate or the handshake was refused.
pub const IDENTIFAI_ERROR_TLS: i32 = 4;
/// A limit passed: the deadline of the call, or that of connecting.
pub const IDENTIFAI_ERROR_TIMEOUT: i32 = 5;
/// The connection ended before the answer was complete.
pub const IDENTIFAI_ERROR_DISCONNECTED: i32 = 6;
/// The service answered with a redirect (3xx), which is not followed; check the base URL.
pub const IDENTIFAI_ERROR_REDIRECT: i32 = 7;
/// 401: the key is missing or not valid.
pub const IDENTIFAI_ERROR_UNAUTHORIZED: i32 = 8;
/// 403: the key may not use this API, or the terms of service were not accepted.
pub const IDENTIFAI_ERROR_FORBIDDEN: i32 = 9;
/// 404: no such submission, no heatmap of it, or the base URL is not the API's.
pub const IDENTIFAI_ERROR_NOT_FOUND: i32 = 10;
/// Any other 4xx: wrong parameters, the file could not be downloaded, is too large or of no supported type.
pub const IDENTIFAI_ERROR_REJECTED: i32 = 11;
/// The account has no credits left: a guess, as the API has no code for it.
pub const IDENTIFAI_ERROR_OUT_OF_CREDITS: i32 = 12;
/// 429: more requests than the key may make; see `identifai_error_retry_after_ms`.
pub const IDENTIFAI_ERROR_RATE_LIMITED: i32 = 13;
/// 5xx: the service failed.
pub const IDENTIFAI_ERROR_SERVER: i32 = 14;
/// An answer that is not the API's: HTML of a proxy, no JSON, no identifier, too long.
pub const IDENTIFAI_ERROR_UNEXPECTED_RESPONSE: i32 = 15;
/// The service took the submission and could not analyse it.
pub const IDENTIFAI_ERROR_ANALYSIS_FAILED: i32 = 16;
/// The analysis did not end in the time that was given for waiting. It goes on; ask again later.
pub const IDENTIFAI_ERROR_WAIT_TIMED_OUT: i32 = 17;
/// `identifai_cancel` was called, or the progress function ended the upload.
pub const IDENTIFAI_ERROR_CANCELLED: i32 = 18;
/// Of batches, which only Rust has: their journal. No function here returns it.
pub const IDENTIFAI_ERROR_JOURNAL: i32 = 19;
/// Of batches, which only Rust has: whether a submit was accepted is not known. No function here returns it.
pub const IDENTIFAI_ERROR_INDETERMINATE: i32 = 20;
/// A defect of this library: a panic, which was caught. Please report it. Rust has already described it on standard
/// error. The objects of the call may be freed and used as before.
pub const IDENTIFAI_ERROR_PANIC: i32 = 1000;

/// Why a call failed. It is yours once a call has written it, to be freed with `identifai_error_free`; what its
/// functions return is lent until then. Any number of threads may read it.
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

    fn of(kind: ErrorKind, message: &str) -> Self {
        Self::new(kind.code(), kind.as_str(), message)
    }

    /// An argument cannot be used. Its value is not named: arguments get swapped, it may be the key.
    pub(crate) fn invalid(name: &str, reason: &str) -> Self {
        Self::of(ErrorKind::InvalidInput, &format!("{name}: {reason}"))
    }

    pub(crate) fn null(name: &str) -> Self {
        Self::invalid(name, "is NULL")
    }

    /// What a panic says is for its hook alone: nobody masked it.
    pub(crate) fn panic() -> Self {
        let message = "a defect of this library, which said more on standard error; please report it";
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
            ..Self::of(error.kind(), &format!("{error:#}"))
        }
    }
}

/// Rounds up, since a request that comes too early is refused again.
fn milliseconds(pause: Duration) -> i64 {
    pause.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(i64::MAX)
}

/// Frees an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_free(error: *mut Failure) {
    unsafe { free_object(error) }
}

/// The code that the call returned: one of `IDENTIFAI_ERROR_...`. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_code(error: *const Failure) -> i32 {
    unsafe { read(error, IDENTIFAI_OK, |error| error.code) }
}

/// The code as a word: the end of its constant in lower case, such as `rate_limited`. It never changes. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_kind(error: *const Failure) -> *const c_char {
    unsafe { read(error, lent(None), |error| error.kind.as_ptr()) }
}

/// The HTTP status of the answer; 0 if there was none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_status(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.status.map_or(0, i32::from)) }
}

/// What went wrong, in one line and with its causes. It never holds the key, and may be printed as it is. NULL for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_message(error: *const Failure) -> *const c_char {
    unsafe { read(error, lent(None), |error| error.message.as_ptr()) }
}

/// The identifier of the submission that this is about. If the service knows it, it was paid for, and its result can be
/// asked for later. NULL if there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_identifier(error: *const Failure) -> *const c_char {
    unsafe { read(error, lent(None), |error| lent(error.identifier.as_ref())) }
}

/// Returns the first 4 KiB of the response's body as text, or of what came in place of an HTTP response. Bytes that are
/// not UTF-8, and NUL, are replaced. The key is redacted, the rest is as the service sent it: escape it before you show
/// it. NULL if nothing came, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_body(error: *const Failure) -> *const c_char {
    unsafe { read(error, lent(None), |error| lent(error.body.as_ref())) }
}

/// How many milliseconds to wait before trying again: what the service asked for, or the pause that the deadline had no
/// room for. -1 if that is not known, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_retry_after_ms(error: *const Failure) -> i64 {
    unsafe { read(error, -1, |error| error.retry_after_ms.unwrap_or(-1)) }
}

/// 1 if the same call may succeed later and repeating it cannot pay twice, else 0. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_retryable(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.is_retryable.into()) }
}

/// 1 if the service may have accepted a submit, and charged for it, although the call failed. 0 is certain. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_error_may_have_been_sent(error: *const Failure) -> i32 {
    unsafe { read(error, 0, |error| error.may_have_been_sent.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rust() {
        let kinds: Vec<_> = CODES.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ErrorKind::ALL);
        for (kind, code) in CODES {
            assert_eq!(code, kind.code(), "{kind}");
        }
    }

    #[test]
    fn pauses_are_rounded_up() {
        let table = [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (1_500, 2)];
        for (micros, wanted) in table {
            assert_eq!(milliseconds(Duration::from_micros(micros)), wanted, "{micros} µs");
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
