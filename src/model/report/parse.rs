//! How a report is read: leniently, but for whose it is and what it is a report of.

use super::verdict::{Classification, Verdict};
use super::{Common, Report};
use crate::error::{BODY_MAX, Error, ErrorKind, Result};
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;
use crate::model::lenient::object::{NO_OBJECT, Object};
use crate::model::lenient::value::{Value, is_valid};
use crate::model::media_type::MediaType;
use crate::model::medium::Medium;
use crate::model::medium::sealed::Findings;
use crate::model::state::State;

impl Common {
    fn read(object: &Object<'_>) -> Self {
        Self {
            hash: object.text("hash"),
            api_version: object.text("api_version"),
            errors: object.read("errors", Value::any_text),
            name: object.text("name"),
            ref_id: object.text("ref_id"),
            result_url: object.text("result_url"),
            is_nsfw: object.flag("is_nsfw"),
            verdict: object.read("verdict", Verdict::read),
            verdicts: object.objects("verdicts", Verdict::read),
            force_classification: object.word("force_classification", Classification::from_text),
        }
    }
}

impl<M: Medium> Report<M> {
    /// Reads a report that came by another way than from a [`Client`](crate::Client): the body of a webhook's request,
    /// a file, a database.
    ///
    /// Who sent the body of a webhook's request cannot be verified, as it is not signed: to be sure, ask for the result
    /// by its [`identifier`](Self::identifier).
    ///
    /// Where the medium is not known before, there is [`AnyReport::from_json`](crate::AnyReport::from_json).
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`, or is
    /// clearly the report of another medium.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        Self::read(&json, None).map_err(|reason| not_a_report(reason, json.as_bytes()))
    }

    /// Reads a report, which is about `asked` if it does not say. The error is the reason in words.
    pub(crate) fn read(json: &str, asked: Option<&Identifier>) -> Result<Self, &'static str> {
        Self::understand(&Object::parse(json)?, json, asked)
    }

    /// Reads the reports in a list that are about one of `asked`, and shows what comes of each that is not `null`; or
    /// returns that `json` is no whole list.
    pub(crate) fn read_each(
        json: &str,
        asked: impl Fn(&Identifier) -> bool,
        mut see: impl FnMut(Result<Option<Self>, &'static str>),
    ) -> bool {
        is_valid(json)
            && Value::new(json, 0).each(|element| match Object::next_alone(element) {
                Some((object, json)) => see(match identifier(&object) {
                    Ok(Some(said)) if !asked(&said) => Ok(None),
                    _ => Self::understand(&object, json, None).map(Some),
                }),
                None if element.json() == "null" => {}
                None => see(Err(NO_OBJECT)),
            })
    }

    /// What `object`, which was parsed from `json`, says; see [`read`](Self::read).
    fn understand(object: &Object<'_>, json: &str, asked: Option<&Identifier>) -> Result<Self, &'static str> {
        if other_medium(object).is_some_and(|medium| medium != M::TYPE) {
            return Err("it is that of another medium");
        }
        let said = identifier(object)?;
        if said.is_none() && object.json("error").is_some() {
            return Err("it is no report but an error");
        }
        let identifier = said.or_else(|| asked.cloned()).ok_or("its field `identifier` is missing")?;
        if asked.is_some_and(|asked| *asked != identifier) {
            return Err("its `identifier` is that of another submission");
        }
        let report = Self::new(object, identifier);
        Ok(Self { raw: json.to_owned(), ..report })
    }

    /// That an analysis is not finished, which `json` may or may not say more about.
    pub(crate) fn pending(json: &str, asked: &Identifier) -> Self {
        let about_it =
            |object: &Object<'_>| identifier(object).is_ok_and(|said| said.is_none_or(|said| said == *asked));
        let (object, raw) = match Object::parse(json).ok().filter(about_it) {
            Some(object) => (object, json),
            None => (Object::default(), "null"),
        };
        Self { state: State::Pending, raw: raw.to_owned(), ..Self::new(&object, asked.clone()) }
    }

    /// A report in a list within another report, whose identifier it has unless it names its own.
    pub(crate) fn read_within(value: &mut Value<'_>, identifier: &Identifier) -> Option<Self> {
        let (object, json) = Object::next(value)?;
        let own = Self::understand(&object, json, None);
        let report = own.or_else(|_| Self::understand(&object, json, Some(identifier))).ok();
        value.left = object.left.get();
        report
    }

    pub(crate) fn new(object: &Object<'_>, identifier: Identifier) -> Self {
        let (common, findings) = (Common::read(object), M::Findings::read(object, &identifier));
        let has_verdict = common.verdict.is_some() || !common.verdicts.is_empty();
        let state = match object.word("status", State::from_text) {
            Some(state) => state,
            None if has_verdict || findings.has_results() => State::Done,
            None => State::Pending,
        };
        Self { identifier, state, common, findings, raw: String::new() }
    }
}

/// The medium that a report is of if that is beyond doubt, so that it cannot be read as that of another one.
pub(crate) fn other_medium(object: &Object<'_>) -> Option<MediaType> {
    let has_one_of = |name: &str, wanted: &[&str]| {
        let mut has_it = false;
        object.read(name, |value| value.fields(|name, _| has_it |= wanted.contains(&&*name))).is_some() && has_it
    };
    if has_one_of("results", &["images", "audios"]) {
        Some(MediaType::Video)
    } else if object.has("chunk_details") || has_one_of("details", &["clips"]) {
        Some(MediaType::Audio)
    } else {
        None
    }
}

/// The field `identifier`, if it is there: it stands in paths and logs, so nothing about it is let pass.
pub(crate) fn identifier(object: &Object<'_>) -> Result<Option<Identifier>, &'static str> {
    if object.json("identifier").is_none() {
        return Ok(None);
    }
    let text = object.text("identifier").ok_or("its field `identifier` is not a string")?;
    Identifier::try_from(text).map(Some).map_err(|_| "its field `identifier` is empty, too long or unsafe")
}

pub(crate) fn not_a_report(reason: &str, json: &[u8]) -> Error {
    // The error keeps so much of a body, and no key can be in here to be cut through.
    let start = json.get(..BODY_MAX).unwrap_or(json);
    let identifier = Object::parse(&json_text(json)).ok().and_then(|object| identifier(&object).ok().flatten());
    Error::new(ErrorKind::UnexpectedResponse, format!("not a report of the API: {reason}"))
        .with_identifier(identifier)
        .with_body(start)
}
