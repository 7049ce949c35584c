//! The API key: shown to nobody but the service.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::util::{encodings, environment};

const VARIABLE: &str = "IDENTIFAI_API_KEY";

/// What stands in a text where the key stood.
const MASK: &str = "[api key]";
/// A request's head must stay far below what goes out at a time, as the key is put in place there.
pub(crate) const MAX_LEN: usize = 4_096;
/// The remedy of every error about a key that is absent or refused.
pub(crate) const WHERE_A_KEY_IS: &str = "the dashboard shows yours in the profile menu, under \"API Key\"";
/// A text of this length in another one is there on purpose.
pub(crate) const MIN_REDACTABLE_LEN: usize = 12;

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
pub struct ApiKey(Arc<Text>);

/// The only copy of a key that this crate keeps. It is wiped when the last one lets go of it.
struct Text {
    key: String,
    /// Its [other encodings](encodings::other_encodings), which are looked for in each response.
    other_encodings: Vec<String>,
}

impl Drop for Text {
    fn drop(&mut self) {
        for text in self.other_encodings.drain(..).chain([std::mem::take(&mut self.key)]) {
            let mut bytes = text.into_bytes();
            bytes.fill(0);
            // Else the compiler may leave out what nobody reads.
            std::hint::black_box(&bytes);
        }
    }
}

impl ApiKey {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        let key = key.into();
        let other_encodings = encodings::other_encodings(&key);
        Self(Arc::new(Text { key, other_encodings }))
    }

    /// Reads the key from the environment variable `IDENTIFAI_API_KEY`, without the blanks around it, and leaves no copy
    /// of it behind. Blank counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the variable is not set.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(environment::process_value)
    }

    /// Reads the key as [`from_env`](Self::from_env) does, from the variables that `env` returns by name.
    pub(crate) fn from_variables(env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let unset = || Error::config(VARIABLE, &format!("this environment variable is not set; {WHERE_A_KEY_IS}"));
        environment::value(env, VARIABLE).map(Self::new).ok_or_else(unset)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0.key
    }

    /// The key in all forms in which a service or a proxy may echo it.
    pub(crate) fn encodings(&self) -> impl Iterator<Item = &str> {
        encodings::encodings(self.expose(), &self.0.other_encodings)
    }

    /// Checks that the key can be the value of a header (RFC 9110, section 5.5), without blanks. The error is the
    /// reason.
    pub(crate) fn check(&self) -> Result<(), Cow<'static, str>> {
        let key = self.expose();
        if key.trim().is_empty() {
            return Err(format!("is empty; {WHERE_A_KEY_IS}").into());
        }
        let reason = if key.len() > MAX_LEN {
            "is longer than 4,096 bytes"
        } else if key.contains(['\r', '\n']) {
            "contains a line break; trim what was read from a file"
        } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            "contains a blank or a character that no header can carry"
        } else {
            return Ok(());
        };
        Err(reason.into())
    }

    /// Replaces the key in `text` with `[api key]`, for logs of your own. It is found as it is, escaped as in JSON, and
    /// percent-encoded.
    ///
    /// A key of less than 12 characters occurs in a longer text by chance, so it is taken out only where it is all of
    /// it.
    ///
    /// ```
    /// let key = identifai::ApiKey::new("0123456789/abcdef");
    /// assert_eq!(key.redact("https://example.com/?key=0123456789%2Fabcdef"), "https://example.com/?key=[api key]");
    /// ```
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let key = self.expose();
        if text == key || key.len() >= MIN_REDACTABLE_LEN { self.mask(text) } else { Cow::Borrowed(text) }
    }

    /// `text` without the key, however short that is.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        encodings::mask_encodings(text, self.encodings(), MASK)
    }

    /// Whether `text` gives the key away. A key of a few characters occurs in a long identifier by chance.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let (text, key) = (text.as_bytes(), self.expose().as_bytes());
        // Texts are short here, and to prepare a cleverer search would take longer than this.
        text == key || (key.len() >= MIN_REDACTABLE_LEN && text.windows(key.len()).any(|part| part == key))
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

    #[test]
    fn only_a_key_that_a_header_can_carry_is_sent() {
        for key in ["", "  ", "a b", "key\n", "k\u{e9}y", "k\0y", "\tkey"] {
            assert!(ApiKey::new(key).check().is_err(), "{key:?}");
        }
        assert!(ApiKey::new("aZ09+/=._~!\"\\").check().is_ok());
    }

    #[test]
    fn a_short_key_is_not_seen_where_it_occurs_by_chance() {
        assert!(!ApiKey::new("27b0").is_in("8d64370a27b0"));
        assert!(ApiKey::new("27b0").is_in("27b0"));
        assert!(ApiKey::new("0123456789ab").is_in("x0123456789abx"));
    }

    #[test]
    fn a_short_key_is_taken_out_only_where_it_is_all_of_a_text() {
        let (short, long) = (ApiKey::new("sandbox"), ApiKey::new("0123456789ab"));
        assert_eq!(short.redact("sandbox"), "[api key]");
        assert_eq!(short.redact("https://sandbox.test/"), "https://sandbox.test/");
        assert_eq!(long.redact("https://x.test/?k=0123456789ab&l"), "https://x.test/?k=[api key]&l");
    }
}
