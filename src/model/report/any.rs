//! A report whose medium is known only at run time.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Report;
use super::accessors::accessors;
use super::common::Common;
use super::parse::{not_a_report, other_medium};
use super::verdict::{Classification, Verdict};
use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::lenient::{Object, each, json_text};
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Image, Video};
use crate::model::state::State;
use crate::model::submitted::AnySubmitted;

/// A report whose medium is known only at run time.
///
/// It serializes as the JSON from which it was parsed, always with an `identifier`. Deserializing derives the medium as
/// [`from_json`](Self::from_json) does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AnyReport {
    /// The report of an image.
    Image(Report<Image>),
    /// The report of a video.
    Video(Report<Video>),
    /// The report of a recording.
    Audio(Report<Audio>),
}

impl AnyReport {
    /// Parses a report of any medium, in the same way as [`Report::from_json`].
    ///
    /// A report does not name its medium, so the medium is derived from the fields:
    ///
    /// - A report whose `results` are an object with `images` or `audios` describes a video.
    /// - A report with `chunk_details`, or with `clips` in its `details`, describes a recording.
    /// - A report with `has_heatmap` or `c2pa`, or with a list as its `details`, describes an image.
    /// - Any other report with a list of `results` that is not empty describes a recording.
    ///
    /// This is our interpretation of the documentation. A report that has none of these fields is an error. The report
    /// of a pending analysis may be such a report. If you know the medium, use `from_json` of that medium's type.
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`,
    /// or if the medium cannot be derived. The error contains the identifier if the report has one.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        let report = match Object::parse(&json).ok().as_ref().and_then(medium) {
            Some(medium) => Self::read(medium, &json, None),
            // Parsing it as an image first reports any other fault of the report.
            None => Self::read(MediaType::Image, &json, None)
                .and(Err("the medium is not recognizable; parse it with the type of that medium")),
        };
        report.map_err(|reason| not_a_report(reason, json.as_bytes()))
    }

    /// Returns the submission, with which the result can be requested again.
    pub fn submitted(&self) -> AnySubmitted {
        AnySubmitted::new(self.media_type(), self.identifier().clone())
    }

    /// Returns the medium.
    pub fn media_type(&self) -> MediaType {
        match self {
            Self::Image(_) => MediaType::Image,
            Self::Video(_) => MediaType::Video,
            Self::Audio(_) => MediaType::Audio,
        }
    }

    /// Returns the report if it describes an image.
    pub fn as_image(&self) -> Option<&Report<Image>> {
        if let Self::Image(report) = self { Some(report) } else { None }
    }

    /// Returns the report if it describes a video.
    pub fn as_video(&self) -> Option<&Report<Video>> {
        if let Self::Video(report) = self { Some(report) } else { None }
    }

    /// Returns the report if it describes a recording.
    pub fn as_audio(&self) -> Option<&Report<Audio>> {
        if let Self::Audio(report) = self { Some(report) } else { None }
    }

    accessors!();
}

impl AnyReport {
    /// Reads a report of a medium. `requested` is the identifier of the request, if any. A report without an identifier
    /// gets this one, and a report with another identifier is an error. The error is the reason as text.
    pub(crate) fn read(medium: MediaType, json: &str, requested: Option<&Identifier>) -> Result<Self, &'static str> {
        match medium {
            MediaType::Image => Report::read(json, requested).map(Self::Image),
            MediaType::Video => Report::read(json, requested).map(Self::Video),
            MediaType::Audio => Report::read(json, requested).map(Self::Audio),
        }
    }

    /// Creates the report of an analysis that is not finished. See [`Report::pending`].
    pub(crate) fn pending(medium: MediaType, json: &str, requested: &Identifier) -> Self {
        match medium {
            MediaType::Image => Self::Image(Report::pending(json, requested)),
            MediaType::Video => Self::Video(Report::pending(json, requested)),
            MediaType::Audio => Self::Audio(Report::pending(json, requested)),
        }
    }

    /// Returns the report, or an error if the analysis failed.
    pub(crate) fn into_result(self) -> Result<Self> {
        self.common().failure().map(|()| self)
    }

    fn common(&self) -> &Common {
        match self {
            Self::Image(report) => &report.common,
            Self::Video(report) => &report.common,
            Self::Audio(report) => &report.common,
        }
    }
}

/// Derives the medium of a report from its fields, by the rules of [`AnyReport::from_json`].
fn medium(object: &Object<'_>) -> Option<MediaType> {
    let is_list = |name: &str| object.json(name).is_some_and(|json| json.starts_with('['));
    let has_elements = |name: &str| {
        let mut count = 0_u64;
        object.json(name).is_some_and(|json| each(json, |_| count = count.saturating_add(1)) && count > 0)
    };
    if let Some(medium) = other_medium(object) {
        Some(medium)
    } else if object.has("has_heatmap") || object.has("c2pa") || is_list("details") {
        Some(MediaType::Image)
    } else if has_elements("results") {
        Some(MediaType::Audio)
    } else {
        None
    }
}

impl fmt::Display for AnyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(report) => report.fmt(f),
            Self::Video(report) => report.fmt(f),
            Self::Audio(report) => report.fmt(f),
        }
    }
}

impl Serialize for AnyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.common().raw.with_identifier(Some(self.identifier()), serializer)
    }
}

impl<'de> Deserialize<'de> for AnyReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?.to_string()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
