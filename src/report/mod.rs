//! What comes back: reports that keep what they do not know.

mod account;
mod any;
mod audio;
mod c2pa;
mod heatmap;
mod image;
mod object;
mod state;
#[cfg(test)]
mod tests;
mod tickets;
mod value;
mod verdict;
mod video;

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub(crate) use self::account::UsersPage;
pub use self::account::{Credits, Health, HealthStatus, PartnerUser, Pricing, Pricings};
pub use self::any::AnyReport;
pub(crate) use self::audio::AudioFindings;
pub use self::audio::{AudioReport, Segment};
pub use self::c2pa::{C2pa, ValidationResults, ValidationStatus};
pub use self::heatmap::Heatmap;
pub(crate) use self::image::ImageFindings;
pub use self::image::{BoundingBox, Detail, Detection, ImageReport};
use self::object::{NO_OBJECT, Object};
pub use self::state::State;
pub use self::tickets::{Authenticity, SubmittedTicket, SubmittedTickets, TicketReport, TicketVerdict, TicketsReport};
use self::value::Value as Json;
pub(crate) use self::value::is_valid;
pub use self::verdict::{Classification, ModelResult, Score, Verdict};
pub(crate) use self::video::VideoFindings;
pub use self::video::VideoReport;
use crate::error::{BODY_MAX, Error, ErrorKind, Result};
use crate::identifier::Identifier;
use crate::media::{Medium, Submitted};
use crate::text::one_line;

/// What came of a submission: [`ImageReport`], [`VideoReport`] or [`AudioReport`].
///
/// It is read leniently, since the service promises little: a field that is missing, `null` or of another type than
/// documented counts as absent, numbers may be written as strings, and what this version does not know is in
/// [`raw_json`](Self::raw_json); so are objects in lists beyond one for each 24 bytes of the report. It serialises with all
/// of that, always with an `identifier`, and deserialises again.
///
/// `Display` is one line for people, with control characters escaped.
pub struct Report<M: Medium> {
    identifier: Identifier,
    state: State,
    common: Common,
    findings: M::Findings,
    raw: String,
}

/// What the reports of all media have.
#[derive(Clone, Debug)]
struct Common {
    hash: Option<String>,
    api_version: Option<String>,
    errors: Option<String>,
    name: Option<String>,
    ref_id: Option<String>,
    result_url: Option<String>,
    is_nsfw: Option<bool>,
    verdict: Option<Verdict>,
    verdicts: Vec<Verdict>,
    force_classification: Option<Classification>,
}

/// What only the reports of one medium have.
pub trait Findings: Clone + Default + fmt::Debug + Send + Sync {
    #[allow(private_interfaces)]
    #[doc(hidden)]
    fn read(object: &Object<'_>, identifier: &Identifier) -> Self;
    /// Whether there is anything in it that only an analysis can have found.
    fn has_results(&self) -> bool;
    /// What each model makes of the whole medium.
    fn model_results(&self) -> &[ModelResult] {
        &[]
    }
}

impl Common {
    fn read(object: &Object<'_>) -> Self {
        Self {
            hash: object.text("hash"),
            api_version: object.text("api_version"),
            errors: object.read("errors", Json::any_text),
            name: object.text("name"),
            ref_id: object.text("ref_id"),
            result_url: object.text("result_url"),
            is_nsfw: object.flag("is_nsfw"),
            verdict: object.read("verdict", Verdict::read),
            verdicts: object.objects("verdicts", Verdict::read),
            force_classification: object.word("force_classification", Classification::of),
        }
    }
}

impl<M: Medium> Report<M> {
    /// Reads a report that came by another way than from a [`Client`](crate::Client): the body of a webhook's request, a
    /// file, a database.
    ///
    /// Who sent the body of a webhook's request cannot be verified, as it is not signed: to be sure, ask for the result
    /// by its [`identifier`](Self::identifier).
    ///
    /// Where the medium is not known before, there is [`AnyReport::from_json`].
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
            && Json::of(json, 0).each(|element| match Object::next_alone(element) {
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
        if any::other_medium(object).is_some_and(|medium| medium != M::NAME) {
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
    fn read_within(value: &mut Json<'_>, identifier: &Identifier) -> Option<Self> {
        let (object, json) = Object::next(value)?;
        let own = Self::understand(&object, json, None);
        let report = own.or_else(|_| Self::understand(&object, json, Some(identifier))).ok();
        value.left = object.left.get();
        report
    }

    fn new(object: &Object<'_>, identifier: Identifier) -> Self {
        let (common, findings) = (Common::read(object), M::Findings::read(object, &identifier));
        let has_verdict = common.verdict.is_some() || !common.verdicts.is_empty();
        let state = match object.word("status", State::of) {
            Some(state) => state,
            None if has_verdict || findings.has_results() => State::Done,
            None => State::Pending,
        };
        Self { identifier, state, common, findings, raw: String::new() }
    }

    /// The submission that this is about.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The submission, to ask for its result again.
    pub fn submitted(&self) -> Submitted<M> {
        Submitted::new(self.identifier.clone())
    }

    /// How far the analysis has come.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether nothing more is to come: the analysis is done or failed. In a state that is not documented, it is
    /// finished once it has a [`verdict`](Self::verdict) with a classification.
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Pending => false,
            State::Done | State::Errored => true,
            State::Other(_) => self.verdict().is_some_and(|verdict| verdict.classification.is_some()),
        }
    }

    /// What it was classified as: by the account's user if that was overridden, else by the verdict, once the analysis
    /// is finished. It is what the service's dashboard shows.
    pub fn classification(&self) -> Option<&Classification> {
        let of_verdict = || self.verdict().filter(|_| self.is_finished() && self.state != State::Errored);
        self.force_classification().or_else(|| of_verdict()?.classification.as_ref())
    }

    /// Whether it was made by a machine: what [`classification`](Self::classification) says, in which an override wins
    /// over the verdict. `None` if that is not known, or neither `human` nor `artificial`.
    pub fn is_artificial(&self) -> Option<bool> {
        match self.classification()? {
            Classification::Human => Some(false),
            Classification::Artificial => Some(true),
            Classification::Other(_) => None,
        }
    }

    /// The main verdict, by the account's default heuristic.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.common.verdict.as_ref()
    }

    /// A verdict for each heuristic.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.common.verdicts
    }

    /// What the account's user overrode the verdict with; see
    /// [`Client::override_verdict`](crate::Client::override_verdict).
    pub fn force_classification(&self) -> Option<&Classification> {
        self.common.force_classification.as_ref()
    }

    /// The SHA-256 of the file, in hexadecimal digits. It is not the identifier; overrides go by it.
    pub fn hash(&self) -> Option<&str> {
        self.common.hash.as_deref()
    }

    /// The name of the file.
    pub fn name(&self) -> Option<&str> {
        self.common.name.as_deref()
    }

    /// The reference that was given with the submission.
    pub fn ref_id(&self) -> Option<&str> {
        self.common.ref_id.as_deref()
    }

    /// The page of this result on the dashboard.
    pub fn result_url(&self) -> Option<&str> {
        self.common.result_url.as_deref()
    }

    /// The version of the API that made the analysis; there once it is finished.
    pub fn api_version(&self) -> Option<&str> {
        self.common.api_version.as_deref()
    }

    /// Why the analysis failed, if it did: the service's words, as they are.
    pub fn errors(&self) -> Option<&str> {
        self.common.errors.as_deref()
    }

    /// Whether it is not safe for work; there only if the submission asked for it.
    pub fn is_nsfw(&self) -> Option<bool> {
        self.common.is_nsfw
    }

    /// The JSON as it came, for what this version does not know; `null` if none came. What was not UTF-8 in it is
    /// replaced, and so is the API key.
    pub fn raw_json(&self) -> &str {
        &self.raw
    }
}

/// What a body says as text: without a byte order mark, and without what surrounds the JSON.
pub(crate) fn json_text(body: &[u8]) -> Cow<'_, str> {
    fn trim(text: &str) -> &str {
        text.trim_start_matches('\u{feff}').trim()
    }
    // Nearly all are, and this is the fastest way to see it.
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(trim(text));
    }
    let mut text = String::from_utf8_lossy(body).into_owned();
    // Cut in place: it may be long.
    text.truncate(text.trim_end().len());
    text.drain(..text.len().saturating_sub(trim(&text).len()));
    Cow::Owned(text)
}

/// The field `identifier`, if it is there: it stands in paths and logs, so nothing about it is let pass.
fn identifier(object: &Object<'_>) -> Result<Option<Identifier>, &'static str> {
    if object.json("identifier").is_none() {
        return Ok(None);
    }
    let text = object.text("identifier").ok_or("its field `identifier` is not a string")?;
    Identifier::try_from(text).map(Some).map_err(|_| "its field `identifier` is empty, too long or unsafe")
}

fn not_a_report(reason: &str, json: &[u8]) -> Error {
    // The error keeps so much of a body, and no key can be in here to be cut through.
    let start = json.get(..BODY_MAX).unwrap_or(json);
    let identifier = Object::parse(&json_text(json)).ok().and_then(|object| identifier(&object).ok().flatten());
    Error::new(ErrorKind::UnexpectedResponse, format!("not a report of the API: {reason}"))
        .with_identifier(identifier)
        .with_body(start)
}

impl<M: Medium> Clone for Report<M> {
    fn clone(&self) -> Self {
        Self {
            identifier: self.identifier.clone(),
            state: self.state.clone(),
            common: self.common.clone(),
            findings: self.findings.clone(),
            raw: self.raw.clone(),
        }
    }
}

/// Without names and references, which are the user's business.
impl<M: Medium> fmt::Debug for Report<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("medium", &M::NAME)
            .field("identifier", &self.identifier)
            .field("state", &self.state)
            .field("verdict", &self.common.verdict)
            .field("force_classification", &self.common.force_classification)
            .finish_non_exhaustive()
    }
}

impl<M: Medium> fmt::Display for Report<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forced = self.force_classification();
        if let Some(forced) = forced {
            write!(f, "{} (overridden); ", one_line(forced.as_str()))?;
        }
        match (&self.state, self.verdict()) {
            (State::Errored, _) => match self.errors() {
                Some(errors) => write!(f, "the analysis failed: {}", one_line(errors)),
                None => f.write_str("the analysis failed"),
            },
            _ if !self.is_finished() => write!(f, "pending ({})", one_line(self.state.as_str())),
            (_, Some(verdict)) => {
                f.write_str(if forced.is_some() { "verdict: " } else { "" })?;
                self.fmt_verdict(verdict, f)
            }
            (_, None) => f.write_str("finished without a main verdict"),
        }
    }
}

impl<M: Medium> Report<M> {
    /// `artificial, confidence 0.94 (Majority; V011 0.9641, V01 0.92)`, in which the scores are those of the verdict.
    fn fmt_verdict(&self, verdict: &Verdict, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classification = verdict.classification.as_ref();
        f.write_str(&one_line(classification.map_or("no classification", Classification::as_str)))?;
        if let Some(confidence) = verdict.confidence {
            write!(f, ", confidence {}", four_digits(confidence))?;
        }
        let results = self.findings.model_results();
        let score = |model: &str| {
            let result = results.iter().find(|result| result.model.as_deref() == Some(model))?;
            result.score(classification?)
        };
        let mut models: Vec<&str> = verdict.models.iter().map(String::as_str).collect();
        if models.is_empty() {
            models.extend(results.iter().filter_map(|result| result.model.as_deref()));
        }
        let models = models.into_iter().map(|model| match score(model) {
            Some(score) => format!("{} {}", one_line(model), four_digits(score)),
            None => one_line(model),
        });
        let models = models.collect::<Vec<_>>().join(", ");
        let heuristic = verdict.heuristic.as_deref().map(one_line);
        let basis: Vec<String> = heuristic.into_iter().chain(Some(models)).filter(|text| !text.is_empty()).collect();
        if basis.is_empty() { Ok(()) } else { write!(f, " ({})", basis.join("; ")) }
    }
}

/// A score as people read it.
fn four_digits(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

/// As the JSON that it was read from, unknown fields included, always with an `identifier`. Fields come in no certain
/// order, and numbers with more digits than an `f64` or `u64` holds are rounded: what must stay to the last byte is
/// [`raw_json`](Report::raw_json). JSON that is nested deeper than 128 levels, or has a number beyond all range, is
/// refused.
impl<M: Medium> Serialize for Report<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = match serde_json::from_str(&self.raw).map_err(S::Error::custom)? {
            Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        };
        fields.insert("identifier".to_owned(), self.identifier.as_str().into());
        fields.serialize(serializer)
    }
}

impl<'de, M: Medium> Deserialize<'de> for Report<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?.to_string();
        Self::read(&json, None).map_err(D::Error::custom)
    }
}
