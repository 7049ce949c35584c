//! The API key: shown to nobody but the service.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};

/// What stands in a text where the key stood.
const MASK: &str = "[api key]";

/// A key of the identifAI API, as the dashboard's user menu shows it.
///
/// It has no `Display` and cannot be read back; `Debug` is redacted. A key that cannot be sent in a header is reported
/// by the call that would send it ([`ErrorKind::Config`](crate::ErrorKind::Config)).
///
/// ```
/// let key = identifai::ApiKey::new("s3cret");
/// assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
/// ```
#[derive(Clone)]
pub struct ApiKey(Arc<str>);

impl ApiKey {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into().into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Checks that the key can be the value of a header (RFC 9110, section 5.5), without blanks.
    pub(crate) fn check(&self) -> Result<()> {
        let reason = if self.0.trim().is_empty() {
            "is empty; the dashboard shows it under \"API Key\" in the user menu"
        } else if self.0.contains(['\r', '\n']) {
            "contains a line break; trim what was read from a file"
        } else if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            "contains a blank or a character that no header can carry"
        } else {
            return Ok(());
        };
        Err(Error::config("api_key", reason))
    }

    /// `text` without the key, in whichever of its written forms a service or a proxy may echo it.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        if self.0.is_empty() {
            return masked;
        }
        for form in self.written_forms() {
            if masked.contains(form.as_ref()) {
                masked = Cow::Owned(masked.replace(form.as_ref(), MASK));
            }
        }
        masked
    }

    /// Whether `text` gives the key away.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        !self.0.is_empty() && text.contains(&*self.0)
    }

    /// The key as it is, in JSON (with and without `\/`), percent-encoded and in HTML; the plain form last, so that it
    /// does not break up a longer one.
    fn written_forms(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let json = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        let php = json.replace('/', "\\/");
        let html = self.0.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let percent = self.0.bytes().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = fmt::Write::write_fmt(&mut text, format_args!("%{byte:02X}"));
            }
            text
        });
        [php, json, html, percent]
            .into_iter()
            .filter(|form| **form != *self.0)
            .map(Cow::Owned)
            .chain([Cow::Borrowed(&*self.0)])
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([redacted])")
    }
}

impl<T: Into<String>> From<T> for ApiKey {
    fn from(key: T) -> Self {
        Self::new(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn only_a_key_that_a_header_can_carry_is_sent() {
        for key in ["", "  ", "a b", "key\n", "k\u{e9}y", "k\0y", "\tkey"] {
            assert_eq!(ApiKey::new(key).check().unwrap_err().kind(), ErrorKind::Config, "{key:?}");
        }
        assert!(ApiKey::new("aZ09+/=._~!\"\\").check().is_ok());
    }

    #[test]
    fn every_written_form_is_masked() {
        let key = ApiKey::new("a/b\"c&d");
        for echo in ["a/b\"c&d", "a/b\\\"c&d", "a\\/b\\\"c&d", "a%2Fb%22c%26d", "a/b&quot;c&amp;d"] {
            assert_eq!(key.mask(&format!("<{echo}>")), "<[api key]>");
        }
        assert_eq!(key.mask("nothing here"), "nothing here");
        assert_eq!(ApiKey::new("").mask("nothing here"), "nothing here");
    }
}
