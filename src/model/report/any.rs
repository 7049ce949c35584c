//! A report of whichever medium.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::audio::AudioReport;
use super::image::ImageReport;
use super::parse::{not_a_report, other_medium};
use super::verdict::{Classification, Verdict};
use super::video::VideoReport;
use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;
use crate::model::lenient::object::Object;
use crate::model::lenient::value::Value as Json;
use crate::model::media_type::MediaType;
use crate::model::state::State;

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
            Some(MediaType::Image) => ImageReport::from_json(&*json).map(Self::Image),
            Some(MediaType::Video) => VideoReport::from_json(&*json).map(Self::Video),
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

impl AnyReport {
    /// Returns the report, or the error of an analysis that failed.
    pub(crate) fn into_result(self) -> Result<Self> {
        Ok(match self {
            Self::Image(report) => Self::Image(report.into_result()?),
            Self::Video(report) => Self::Video(report.into_result()?),
            Self::Audio(report) => Self::Audio(report.into_result()?),
        })
    }
}

impl From<ImageReport> for AnyReport {
    fn from(report: ImageReport) -> Self {
        Self::Image(report)
    }
}

impl From<VideoReport> for AnyReport {
    fn from(report: VideoReport) -> Self {
        Self::Video(report)
    }
}

impl From<AudioReport> for AnyReport {
    fn from(report: AudioReport) -> Self {
        Self::Audio(report)
    }
}

/// The medium that a report is of, as far as that shows.
fn medium(object: &Object<'_>) -> Option<MediaType> {
    let is_list = |name: &str| object.json(name).is_some_and(|json| json.starts_with('['));
    if let Some(medium) = other_medium(object) {
        Some(medium)
    } else if object.has("has_heatmap") || object.has("c2pa") || is_list("details") {
        Some(MediaType::Image)
    } else if object.read("results", |results| Some(has_elements(results))) == Some(true) {
        Some(MediaType::Audio)
    } else {
        None
    }
}

fn has_elements(list: &mut Json<'_>) -> bool {
    let mut has_some = false;
    list.each(|_| has_some = true);
    has_some
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

#[cfg(test)]
mod tests;
