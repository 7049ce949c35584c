//! Redaction of everything that leaves a call.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::api_key::ApiKey;
use crate::error::Error;
use crate::util::encodings::mask;

/// The texts that must not leave a call: the key, and the secret parts of the request.
#[derive(Debug)]
pub(crate) struct Redactor<'a> {
    key: &'a ApiKey,
    /// The longest comes first. Otherwise a part that is masked would leave the rest of the whole unmasked.
    secrets: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    pub(crate) fn new(key: &'a ApiKey, secrets: &[&'a str]) -> Self {
        let mut secrets = secrets.to_vec();
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        Self { key, secrets }
    }

    /// Replaces the key and the secrets in every text of `error`, and then cuts its long texts.
    pub(crate) fn error(&self, error: Error) -> Error {
        // A body may be long, so it is not copied without need.
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

    /// Replaces the key in the body of a response, so that a service that echoes it does not get it into a report.
    ///
    /// The secrets stay: an identifier may be the hash that the URL of its file contains.
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
    fn texts_are_masked_before_they_are_cut() {
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
    fn a_query_string_that_the_service_quotes_is_masked() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?sig=t0ken"));
        let error = Redactor::new(&ApiKey::new("key"), &["sig=t0ken"]).error(error);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn secret_that_is_part_of_another_leaves_no_rest() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some("no file at https://x/?t=1234rest"));
        let error = Redactor::new(&ApiKey::new("key"), &["1234", "t=1234rest"]).error(error);
        assert_eq!(error.message().unwrap(), "no file at https://x/?[..]");
    }

    #[test]
    fn a_cause_that_names_the_key_is_replaced() {
        let key = ApiKey::new("0123456789");
        let cause = std::io::Error::other("header 0123456789 refused");
        let redactor = Redactor::new(&key, &[]);
        let error = redactor.error(Error::new(ErrorKind::Server, "failed").with_source(cause));
        assert_eq!(error.source().unwrap().to_string(), "header [api key] refused");
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let harmless = redactor.error(Error::new(ErrorKind::Server, "failed").with_source(cause));
        let cause = harmless.source().unwrap().downcast_ref::<std::io::Error>();
        assert_eq!(cause.unwrap().kind(), std::io::ErrorKind::ConnectionReset, "a harmless one keeps its type");
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("Error { kind: Server, field: None, summary: \"failed\"")
                && !shown.contains("0123456789"),
            "{shown}"
        );
    }
}
