//! The error type of the crate.

mod build;
mod kind;
mod serial;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub(crate) use self::build::BODY_MAX;
pub use self::kind::ErrorKind;
use crate::model::identifier::Identifier;
use crate::model::state::State;
use crate::util::text::one_line;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a failed call.
///
/// The [`kind`](Self::kind) is for programs, and `Display` is for people. `Display` writes one line. It contains
/// neither the API key nor the query of a submitted URL. Text from the service is escaped, so the line is safe to
/// print. The cause is not part of the line, since programs that print a chain of errors get it from
/// [`source`](StdError::source). The alternate form `{:#}` adds the causes.
///
/// `Serialize` writes an object with `kind`, `status`, `message` and `may_have_been_sent`. The fields `field`,
/// `retry_after` (in seconds), `identifier` and `body` are present if the error has them. `message` is the
/// [service's text](Self::message), or else the text of `{:#}`.
///
/// ```
/// use identifai::{ErrorKind, UrlOptions, classify_from_url};
///
/// let opts = UrlOptions::new("api-key", "cat.jpg").base_url("http://localhost:8080");
/// let error = classify_from_url(&opts).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(error.to_string().starts_with("file_url: "));
/// assert!(!error.may_have_been_sent());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    field: Option<&'static str>,
    summary: String,
    message: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
    identifier: Option<Identifier>,
    last_state: Option<State>,
    retry_after: Option<Duration>,
    may_have_been_sent: bool,
    may_repeat: bool,
    body: Option<String>,
    source: Option<Cause>,
}

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the name of the field or setting that the error is about, such as `file_url` or `base_url`. A field
    /// that is sent has its name in the API. A setting has its name in this crate.
    ///
    /// Errors of the kinds [`InvalidInput`](ErrorKind::InvalidInput), [`Config`](ErrorKind::Config) and
    /// [`Journal`](ErrorKind::Journal) have a field. Their `Display` begins with its name. There are two exceptions.
    /// An error about one of several tickets begins with the name of the ticket. An error about a job that a batch did
    /// not submit, because submitting had ended, has no field. A program can replace the name with
    /// that of its own option.
    ///
    /// ```
    /// use identifai::{UrlOptions, classify_from_url};
    ///
    /// let error = classify_from_url(&UrlOptions::new("api-key", "cat.jpg")).unwrap_err();
    /// assert_eq!(error.field(), Some("file_url"));
    /// assert!(error.to_string().starts_with("file_url: "));
    /// ```
    pub fn field(&self) -> Option<&str> {
        self.0.field
    }

    /// Returns the HTTP status code of the response, if a response arrived.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the service's own text, which is the field `error` or `message` of the response. It is one line, and
    /// control characters are escaped. For [`AnalysisFailed`](ErrorKind::AnalysisFailed), it is
    /// [`errors`](crate::Report::errors) of the report.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns the header `X-Request-Id` of the response, if there is one. With it, the service's support may find the
    /// request in its logs. The API does not document this header.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the identifier of the submission that the error is about, if it is known. After a submit,
    /// request the result by this identifier before you submit again.
    pub fn identifier(&self) -> Option<&Identifier> {
        self.0.identifier.as_ref()
    }

    /// Returns the last known state of the submission, if a wait timed out and at least one poll succeeded.
    pub fn last_state(&self) -> Option<&State> {
        self.0.last_state.as_ref()
    }

    /// Returns the time to wait before a retry, if it is known.
    ///
    /// It is the time that the service asks for. After a 429, it is at least the time until the next slot of the local
    /// rate limit. If neither is known after a 429, it is the pause that did not fit before the deadline. For a call
    /// that the local rate limit refused, it is the time until the next slot.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns `true` if the same call may succeed later, and if repeating it cannot pay twice.
    ///
    /// For a job of a batch, this is not about the submit if the error or the [`Outcome`](crate::Outcome) has an
    /// identifier. The submission was accepted: wait for it again, and do not submit it again.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Connect, Disconnected, RateLimited, Server, Timeout, WaitTimedOut};
        let is_temporary =
            matches!(self.0.kind, Connect | Disconnected | RateLimited | Server | Timeout | WaitTimedOut);
        is_temporary && !self.0.may_have_been_sent
    }

    /// Returns `true` if the service may have accepted the submit, and charged for it, although the call failed. See
    /// [indeterminate](crate::concepts#indeterminate).
    ///
    /// For a single call, `false` is certain: the request did not arrive completely, the service refused it, or the
    /// call was not a submit. For a job of a batch, an error such as [`WaitTimedOut`](ErrorKind::WaitTimedOut) or
    /// [`AnalysisFailed`](ErrorKind::AnalysisFailed) returns `false` although the submission was accepted. If the error
    /// or the [`Outcome`](crate::Outcome) has an identifier, do not submit the job again.
    pub fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    /// Returns the first 4 KiB of the body of the response, or of the bytes that arrived instead of an HTTP response.
    /// Returns `None` if no bytes arrived. The text is not escaped: escape it before you print it.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.write_str(&inner.summary)?;
        if let Some(message) = &inner.message {
            write!(f, ": {message}")?;
        }
        // If the submit may have been accepted, a retry may pay twice. So the hint is left out.
        if let Some(pause) = inner.retry_after.filter(|_| !inner.may_have_been_sent) {
            write!(f, " (retry after {} s)", pause.as_secs_f64().ceil())?;
        }
        if let Some(identifier) = &inner.identifier {
            write!(f, " (submission {identifier})")?;
        } else if inner.may_have_been_sent {
            f.write_str(" (the service may have accepted the request)")?;
        }
        if f.alternate() { self.fmt_causes(f) } else { Ok(()) }
    }
}

impl Error {
    fn fmt_causes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = one_line(&error.to_string());
            // The text of an error often contains the text of its own source.
            if !shown.contains(&text) {
                write!(f, ": {text}")?;
                shown.push_str(&text);
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, field, summary, message, status, request_id, identifier, .. } = &*self.0;
        let Inner { last_state, retry_after, may_have_been_sent, body, source, .. } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("field", field)
            .field("summary", summary)
            .field("message", message)
            .field("status", status)
            .field("request_id", request_id)
            .field("identifier", identifier)
            .field("last_state", last_state)
            .field("retry_after", retry_after)
            .field("may_have_been_sent", may_have_been_sent)
            .field("body", body)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_alternate_display_adds_each_cause_once() {
        let io = std::io::Error::other("reset\nby peer");
        let cause = Error::new(ErrorKind::Disconnected, "the connection ended").with_source(io);
        let error = Error::new(ErrorKind::WaitTimedOut, "not finished").with_source(cause);
        assert_eq!(error.to_string(), "not finished");
        assert_eq!(format!("{error:#}"), "not finished: the connection ended: reset\\nby peer");
        let error = Error::new(ErrorKind::Server, "failed as reset").with_source(std::io::Error::other("reset"));
        assert_eq!(format!("{error:#}"), "failed as reset", "the summary contains the cause already");
    }

    #[test]
    fn error_is_pointer_sized_and_send_and_sync() {
        fn assert_send_and_sync<T: Send + Sync + 'static>() {}
        assert_send_and_sync::<Error>();
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
