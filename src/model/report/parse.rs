//! Parsing of reports. It is lenient, except that the identifier must be valid and that the medium must match.

use super::Report;
use super::common::Common;
use super::findings::Findings;
use crate::error::{BODY_MAX, Error, ErrorKind, Result};
use crate::model::identifier::Identifier;
use crate::model::lenient::{Object, json_text};
use crate::model::media_type::MediaType;
use crate::model::medium::Medium;
use crate::model::state::State;

impl<M: Medium> Report<M> {
    /// Parses a report from JSON from another source than a [`Client`](crate::Client), such as the body of a webhook
    /// request or the content of a file.
    ///
    /// Webhook requests are not signed, so their sender cannot be verified. To verify the report, request the result by
    /// its [`identifier`](Self::identifier).
    ///
    /// For a report of any medium, use [`AnyReport::from_json`](crate::AnyReport::from_json).
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`, or if its
    /// fields show that it is of another medium.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        Self::read(&json, None).map_err(|reason| not_a_report(reason, json.as_bytes()))
    }

    /// Reads a report. `requested` is the identifier of the request, if any. A report without an identifier gets this
    /// one, and a report with another identifier is an error. The error is the reason as text.
    pub(crate) fn read(json: &str, requested: Option<&Identifier>) -> Result<Self, &'static str> {
        Self::from_object(&Object::parse(json)?, json, requested)
    }

    /// Reads `object`, which was parsed from `json`, in the same way as [`read`](Self::read).
    fn from_object(object: &Object<'_>, json: &str, requested: Option<&Identifier>) -> Result<Self, &'static str> {
        if other_medium(object).is_some_and(|medium| medium != M::TYPE) {
            return Err("a report of another medium");
        }
        let named = identifier(object)?;
        if named.is_none() && object.json("error").is_some() {
            return Err("an error instead of a report");
        }
        let identifier = named.or_else(|| requested.cloned()).ok_or("`identifier` is missing")?;
        if requested.is_some_and(|requested| *requested != identifier) {
            return Err("the `identifier` of another submission");
        }
        Ok(Self::new(object, identifier, json))
    }

    /// Creates the report of an analysis that is not finished. The fields of `json` are used unless `json` has another
    /// identifier than `requested`.
    pub(crate) fn pending(json: &str, requested: &Identifier) -> Self {
        let is_requested =
            |object: &Object<'_>| identifier(object).is_ok_and(|named| named.is_none_or(|id| id == *requested));
        let (object, raw) = match Object::parse(json).ok().filter(is_requested) {
            Some(object) => (object, json),
            None => (Object::default(), "null"),
        };
        let mut report = Self::new(&object, requested.clone(), raw);
        report.common.state = State::Pending;
        report
    }

    /// Reads a report that is nested in the report on the submission `identifier`. If the nested report does not have
    /// an identifier of its own, it gets this one. Returns `None` if it does not set any field.
    pub(super) fn read_within(json: &str, identifier: &Identifier) -> Option<Self> {
        let object = Object::parse(json).ok()?;
        let own = Self::from_object(&object, json, None);
        let report = own.or_else(|_| Self::from_object(&object, json, Some(identifier))).ok()?;
        let blank = || Self::new(&Object::default(), identifier.clone(), json);
        (object.has("identifier") || object.has("status") || report != blank()).then_some(report)
    }

    fn new(object: &Object<'_>, identifier: Identifier, json: &str) -> Self {
        let findings = M::Findings::read(object, &identifier);
        Self { common: Common::read(object, identifier, findings.has_results(), json), findings }
    }
}

/// Returns the medium of a report if its fields rule out every other medium.
pub(super) fn other_medium(object: &Object<'_>) -> Option<MediaType> {
    let has_any = |name: &str, wanted: &[&str]| {
        object.object(name).is_some_and(|object| wanted.iter().any(|name| object.has(name)))
    };
    if has_any("results", &["images", "audios"]) {
        Some(MediaType::Video)
    } else if object.has("chunk_details") || has_any("details", &["clips"]) {
        Some(MediaType::Audio)
    } else {
        None
    }
}

/// Reads the field `identifier`, if it is present. An invalid identifier is an error, because identifiers are used in
/// paths and logs.
pub(crate) fn identifier(object: &Object<'_>) -> Result<Option<Identifier>, &'static str> {
    if object.json("identifier").is_none() {
        return Ok(None);
    }
    let text: String = object.field("identifier").ok_or("`identifier` is not a string")?;
    Identifier::try_from(text).map(Some).map_err(|_| "`identifier` is empty, too long or has unsafe characters")
}

/// Builds the error for JSON that is not a report.
pub(super) fn not_a_report(reason: &str, json: &[u8]) -> Error {
    // An error keeps only this much of a body. Truncation cannot split the API key, because `json` does not contain it.
    let start = json.get(..BODY_MAX).unwrap_or(json);
    let identifier = Object::parse(&json_text(json)).ok().and_then(|object| identifier(&object).ok().flatten());
    Error::new(ErrorKind::UnexpectedResponse, format!("invalid report: {reason}"))
        .with_identifier(identifier)
        .with_body(start)
}
