//! A report of whichever medium.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::object::Object;
use super::reading::{json_text, not_a_report};
use super::value::Value as Json;
use super::{AudioReport, Classification, ImageReport, State, Verdict, VideoReport};
use crate::error::Result;
use crate::identifier::Identifier;
use crate::wait;

/// A report whose medium is not known before it is read: a webhook's, for one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyReport {
    /// The report of an image.
    Image(ImageReport),
    /// The report of a video.
    Video(VideoReport),
    /// The report of a recording.
    Audio(AudioReport),
}

macro_rules! each {
    ($any:expr, $report:ident => $what:expr) => {
        match $any {
            AnyReport::Image($report) => $what,
            AnyReport::Video($report) => $what,
            AnyReport::Audio($report) => $what,
        }
    };
}

impl AnyReport {
    /// Reads a report of whichever medium; see [`Report::from_json`](super::Report::from_json).
    ///
    /// The answers do not name their medium, so this goes by their form: the `results` of videos are an object; only
    /// images have `has_heatmap`, `c2pa` or `details` as a list; what else has `results` is a recording. That is our
    /// reading of the documentation. A report that shows nothing of it, as one that is pending may, is an error; who
    /// knows the medium reads it by its own type.
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`,
    /// or does not show of which medium it is; the error has the identifier if there is one.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        match Object::parse(&json).ok().as_ref().and_then(medium) {
            Some("image") => ImageReport::from_json(&*json).map(Self::Image),
            Some("video") => VideoReport::from_json(&*json).map(Self::Video),
            Some(_) => AudioReport::from_json(&*json).map(Self::Audio),
            // What is no report at all is refused there, in its words.
            None => Err(ImageReport::from_json(&*json).map_or_else(
                |error| error,
                |_| {
                    let reason = "it does not show of which medium it is; read it by that medium's type";
                    not_a_report(reason, json.as_bytes())
                },
            )),
        }
    }

    /// See [`Report::identifier`](super::Report::identifier).
    pub fn identifier(&self) -> &Identifier {
        each!(self, report => report.identifier())
    }

    /// See [`Report::state`](super::Report::state).
    pub fn state(&self) -> &State {
        each!(self, report => report.state())
    }

    /// See [`Report::is_finished`](super::Report::is_finished).
    pub fn is_finished(&self) -> bool {
        each!(self, report => report.is_finished())
    }

    /// See [`Report::classification`](super::Report::classification).
    pub fn classification(&self) -> Option<&Classification> {
        each!(self, report => report.classification())
    }

    /// See [`Report::is_artificial`](super::Report::is_artificial).
    pub fn is_artificial(&self) -> Option<bool> {
        each!(self, report => report.is_artificial())
    }

    /// See [`Report::verdict`](super::Report::verdict).
    pub fn verdict(&self) -> Option<&Verdict> {
        each!(self, report => report.verdict())
    }

    /// See [`Report::raw_json`](super::Report::raw_json).
    pub fn raw_json(&self) -> &str {
        each!(self, report => report.raw_json())
    }
}

/// How the rooms of the crate use it.
impl AnyReport {
    /// An analysis that failed as an error; see [`wait::unless_errored`].
    pub(crate) fn unless_errored(self) -> Result<Self> {
        Ok(match self {
            Self::Image(report) => Self::Image(wait::unless_errored(report)?),
            Self::Video(report) => Self::Video(wait::unless_errored(report)?),
            Self::Audio(report) => Self::Audio(wait::unless_errored(report)?),
        })
    }
}

/// The medium that a report is of, as far as that shows.
fn medium(object: &Object<'_>) -> Option<&'static str> {
    let is_list = |name: &str| object.json(name).is_some_and(|json| json.starts_with('['));
    if let Some(medium) = other_medium(object) {
        Some(medium)
    } else if object.has("has_heatmap") || object.has("c2pa") || is_list("details") {
        Some("image")
    } else if object.read("results", |results| Some(has_elements(results))) == Some(true) {
        Some("audio")
    } else {
        None
    }
}

fn has_elements(list: &mut Json<'_>) -> bool {
    let mut has_some = false;
    list.each(|_| has_some = true);
    has_some
}

/// The medium that a report is of if that is beyond doubt, so that it cannot be read as that of another one.
pub(super) fn other_medium(object: &Object<'_>) -> Option<&'static str> {
    let has_one_of = |name: &str, wanted: &[&str]| {
        let mut has_it = false;
        object.read(name, |value| value.fields(|name, _| has_it |= wanted.contains(&&*name))).is_some() && has_it
    };
    if has_one_of("results", &["images", "audios"]) {
        Some("video")
    } else if object.has("chunk_details") || has_one_of("details", &["clips"]) {
        Some("audio")
    } else {
        None
    }
}

impl fmt::Display for AnyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, report => report.fmt(f))
    }
}

impl Serialize for AnyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        each!(self, report => report.serialize(serializer))
    }
}

impl<'de> Deserialize<'de> for AnyReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?.to_string()).map_err(D::Error::custom)
    }
}
