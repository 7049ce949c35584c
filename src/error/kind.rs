//! What went wrong, by meaning: the kinds, with what to do about each, and their numbers and names.

use std::fmt;

/// Defines the kinds, each with its code and its name, which are fixed for good.
macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident = ($code:literal, $name:literal);)+) => {
        /// The kind of a failure, by meaning.
        ///
        /// [`code`](Self::code) and [`as_str`](Self::as_str) of a kind never change; kinds may be added. Where a kind
        /// leaves open whether a submit was accepted,
        /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$about])* $kind,)+
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
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// A positive number that stands for this kind, for exit statuses and the C interface.
            pub const fn code(self) -> i32 {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            /// The kind in lower case with underscores, as `--json` prints it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

// A new kind comes last, with the next number.
kinds! {
    /// An option of the call is unusable. Nothing was sent: fix what the message names.
    InvalidInput = (1, "invalid_input");
    /// A setting (key, base URL, proxy, ...) is unusable. Nothing was sent: fix what the message names.
    Config = (2, "config");
    /// No connection: the name was not found, or nobody answered there. This try sent nothing: check network and proxy,
    /// and try again.
    Connect = (3, "connect");
    /// No secure connection: the certificate or the handshake was refused. This try sent nothing: check the
    /// certificates, the clock, and whether something on the way intercepts TLS.
    Tls = (4, "tls");
    /// A limit passed: the deadline of the call, or the connect timeout. See whether it may have been sent before you
    /// try again.
    Timeout = (5, "timeout");
    /// The connection ended before the answer was complete. See whether it may have been sent before you try again.
    Disconnected = (6, "disconnected");
    /// The service answered with a redirect (3xx). None is followed, since the key would go along: correct the base
    /// URL.
    Redirect = (7, "redirect");
    /// 401: the key is missing or not valid. The dashboard shows yours in the profile menu, under "API Key".
    Unauthorized = (8, "unauthorized");
    /// 403: the key may not use this API, or the terms of service were not accepted: do so on the dashboard. With an
    /// HTML page, something in front of the API refused the request; the message says so.
    Forbidden = (9, "forbidden");
    /// 404: no such submission, user or batch, no heatmap, or the base URL is not the API's. Check both.
    NotFound = (10, "not_found");
    /// Any other 4xx: wrong parameters, the file could not be downloaded, is too large or of no supported type.
    /// [`Error::message`](crate::Error::message) has the service's reason.
    Rejected = (11, "rejected");
    /// The account has no credits left: buy some.
    ///
    /// The API has no code for it, so this is a guess: a 400 whose text speaks of credits (or a 402).
    OutOfCredits = (12, "out_of_credits");
    /// 429: more requests than the key may make. Wait for as long as [`Error::retry_after`](crate::Error::retry_after)
    /// tells. If there is no [`status`](crate::Error::status), the next slot of the local rate limit is after the
    /// deadline, and nothing was sent.
    RateLimited = (13, "rate_limited");
    /// 5xx: the service failed. Try again later; see whether it may have been sent.
    Server = (14, "server");
    /// An answer that is not the API's: HTML of a proxy, no JSON, no identifier, too long.
    /// [`Error::body`](crate::Error::body) has its beginning; see whether it may have been sent.
    UnexpectedResponse = (15, "unexpected_response");
    /// The service took the submission and could not analyse it. [`Error::message`](crate::Error::message) has its
    /// reason: submit a better file.
    AnalysisFailed = (16, "analysis_failed");
    /// The analysis did not end in the time that was given for waiting. It goes on: ask again by
    /// [`Error::identifier`](crate::Error::identifier), rather than pay again.
    WaitTimedOut = (17, "wait_timed_out");
    /// [`CancelHandle::cancel`](crate::CancelHandle::cancel) was called, or a batch was stopped. See whether it may
    /// have been sent.
    Cancelled = (18, "cancelled");
    /// The journal of a batch cannot be opened, read or written; the message says why. Nothing more is submitted.
    Journal = (19, "journal");
    /// An earlier run of a batch was ended while it submitted this, or got no answer: whether the service accepted it
    /// is not known. `Journal::retry_indeterminate` has it submitted again.
    Indeterminate = (20, "indeterminate");
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
