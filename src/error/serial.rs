//! The serialization of errors, and the conversion of kinds from and to their names.

use std::borrow::Cow;
use std::str::FromStr;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Error, ErrorKind};

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.message().map_or_else(|| Cow::from(format!("{self:#}")), Cow::from);
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("kind", &self.kind())?;
        object.serialize_entry("status", &self.status())?;
        object.serialize_entry("message", &message)?;
        object.serialize_entry("may_have_been_sent", &self.may_have_been_sent())?;
        if let Some(field) = self.field() {
            object.serialize_entry("field", field)?;
        }
        if let Some(pause) = self.retry_after() {
            object.serialize_entry("retry_after", &pause.as_secs_f64())?;
        }
        if let Some(identifier) = self.identifier() {
            object.serialize_entry("identifier", identifier)?;
        }
        if let Some(body) = self.body() {
            object.serialize_entry("body", body)?;
        }
        object.end()
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Parses the name that [`as_str`](ErrorKind::as_str) returns.
impl FromStr for ErrorKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let kind = Self::ALL.iter().find(|kind| kind.as_str() == name);
        kind.copied().ok_or_else(|| Error::invalid_input("kind", "unknown error kind"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn error_as_json_has_documented_fields() {
        let error = Error::new(ErrorKind::Server, "failed").with_source(std::io::Error::other("reset"));
        let expected = json!({
            "kind": "server", "status": null, "message": "failed: reset", "may_have_been_sent": false,
        });
        assert_eq!(json!(error), expected);
        let error = Error::of_field(ErrorKind::RateLimited, "base_url", "refused")
            .with_status(429)
            .with_message(Some("slow down"))
            .with_retry_after(Some(Duration::from_millis(1_500)))
            .with_identifier("abc".parse().ok())
            .with_body(b"{}")
            .mark_maybe_sent(true);
        let expected = json!({
            "kind": "rate_limited", "status": 429, "message": "slow down", "may_have_been_sent": true,
            "field": "base_url", "retry_after": 1.5, "identifier": "abc", "body": "{}",
        });
        assert_eq!(json!(error), expected);
    }

    #[test]
    fn error_kind_parses_from_exact_name_only() {
        for kind in ErrorKind::ALL {
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (&*format!("\"{kind}\""), *kind));
        }
        for name in ["", "Config", "config ", "unknown"] {
            assert_eq!(name.parse::<ErrorKind>().unwrap_err().field(), Some("kind"), "{name:?}");
            assert!(serde_json::from_value::<ErrorKind>(json!(name)).is_err(), "{name:?}");
        }
    }
}
