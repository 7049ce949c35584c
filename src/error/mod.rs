//! What can go wrong, and what an error tells: one type for all of the crate.

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

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// `Display` is one line, holds neither the key nor the query string of a URL that was submitted, and leaves the cause
/// to [`source`](StdError::source), as programs that print a chain expect; `{:#}` adds the causes. What came from the
/// service is escaped and may be printed as it is.
///
/// `Serialize` writes an object with `kind`, `status`, `message` and `may_have_been_sent`, and with `field`,
/// `retry_after` in seconds, `identifier` and `body` where there are any. Its `message` is the service's own text, or else
/// that of `{:#}`.
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
    /// Returns the kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the field or setting that the error is about, by the name it has in this crate or in the API, such as
    /// `file_url` or `base_url`.
    ///
    /// Errors of the kinds [`InvalidInput`](ErrorKind::InvalidInput), [`Config`](ErrorKind::Config) and
    /// [`Journal`](ErrorKind::Journal) have one, and their `Display` begins with it, unless it names one of several
    /// tickets first. A program can put the name of its own option in its place.
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

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own text (`error` or `message` of its answer), in one line and with control characters escaped.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What the service calls this request in its logs (`X-Request-Id`), if it says so. Undocumented; of use to its
    /// support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The submission this error is about: what was paid for is not lost, its result can be asked for later.
    pub fn identifier(&self) -> Option<&Identifier> {
        self.0.identifier.as_ref()
    }

    /// The state that was seen last, if waiting for a result timed out and it was seen at all.
    pub fn last_state(&self) -> Option<&State> {
        self.0.last_state.as_ref()
    }

    /// Returns the time to wait before another try: the pause that the service asks for or that the deadline had no
    /// room for, or, for a call that was rate limited locally, the time until its slot.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later and repeating it cannot pay twice.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Connect, Disconnected, RateLimited, Server, Timeout, WaitTimedOut};
        let passing = matches!(self.0.kind, Connect | Disconnected | RateLimited | Server | Timeout | WaitTimedOut);
        passing && !self.0.may_have_been_sent
    }

    /// Whether the service may have accepted the submit, and charged for it, although the call failed.
    ///
    /// `false` is certain: it never arrived whole, it was refused, or the call was none that submits.
    pub fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    /// Returns the first 4 KiB of the response's body, or of what came in place of an HTTP response. It is raw: escape
    /// it before you show it. `None` if nothing came.
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
        // A hint to try again would have the reader pay twice where the submit may have been accepted.
        if let Some(pause) = inner.retry_after.filter(|_| !inner.may_have_been_sent) {
            write!(f, " (try again in {} s)", pause.as_secs_f64().ceil())?;
        }
        if let Some(identifier) = &inner.identifier {
            write!(f, " (submission {identifier})")?;
        } else if inner.may_have_been_sent {
            f.write_str(" (the submit may have been accepted all the same)")?;
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
            // A cause of causes often repeats them.
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
    fn the_alternate_form_adds_causes_once_and_in_one_line() {
        let io = std::io::Error::other("reset\nby peer");
        let cause = Error::new(ErrorKind::Disconnected, "the connection ended").with_source(io);
        let error = Error::new(ErrorKind::WaitTimedOut, "not finished").with_source(cause);
        assert_eq!(error.to_string(), "not finished");
        assert_eq!(format!("{error:#}"), "not finished: the connection ended: reset\\nby peer");
        let told = Error::new(ErrorKind::Server, "failed as reset").with_source(std::io::Error::other("reset"));
        assert_eq!(format!("{told:#}"), "failed as reset");
    }

    #[test]
    fn an_error_is_one_word_wide_and_crosses_threads() {
        fn crosses_threads<T: Send + Sync + 'static>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
