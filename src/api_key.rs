//! The API key, which is redacted everywhere except in requests to the service.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::util::{encodings, environment};

const VARIABLE: &str = "IDENTIFAI_API_KEY";

/// The replacement for the key in a text.
const MASK: &str = "[api key]";
/// Maximum length of a key, in bytes. The head of a request must fit into the output buffer, since the key is inserted
/// there.
pub(crate) const MAX_LEN: usize = 4_096;
/// The remedy in every error about a missing or refused key.
pub(crate) const WHERE_A_KEY_IS: &str = "find your key on the dashboard, in the profile menu under \"API Key\"";
/// Minimum length of a secret that is redacted inside longer texts, in bytes. A shorter one may occur by chance.
pub(crate) const MIN_REDACTABLE_LEN: usize = 12;

/// A key of the identifAI API. The dashboard shows it in the user menu.
///
/// The type has no `Display`, no method returns the key, and `Debug` is redacted. The crate keeps one copy of a key,
/// which all clones share, and overwrites it when the last clone is dropped.
///
/// A key that cannot be sent in a header is reported as [`ErrorKind::Config`](crate::ErrorKind::Config) when a client
/// is built or [`classify_from_url()`](crate::classify_from_url()) is called.
///
/// ```
/// let key = identifai::ApiKey::new("s3cret");
/// assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
/// ```
#[derive(Clone)]
pub struct ApiKey(Arc<Text>);

/// The only copy of a key that this crate keeps. It is overwritten when the last [`ApiKey`] is dropped.
struct Text {
    key: String,
    /// The [other encodings](encodings::other_encodings) of the key, which are searched for in each response.
    other_encodings: Vec<String>,
}

impl Drop for Text {
    fn drop(&mut self) {
        for text in self.other_encodings.drain(..).chain([std::mem::take(&mut self.key)]) {
            let mut bytes = text.into_bytes();
            bytes.fill(0);
            // Without this, the compiler may remove the write, since nothing reads the bytes.
            std::hint::black_box(&bytes);
        }
    }
}

impl ApiKey {
    /// Creates a key from a string. The key is not checked here.
    pub fn new(key: impl Into<String>) -> Self {
        let key = key.into();
        let other_encodings = encodings::other_encodings(&key);
        Self(Arc::new(Text { key, other_encodings }))
    }

    /// Reads the key from the environment variable `IDENTIFAI_API_KEY`, and trims it. Apart from the environment
    /// itself, no other copy of the key stays in memory. A blank variable counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the variable is not set.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(environment::process_value)
    }

    /// Reads the key as [`from_env`](Self::from_env) does, from the variables that `env` returns by name.
    pub(crate) fn from_variables(env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let unset = || Error::config(VARIABLE, &format!("the environment variable is not set; {WHERE_A_KEY_IS}"));
        environment::value(env, VARIABLE).map(Self::new).ok_or_else(unset)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0.key
    }

    /// Returns the key in all encodings in which a service or a proxy may echo it.
    pub(crate) fn encodings(&self) -> impl Iterator<Item = &str> {
        encodings::encodings(self.expose(), &self.0.other_encodings)
    }

    /// Checks that the key can be the value of a header (RFC 9110, section 5.5) and contains no blanks. The error is
    /// the reason.
    pub(crate) fn check(&self) -> Result<(), Cow<'static, str>> {
        let key = self.expose();
        if key.trim().is_empty() {
            return Err(format!("must not be empty; {WHERE_A_KEY_IS}").into());
        }
        let reason = if key.len() > MAX_LEN {
            "must be at most 4,096 bytes long"
        } else if key.contains(['\r', '\n']) {
            "must not contain a line break; trim the text read from a file"
        } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            "must contain only printable ASCII characters and no spaces"
        } else {
            return Ok(());
        };
        Err(reason.into())
    }

    /// Replaces the key in `text` with `[api key]`. Use this for your own logs. It finds the plain key, the key with
    /// JSON escapes, and the percent-encoded key.
    ///
    /// A key of less than 12 bytes may occur in a longer text by chance. So it is replaced only if it is the whole
    /// text.
    ///
    /// ```
    /// let key = identifai::ApiKey::new("0123456789/abcdef");
    /// assert_eq!(key.redact("https://example.com/?key=0123456789%2Fabcdef"), "https://example.com/?key=[api key]");
    /// ```
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let key = self.expose();
        if text == key || key.len() >= MIN_REDACTABLE_LEN { self.mask(text) } else { Cow::Borrowed(text) }
    }

    /// Replaces the key in `text`, even if the key is short.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        encodings::mask_encodings(text, self.encodings(), MASK)
    }

    /// Returns `true` if `text` contains the key. A short key counts only if it is the whole text, since it may occur
    /// in a long identifier by chance.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let (text, key) = (text.as_bytes(), self.expose().as_bytes());
        // The texts are short, so this is faster than a search algorithm that needs preparation.
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
    fn check_key_unfit_for_header_is_rejected() {
        for key in ["", "  ", "a b", "key\n", "k\u{e9}y", "k\0y", "\tkey"] {
            assert!(ApiKey::new(key).check().is_err(), "{key:?}");
        }
        assert!(ApiKey::new("aZ09+/=._~!\"\\").check().is_ok());
    }

    #[test]
    fn is_in_short_key_matches_whole_text_only() {
        assert!(!ApiKey::new("27b0").is_in("8d64370a27b0"));
        assert!(ApiKey::new("27b0").is_in("27b0"));
        assert!(ApiKey::new("0123456789ab").is_in("x0123456789abx"));
    }

    #[test]
    fn redact_short_key_matches_whole_text_only() {
        let (short, long) = (ApiKey::new("sandbox"), ApiKey::new("0123456789ab"));
        assert_eq!(short.redact("sandbox"), "[api key]");
        assert_eq!(short.redact("https://sandbox.test/"), "https://sandbox.test/");
        assert_eq!(long.redact("https://x.test/?k=0123456789ab&l"), "https://x.test/?k=[api key]&l");
    }
}
