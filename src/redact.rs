//! Redaction of errors on their way out of a call.

use std::borrow::Cow;

use crate::api_key::ApiKey;
use crate::error::Error;
use crate::util::encodings::mask;

impl Error {
    /// Replaces the key and the `secrets` in every text of this error. Every error of a call passes here on its way to
    /// the caller. Errors from before a call hold no value that the caller gave.
    pub(crate) fn redacted(self, key: &ApiKey, secrets: &[&str]) -> Self {
        // A body may be long, so it is not copied without need.
        let clean = |text: &mut String| {
            let mut clean = key.mask(text);
            for secret in secrets {
                if let Cow::Owned(cleaner) = mask(&clean, secret, "[..]") {
                    clean = Cow::Owned(cleaner);
                }
            }
            let Cow::Owned(clean) = clean else { return false };
            *text = clean;
            true
        };
        self.cleaned(clean, |identifier| key.is_in(identifier))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn texts_are_masked_before_they_are_cut() {
        let key = ApiKey::new("0123456789");
        let body = format!("{}0123456789", "\u{e9}".repeat(2_046));
        let error = Error::new(ErrorKind::Server, "failed").with_body(body.as_bytes()).redacted(&key, &[]);
        assert_eq!(error.body().unwrap(), format!("{}[api", "\u{e9}".repeat(2_046)));
        let message = format!("{}0123456789", "x".repeat(995));
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(&message)).redacted(&key, &[]);
        assert_eq!(error.message().unwrap(), format!("{}[api \u{2026}", "x".repeat(995)));
    }

    #[test]
    fn a_query_string_that_the_service_quotes_is_masked() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?sig=t0ken"));
        let error = error.redacted(&ApiKey::new("key"), &["sig=t0ken"]);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn a_cause_that_names_the_key_is_replaced() {
        let key = ApiKey::new("0123456789");
        let cause = std::io::Error::other("header 0123456789 refused");
        let error = Error::new(ErrorKind::Server, "failed").with_source(cause).redacted(&key, &[]);
        assert_eq!(error.source().unwrap().to_string(), "header [api key] refused");
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let harmless = Error::new(ErrorKind::Server, "failed").with_source(cause).redacted(&key, &[]);
        let cause = harmless.source().unwrap().downcast_ref::<std::io::Error>();
        assert_eq!(cause.unwrap().kind(), std::io::ErrorKind::ConnectionReset, "a harmless one keeps its type");
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("Error { kind: Server, summary: \"failed\"") && !shown.contains("0123456789"),
            "{shown}"
        );
    }
}
