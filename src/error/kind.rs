//! What went wrong, by meaning: the kinds, with what to do about each, and their numbers and names.

use std::fmt;

/// What went wrong, by meaning.
///
/// [`code`](Self::code) and [`as_str`](Self::as_str) of a kind never change; kinds may be added. Where a kind leaves
/// open whether a submit was accepted, [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option of the call is unusable. Nothing was sent: fix what the message names.
    InvalidInput,
    /// A setting (key, base URL, proxy, ...) is unusable. Nothing was sent: fix what the message names.
    Config,
    /// No connection: the name was not found, or nobody answered there. This try sent nothing: check network and proxy,
    /// and try again.
    Connect,
    /// No secure connection: the certificate or the handshake was refused. This try sent nothing: check the
    /// certificates, the clock, and whether something on the way intercepts TLS.
    Tls,
    /// A limit passed: the deadline of the call, or the connect timeout. See whether it may have been sent before you
    /// try again.
    Timeout,
    /// The connection ended before the answer was complete. See whether it may have been sent before you try again.
    Disconnected,
    /// The service answered with a redirect (3xx). None is followed, since the key would go along: correct the base
    /// URL.
    Redirect,
    /// 401: the key is missing or not valid. The dashboard shows yours in the profile menu, under "API Key".
    Unauthorized,
    /// 403: the key may not use this API, or the terms of service were not accepted: do so on the dashboard. With an
    /// HTML page, something in front of the API refused the request; the message says so.
    Forbidden,
    /// 404: no such submission, user or batch, no heatmap, or the base URL is not the API's. Check both.
    NotFound,
    /// Any other 4xx: wrong parameters, the file could not be downloaded, is too large or of no supported type.
    /// [`Error::message`](crate::Error::message) has the service's reason.
    Rejected,
    /// The account has no credits left: buy some.
    ///
    /// The API has no code for it, so this is a guess: a 400 whose text speaks of credits (or a 402).
    OutOfCredits,
    /// 429: more requests than the key may make. Wait for as long as [`Error::retry_after`](crate::Error::retry_after)
    /// tells. If there is no [`status`](crate::Error::status), the next slot of the local rate limit is after the
    /// deadline, and nothing was sent.
    RateLimited,
    /// 5xx: the service failed. Try again later; see whether it may have been sent.
    Server,
    /// An answer that is not the API's: HTML of a proxy, no JSON, no identifier, too long.
    /// [`Error::body`](crate::Error::body) has its beginning; see whether it may have been sent.
    UnexpectedResponse,
    /// The service took the submission and could not analyse it. [`Error::message`](crate::Error::message) has its
    /// reason: submit a better file.
    AnalysisFailed,
    /// The analysis did not end in the time that was given for waiting. It goes on: ask again by
    /// [`Error::identifier`](crate::Error::identifier), rather than pay again.
    WaitTimedOut,
    /// [`CancelHandle::cancel`](crate::CancelHandle::cancel) was called, or a batch was stopped. See whether it may
    /// have been sent.
    Cancelled,
    /// The journal of a batch cannot be opened, read or written; the message says why. Nothing more is submitted.
    Journal,
    /// An earlier run of a batch was ended while it submitted this, or got no answer: whether the service accepted it
    /// is not known. `Journal::retry_indeterminate` has it submitted again.
    Indeterminate,
}

impl ErrorKind {
    /// All kinds, in the order of their codes. New ones are added at the end.
    ///
    /// ```
    /// use identifai::ErrorKind;
    ///
    /// // Turns a stored code back into its kind.
    /// let kind = ErrorKind::ALL.iter().find(|kind| kind.code() == 13);
    /// assert_eq!(kind, Some(&ErrorKind::RateLimited));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self::InvalidInput,
        Self::Config,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Disconnected,
        Self::Redirect,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Rejected,
        Self::OutOfCredits,
        Self::RateLimited,
        Self::Server,
        Self::UnexpectedResponse,
        Self::AnalysisFailed,
        Self::WaitTimedOut,
        Self::Cancelled,
        Self::Journal,
        Self::Indeterminate,
    ];

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
            Self::Indeterminate => (20, "indeterminate"),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_fixed() {
        let names = "invalid_input config connect tls timeout disconnected redirect unauthorized forbidden not_found \
            rejected out_of_credits rate_limited server unexpected_response analysis_failed wait_timed_out cancelled \
            journal indeterminate";
        assert_eq!(ErrorKind::ALL.len(), names.split_whitespace().count());
        for ((code, kind), name) in (1..).zip(ErrorKind::ALL).zip(names.split_whitespace()) {
            assert_eq!((kind.code(), kind.as_str(), kind.to_string().as_str()), (code, name, name));
        }
    }
}
