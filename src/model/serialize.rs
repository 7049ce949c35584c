//! Serialization of fields whose Rust type differs from the JSON type.

// Serde passes a reference to the field.
#![allow(clippy::ref_option)]

use std::fmt;
use std::time::Duration;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::identifier::Identifier;

/// The unchanged JSON of a response. It serializes as this JSON. `Debug` does not show it, because it may contain names
/// and references.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct RawJson(String);

impl RawJson {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Serializes the JSON with the field `identifier` added or replaced, if `identifier` is set.
    pub(crate) fn with_identifier<S: Serializer>(
        &self,
        identifier: Option<&Identifier>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        // The JSON of a pending report may be `null`. The JSON of a report that was not parsed is empty.
        let fields = if self.0.is_empty() { None } else { serde_json::from_str(&self.0).map_err(S::Error::custom)? };
        let mut fields: Map<String, Value> = fields.unwrap_or_default();
        if let Some(identifier) = identifier {
            fields.insert("identifier".to_owned(), identifier.as_str().into());
        }
        fields.serialize(serializer)
    }
}

impl From<&str> for RawJson {
    fn from(json: &str) -> Self {
        Self(json.to_owned())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        raw(&self.0, serializer)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Serializes a duration as a number of seconds.
pub(crate) fn seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

/// Serializes JSON text as the JSON value that it contains. `None` is serialized as `null`.
pub(crate) fn json<S: Serializer>(json: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    raw(json.as_deref().unwrap_or("null"), serializer)
}

/// Parses JSON text and serializes the value.
fn raw<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<Value>(json).map_err(S::Error::custom)?.serialize(serializer)
}
