//! The kinds of errors, each with its remedy, its code and its name.

use std::fmt;

/// Defines the kinds, each with its code and its name. Both never change.
macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident = ($code:literal, $name:literal);)+) => {
        /// The kind of an [`Error`](crate::Error). Each kind has a cause and a remedy.
        ///
        /// Some kinds do not show whether the service accepted the submit, such as [`Timeout`](Self::Timeout). For
        /// these, check [`Error::may_have_been_sent`](crate::Error::may_have_been_sent). See
        /// [indeterminate](crate::concepts#indeterminate).
        ///
        /// # Errors of any call
        ///
        /// Any call can fail with any kind except four. [`AnalysisFailed`](Self::AnalysisFailed) and
        /// [`WaitTimedOut`](Self::WaitTimedOut) come from polls and waits, and [`Journal`](Self::Journal) and
        /// [`Indeterminate`](Self::Indeterminate) come from batches.
        ///
        /// # Codes and names
        ///
        /// The [`code`](Self::code) and the name ([`as_str`](Self::as_str)) of a kind never change. New kinds may be
        /// added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$about])* $kind,)+
        }

        impl ErrorKind {
            /// All kinds, in the order of their codes. New kinds are added at the end.
            ///
            /// ```
            /// use identifai::ErrorKind;
            ///
            /// // Finds the kind of a stored code.
            /// let kind = ErrorKind::ALL.iter().find(|kind| kind.code() == 13);
            /// assert_eq!(kind, Some(&ErrorKind::RateLimited));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Returns the code of the kind, a positive number. The C interface uses it.
            pub const fn code(self) -> i32 {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            /// Returns the name of the kind in lower case with underscores, as in `not_found`. It is the kind in JSON
            /// as well.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

// Add new kinds at the end, with the next code.
kinds! {
    /// An argument of the call is invalid, or a file or reader failed or changed its length during the upload. Nothing
    /// was submitted. Fix the argument that the message names.
    InvalidInput = (1, "invalid_input");
    /// A setting is invalid, such as the key, the base URL or the proxy. Nothing was sent. Fix the setting that the
    /// message names.
    Config = (2, "config");
    /// The connection could not be established: the host name was not found, or the host did not accept the connection.
    /// The last attempt sent nothing, but an earlier one may have. Check the network and the proxy, and retry.
    Connect = (3, "connect");
    /// The TLS connection could not be established: the certificate was not accepted, or the handshake failed. The last
    /// attempt sent nothing, but an earlier one may have. Check the certificates and the clock. A firewall or proxy may
    /// intercept TLS.
    Tls = (4, "tls");
    /// A timeout passed: the deadline of the call, the timeout of an attempt, a stall limit or the connect timeout.
    /// Check [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you retry a submit.
    Timeout = (5, "timeout");
    /// The connection ended before the response was complete. Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you retry a submit.
    Disconnected = (6, "disconnected");
    /// The response is a redirect (3xx). Redirects are not followed, since the key would be sent to another URL.
    /// Correct the base URL.
    Redirect = (7, "redirect");
    /// 401: The key is missing or invalid. The dashboard shows the key in the profile menu, under "API Key". For an
    /// HTML page, see [`Forbidden`](Self::Forbidden).
    Unauthorized = (8, "unauthorized");
    /// 403: The key is not allowed to use this API, or the terms of service were not accepted. Accept them on the
    /// dashboard.
    ///
    /// If the response is an HTML page, something in front of the API refused the request, such as a firewall or a
    /// proxy. The message then states this.
    Forbidden = (9, "forbidden");
    /// 404: The submission, user, batch or heatmap does not exist, or the base URL does not point at the API. Check
    /// the identifier and the base URL.
    NotFound = (10, "not_found");
    /// Any other 4xx. For example, a parameter is wrong, the service could not download the file, or the file is too
    /// large or has an unsupported type. [`Error::message`](crate::Error::message) has the service's reason.
    /// After a 408, the service may have accepted a submit.
    Rejected = (11, "rejected");
    /// The account has no credits left. Buy credits.
    ///
    /// The API has no error code for this, so the kind is a guess. It is used for a 400 whose text mentions credits,
    /// and for a 402.
    OutOfCredits = (12, "out_of_credits");
    /// 429: The rate limit of the key is exceeded. Retry after [`Error::retry_after`](crate::Error::retry_after).
    ///
    /// If the error has no [`status`](crate::Error::status), the attempt was not sent: the next slot of the local
    /// [rate limit](crate::concepts#rate-limit) is after the deadline of the call.
    RateLimited = (13, "rate_limited");
    /// 5xx: The service failed. Retry later. Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you retry a submit.
    Server = (14, "server");
    /// The response does not have the form that the API documents. For example, it is an HTML page of a proxy, it is
    /// not JSON, it has no identifier, or it is too long.
    ///
    /// [`Error::body`](crate::Error::body) has the beginning of the response. Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you retry a submit.
    UnexpectedResponse = (15, "unexpected_response");
    /// The service accepted the submission and could not analyse it. [`Error::message`](crate::Error::message) has the
    /// service's reason. Submit a better file.
    AnalysisFailed = (16, "analysis_failed");
    /// The analysis did not finish within the timeout of the wait. It continues: wait again for
    /// [`Error::identifier`](crate::Error::identifier), since submitting again may cost again.
    WaitTimedOut = (17, "wait_timed_out");
    /// The call was cancelled by a [`CancelHandle`](crate::CancelHandle) or by the function in
    /// [`on_progress`](crate::Submission::on_progress), or the batch was stopped. Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you retry a submit.
    Cancelled = (18, "cancelled");
    /// The [journal](crate::concepts#journal) of a batch cannot be opened, read or written. The message has the
    /// reason. The batch submits nothing more.
    Journal = (19, "journal");
    /// It is not known whether the service accepted the job, because an earlier run of the batch ended during the
    /// submit, got no response or got a 5xx, or because a function of the caller panicked.
    /// `Journal::retry_indeterminate` submits it again. See [indeterminate](crate::concepts#indeterminate).
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
    fn error_kind_codes_and_names_are_fixed() {
        let names = "invalid_input config connect tls timeout disconnected redirect unauthorized forbidden not_found \
            rejected out_of_credits rate_limited server unexpected_response analysis_failed wait_timed_out cancelled \
            journal indeterminate";
        assert_eq!(ErrorKind::ALL.len(), names.split_whitespace().count());
        for ((code, kind), name) in (1..).zip(ErrorKind::ALL).zip(names.split_whitespace()) {
            assert_eq!((kind.code(), kind.as_str(), kind.to_string().as_str()), (code, name, name));
        }
    }
}
