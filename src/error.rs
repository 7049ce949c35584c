//! What can go wrong, and what an error tells: one type for all of the crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::api_key::ApiKey;
use crate::identifier::Identifier;
use crate::report::State;
use crate::secret;
use crate::text::one_line;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How much of the service's text an error keeps, in bytes.
const MESSAGE_MAX: usize = 1_000;
/// How much of an answer's body an error keeps, in bytes.
pub(crate) const BODY_MAX: usize = 4 * 1024;

/// What went wrong, by meaning.
///
/// [`code`](Self::code) and [`as_str`](Self::as_str) of a kind never change; kinds may be added. Where a kind leaves open
/// whether a submit was accepted, [`Error::may_have_been_sent`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option of the call is unusable. Nothing was sent: fix what the message names.
    InvalidInput,
    /// A setting (key, base URL, proxy, ...) is unusable. Nothing was sent: fix what the message names.
    Config,
    /// No connection: the name was not found, or nobody answered there. This try sent nothing: check network and proxy, and
    /// try again.
    Connect,
    /// No secure connection: the certificate or the handshake was refused. This try sent nothing: check the certificates,
    /// the clock, and whether something on the way intercepts TLS.
    Tls,
    /// A limit passed: the deadline of the call, or the connect timeout. See whether it may have been sent before you try
    /// again.
    Timeout,
    /// The connection ended before the answer was complete. See whether it may have been sent before you try again.
    Disconnected,
    /// The service answered with a redirect (3xx). None is followed, since the key would go along: correct the base URL.
    Redirect,
    /// 401: the key is missing or not valid. Take one from the dashboard's user menu.
    Unauthorized,
    /// 403: the key may not use this API, or the terms of service were not accepted: do so on the dashboard.
    Forbidden,
    /// 404: no such submission, user or batch, no heatmap, or the base URL is not the API's. Check both.
    NotFound,
    /// Any other 4xx: wrong parameters, the file could not be downloaded, is too large or of no supported type.
    /// [`Error::message`] has the service's reason.
    Rejected,
    /// The account has no credits left: buy some.
    ///
    /// The API has no code for it, so this is a guess: a 400 whose text speaks of credits (or a 402).
    OutOfCredits,
    /// 429: more requests than the key may make. Wait for as long as [`Error::retry_after`] tells. If there is no
    /// [`status`](Error::status), the process' own pace had no room before the deadline, and nothing was sent.
    RateLimited,
    /// 5xx: the service failed. Try again later; see whether it may have been sent.
    Server,
    /// An answer that is not the API's: HTML of a proxy, no JSON, no identifier, too long. [`Error::body`] has its beginning;
    /// see whether it may have been sent.
    UnexpectedResponse,
    /// The service took the submission and could not analyse it. [`Error::message`] has its reason: submit a better file.
    AnalysisFailed,
    /// The analysis did not end in the time that was given for waiting. It goes on: ask again by
    /// [`Error::identifier`], rather than pay again.
    WaitTimedOut,
    /// [`Canceller::cancel`](crate::Canceller::cancel) was called, or a batch was stopped. See whether it may have been sent.
    Cancelled,
    /// The journal of a batch cannot be opened, read or written; the message says why. Nothing more is submitted.
    Journal,
    /// An earlier run of a batch was ended while it submitted this, or got no answer: whether the service accepted it is
    /// not known. `Journal::retry_unknown` has it submitted again.
    UnknownFate,
}

impl ErrorKind {
    /// A positive number that stands for this kind, for exit statuses and the C interface.
    pub const fn code(self) -> i32 {
        self.row().0
    }

    /// The kind in lower case with underscores, as `--json` prints it.
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// Code and name: fixed for good. A new kind takes the next number.
    const fn row(self) -> (i32, &'static str) {
        match self {
            Self::InvalidInput => (1, "invalid_input"),
            Self::Config => (2, "config"),
            Self::Connect => (3, "connect"),
            Self::Tls => (4, "tls"),
            Self::Timeout => (5, "timeout"),
            Self::Disconnected => (6, "disconnected"),
            Self::Redirect => (7, "redirect"),
            Self::Unauthorized => (8, "unauthorized"),
            Self::Forbidden => (9, "forbidden"),
            Self::NotFound => (10, "not_found"),
            Self::Rejected => (11, "rejected"),
            Self::OutOfCredits => (12, "out_of_credits"),
            Self::RateLimited => (13, "rate_limited"),
            Self::Server => (14, "server"),
            Self::UnexpectedResponse => (15, "unexpected_response"),
            Self::AnalysisFailed => (16, "analysis_failed"),
            Self::WaitTimedOut => (17, "wait_timed_out"),
            Self::Cancelled => (18, "cancelled"),
            Self::Journal => (19, "journal"),
            Self::UnknownFate => (20, "unknown_fate"),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a call failed.
///
/// `Display` is one line, holds neither the key nor the query string of a URL that was submitted, and leaves the cause to
/// [`source`](StdError::source), as programs that print a chain expect; `{:#}` adds the causes. What came from the service
/// is escaped and may be printed as it is.
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
    summary: String,
    message: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
    identifier: Option<Identifier>,
    last_state: Option<State>,
    retry_after: Option<Duration>,
    may_have_been_sent: bool,
    body: Option<String>,
    source: Option<Cause>,
}

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

impl Error {
    /// What went wrong, by meaning.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own text (`error` or `message` of its answer), in one line and with control characters escaped.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What the service calls this request in its logs (`X-Request-Id`), if it says so. Undocumented; of use to its support.
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

    /// How long to wait before trying again: what the service asked for, or the pause that the deadline had no room for.
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

    /// The first 4 KiB of the answer's body, if there was one, raw: escape it before showing it.
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
        if let Some(pause) = inner.retry_after {
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
        let Inner { kind, summary, message, status, request_id, identifier, .. } = &*self.0;
        let Inner { last_state, retry_after, may_have_been_sent, body, source, .. } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
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

/// How the rooms of the crate make errors.
impl Error {
    pub(crate) fn new(kind: ErrorKind, summary: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            summary: summary.into(),
            message: None,
            status: None,
            request_id: None,
            identifier: None,
            last_state: None,
            retry_after: None,
            may_have_been_sent: false,
            body: None,
            source: None,
        }))
    }

    /// `field` cannot be sent. The value is not named: arguments get swapped, it may be the key.
    pub(crate) fn invalid_input(field: &str, reason: &str) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("{field}: {reason}"))
    }

    /// `setting` cannot be used; see [`invalid_input`](Self::invalid_input).
    pub(crate) fn config(setting: &str, reason: &str) -> Self {
        Self::new(ErrorKind::Config, format!("{setting}: {reason}"))
    }

    /// The same, which begins with what it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.0.summary = format!("{what}: {}", self.0.summary);
        self
    }

    /// Another one about the same, with a summary of its own and about no submission.
    pub(crate) fn again(&self, summary: impl Into<String>) -> Self {
        let Inner { kind, message, status, request_id, retry_after, .. } = &*self.0;
        let (message, request_id) = (message.clone(), request_id.clone());
        let mut error = Self::new(*kind, summary);
        *error.0 = Inner { message, status: *status, request_id, retry_after: *retry_after, ..*error.0 };
        error
    }

    /// Summary and the service's own text.
    pub(crate) fn reason(&self) -> String {
        match &self.0.message {
            Some(message) => format!("{}: {message}", self.0.summary),
            None => self.0.summary.clone(),
        }
    }

    pub(crate) fn summary(&self) -> &str {
        &self.0.summary
    }

    /// Kind, summary and cause.
    pub(crate) fn into_parts(self) -> (ErrorKind, String, Option<Cause>) {
        (self.0.kind, self.0.summary, self.0.source)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_message(mut self, message: Option<&str>) -> Self {
        self.0.message = message.map(one_line);
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<&str>) -> Self {
        self.0.request_id = request_id.map(one_line);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_identifier(mut self, identifier: Option<Identifier>) -> Self {
        self.0.identifier = identifier;
        self
    }

    pub(crate) fn with_last_state(mut self, state: Option<State>) -> Self {
        self.0.last_state = state;
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.0.body = (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Cause>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Marks that the submit may have arrived; what was marked before stays marked.
    pub(crate) fn or_sent(mut self, may_have_been_sent: bool) -> Self {
        self.0.may_have_been_sent |= may_have_been_sent;
        self
    }

    /// Takes the key out of every text of this error, and the `secrets`. Every error of a call passes here on its way
    /// to the caller; those from before a call hold no value that anybody gave.
    pub(crate) fn sealed(mut self, key: &ApiKey, secrets: &[&str]) -> Self {
        let inner = &mut *self.0;
        // Tells whether there was something to take out. A body may be long, so it is not copied without need.
        let clean = |text: &mut String| {
            let mut clean = key.mask(text);
            for secret in secrets {
                if let Cow::Owned(cleaner) = secret::mask(&clean, secret, "[..]") {
                    clean = Cow::Owned(cleaner);
                }
            }
            let Cow::Owned(clean) = clean else { return false };
            *text = clean;
            true
        };
        let texts = [Some(&mut inner.summary), inner.message.as_mut(), inner.request_id.as_mut(), inner.body.as_mut()];
        for text in texts.into_iter().flatten() {
            clean(text);
        }
        // Only now, since a cut through the key would leave half of it unmasked.
        if let Some(body) = &mut inner.body {
            cut(body, BODY_MAX, "");
        }
        if let Some(message) = &mut inner.message {
            cut(message, MESSAGE_MAX, "\u{2026}");
        }
        if let Some(State::Other(text)) = &mut inner.last_state {
            clean(text);
        }
        inner.identifier = inner.identifier.take().filter(|identifier| !key.is_in(identifier.as_str()));
        if let Some(source) = &inner.source {
            // The type of a cause is worth keeping, unless it would tell.
            let (mut shown, mut raw) = (source.to_string(), format!("{source:?}"));
            if clean(&mut shown) | clean(&mut raw) {
                inner.source = Some(shown.into());
            }
        }
        self
    }
}

/// Cuts `text` to at most `max` bytes, and puts `end` behind it if that took something away.
fn cut(text: &mut String, max: usize, end: &str) {
    if text.len() > max {
        let at = (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(at);
        text.push_str(end);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// All of them, by their codes.
    pub(crate) const KINDS: [ErrorKind; 20] = {
        use ErrorKind::*;
        [
            InvalidInput,
            Config,
            Connect,
            Tls,
            Timeout,
            Disconnected,
            Redirect,
            Unauthorized,
            Forbidden,
            NotFound,
            Rejected,
            OutOfCredits,
            RateLimited,
            Server,
            UnexpectedResponse,
            AnalysisFailed,
            WaitTimedOut,
            Cancelled,
            Journal,
            UnknownFate,
        ]
    };

    #[test]
    fn codes_and_names_are_fixed() {
        let names = "invalid_input config connect tls timeout disconnected redirect unauthorized forbidden not_found \
            rejected out_of_credits rate_limited server unexpected_response analysis_failed wait_timed_out cancelled \
            journal unknown_fate";
        for ((code, kind), name) in (1..).zip(KINDS).zip(names.split_whitespace()) {
            assert_eq!((kind.code(), kind.as_str(), kind.to_string().as_str()), (code, name, name));
        }
    }

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

    #[test]
    fn foreign_text_stays_on_one_line() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(" a\r\nb\x1b[31m\u{202e}\u{2028}c "));
        assert_eq!(error.to_string(), "refused: a\\r\\nb\\u{1b}[31m\\u{202e}\\u{2028}c");
    }

    #[test]
    fn texts_are_masked_before_they_are_cut() {
        let key = ApiKey::new("0123456789");
        let body = format!("{}0123456789", "\u{e9}".repeat(2_046));
        let error = Error::new(ErrorKind::Server, "failed").with_body(body.as_bytes()).sealed(&key, &[]);
        assert_eq!(error.body().unwrap(), format!("{}[api", "\u{e9}".repeat(2_046)));
        let message = format!("{}0123456789", "x".repeat(995));
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(&message)).sealed(&key, &[]);
        assert_eq!(error.message().unwrap(), format!("{}[api \u{2026}", "x".repeat(995)));
    }

    #[test]
    fn a_query_string_that_the_service_quotes_is_masked() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?sig=t0ken"));
        let error = error.sealed(&ApiKey::new("key"), &["sig=t0ken"]);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn a_cause_that_names_the_key_is_replaced() {
        let key = ApiKey::new("0123456789");
        let cause = std::io::Error::other("header 0123456789 refused");
        let error = Error::new(ErrorKind::Server, "failed").with_source(cause).sealed(&key, &[]);
        assert_eq!(error.source().unwrap().to_string(), "header [api key] refused");
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let harmless = Error::new(ErrorKind::Server, "failed").with_source(cause).sealed(&key, &[]);
        let cause = harmless.source().unwrap().downcast_ref::<std::io::Error>();
        assert_eq!(cause.unwrap().kind(), std::io::ErrorKind::ConnectionReset, "a harmless one keeps its type");
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("Error { kind: Server, summary: \"failed\"") && !shown.contains("0123456789"),
            "{shown}"
        );
    }
}
