//! The identifier of a submission. It is checked when it is created, so it is always safe to use in a path.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MAX_LEN: usize = 128;

/// The service's identifier of a submission, by which the result is requested.
///
/// It consists of 1 to 128 characters of `A-Z a-z 0-9 _ -`. The documentation shows 64 hexadecimal digits, but does not
/// guarantee a form. This crate accepts only characters that are safe in a path, a file name and a log. See
/// [concepts](crate::concepts#identifier).
///
/// ```
/// use identifai::Identifier;
///
/// let id: Identifier = "8d64370a87b820cc1cf620338f5c898b".parse()?;
/// assert_eq!(id.as_str(), "8d64370a87b820cc1cf620338f5c898b");
/// assert!("../credits".parse::<Identifier>().is_err());
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// Returns the identifier as the service wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The error for a text that is not a valid [`Identifier`]. It does not contain the text.
///
/// It converts into an [`Error`](crate::Error) of the kind [`InvalidInput`](crate::ErrorKind::InvalidInput).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidIdentifier(());

impl InvalidIdentifier {
    pub(crate) const REASON: &'static str = "must be 1 to 128 characters of A-Z a-z 0-9 _ -";
}

impl fmt::Display for InvalidIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "identifier: {}", Self::REASON)
    }
}

impl std::error::Error for InvalidIdentifier {}

impl TryFrom<String> for Identifier {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(is_safe) {
            return Ok(Self(text));
        }
        Err(InvalidIdentifier(()))
    }
}

impl FromStr for Identifier {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        Self::try_from(text.to_owned())
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Allows lookups by `&str` in a map whose keys are identifiers.
impl Borrow<str> for Identifier {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_unsafe_in_a_path_is_rejected() {
        let long = "a".repeat(129);
        for text in ["", ".", "..", "a/b", "a%2f", "a b", "a\n", "a?b", "a#b", "\u{e9}", "a\0", long.as_str()] {
            assert!(text.parse::<Identifier>().is_err(), "{text:?}");
        }
        assert!("a".repeat(128).parse::<Identifier>().is_ok());
        let id: Identifier = "65f0c0ffee_-Z".parse().unwrap();
        assert_eq!(
            (id.as_str(), id.as_ref(), format!("{id:>14}").as_str()),
            ("65f0c0ffee_-Z", "65f0c0ffee_-Z", " 65f0c0ffee_-Z")
        );
    }

    #[test]
    fn deserialized_identifier_is_validated() {
        let id: Identifier = serde_json::from_str("\"abc\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"abc\"");
        assert!(serde_json::from_str::<Identifier>("\"a/b\"").is_err());
    }
}
