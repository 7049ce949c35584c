//! Redaction of the errors and response bodies that a call returns.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::api_key::ApiKey;
use crate::error::Error;
use crate::util::encodings::mask;

/// A redactor of the API key and of the secret parts of a request.
#[derive(Debug)]
pub(crate) struct Redactor<'a> {
    key: &'a ApiKey,
    /// The secret parts of the request, longest first. A secret may contain a shorter one. If the shorter one were
    /// replaced first, the rest of the longer one would no longer be recognized.
    secrets: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    pub(crate) fn new(key: &'a ApiKey, secrets: &[&'a str]) -> Self {
        let mut secrets = secrets.to_vec();
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        Self { key, secrets }
    }

    /// Replaces the key and the secrets in every text of `error`, and then truncates long texts. In the opposite order,
    /// a truncated key would not be recognized.
    pub(crate) fn error(&self, error: Error) -> Error {
        // A text is copied only if something in it is replaced, since a body may be long.
        let clean = |text: &mut String| {
            let mut clean = self.key.mask(text);
            for secret in &self.secrets {
                if let Cow::Owned(cleaner) = mask(&clean, secret, "[..]") {
                    clean = Cow::Owned(cleaner);
                }
            }
            let Cow::Owned(clean) = clean else { return false };
            *text = clean;
            true
        };
        error.cleaned(clean, |identifier| self.key.is_in(identifier))
    }

    /// Replaces the key in the body of a response. Otherwise the key would appear in a report if the service echoes it.
    /// A short key is left in a longer body, where it may occur by chance; see [`ApiKey::redact`].
    ///
    /// The secrets of the request are not replaced here. The URL of a file may contain the hash that is also its
    /// identifier, and the identifier must stay intact.
    pub(crate) fn body(&self, body: Vec<u8>) -> Vec<u8> {
        match self.key.redact(&String::from_utf8_lossy(&body)) {
            Cow::Owned(masked) => masked.into_bytes(),
            Cow::Borrowed(_) => body,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn key_at_truncation_limit_is_redacted() {
        let key = ApiKey::new("0123456789");
        let body = format!("{}0123456789", "\u{e9}".repeat(2_046));
        let error = Error::new(ErrorKind::Server, "failed").with_body(body.as_bytes());
        let error = Redactor::new(&key, &[]).error(error);
        assert_eq!(error.body().unwrap(), format!("{}[api", "\u{e9}".repeat(2_046)));
        let message = format!("{}0123456789", "x".repeat(995));
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(&message));
        let error = Redactor::new(&key, &[]).error(error);
        assert_eq!(error.message().unwrap(), format!("{}[api \u{2026}", "x".repeat(995)));
    }

    #[test]
    fn query_string_in_service_text_is_redacted() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?sig=t0ken"));
        let error = Redactor::new(&ApiKey::new("key"), &["sig=t0ken"]).error(error);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn secret_inside_longer_secret_leaves_no_rest() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?t=1234rest"));
        let error = Redactor::new(&ApiKey::new("key"), &["1234", "t=1234rest"]).error(error);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn cause_with_key_is_replaced_by_redacted_text() {
        let key = ApiKey::new("0123456789");
        let cause = std::io::Error::other("header 0123456789 refused");
        let redactor = Redactor::new(&key, &[]);
        let error = redactor.error(Error::new(ErrorKind::Server, "failed").with_source(cause));
        assert_eq!(error.source().unwrap().to_string(), "header [api key] refused");
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let harmless = redactor.error(Error::new(ErrorKind::Server, "failed").with_source(cause));
        let cause = harmless.source().unwrap().downcast_ref::<std::io::Error>();
        assert_eq!(
            cause.unwrap().kind(),
            std::io::ErrorKind::ConnectionReset,
            "a cause without the key keeps its type"
        );
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("Error { kind: Server, field: None, summary: \"failed\"")
                && !shown.contains("0123456789"),
            "{shown}"
        );
    }
}
