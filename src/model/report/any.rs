//! A report of any medium.

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

/// A report of any medium.
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
    /// Parses a report of any medium; see [`Report::from_json`].
    ///
    /// A report does not name its medium, so this goes by its form: the `results` of videos are an object; only images
    /// have `has_heatmap`, `c2pa` or `details` as a list; another report with `results` is that of a recording. That is
    /// our reading of the documentation. A report without any of these, as a pending one may be, is an error. If you
    /// know the medium, parse it by that medium's type.
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`,
    /// or does not show its medium; the error has the identifier if there is one.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        let report = match Object::parse(&json).ok().as_ref().and_then(medium) {
            Some(medium) => Self::read(medium, &json, None),
            // Reading it as one medium tells what else is wrong with it.
            None => Self::read(MediaType::Image, &json, None)
                .and(Err("it does not show of which medium it is; read it by that medium's type")),
        };
        report.map_err(|reason| not_a_report(reason, json.as_bytes()))
    }

    /// Returns the submission, to request its result again.
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

    /// Returns the report if it is that of an image.
    pub fn as_image(&self) -> Option<&Report<Image>> {
        if let Self::Image(report) = self { Some(report) } else { None }
    }

    /// Returns the report if it is that of a video.
    pub fn as_video(&self) -> Option<&Report<Video>> {
        if let Self::Video(report) = self { Some(report) } else { None }
    }

    /// Returns the report if it is that of a recording.
    pub fn as_audio(&self) -> Option<&Report<Audio>> {
        if let Self::Audio(report) = self { Some(report) } else { None }
    }

    accessors!();
}

impl AnyReport {
    /// Reads a report of a medium, which is about `asked` if it does not name a submission. The error is the reason in
    /// words.
    pub(crate) fn read(medium: MediaType, json: &str, asked: Option<&Identifier>) -> Result<Self, &'static str> {
        match medium {
            MediaType::Image => Report::read(json, asked).map(Self::Image),
            MediaType::Video => Report::read(json, asked).map(Self::Video),
            MediaType::Audio => Report::read(json, asked).map(Self::Audio),
        }
    }

    /// Returns the report of an analysis that is not finished; see [`Report::pending`].
    pub(crate) fn pending(medium: MediaType, json: &str, asked: &Identifier) -> Self {
        match medium {
            MediaType::Image => Self::Image(Report::pending(json, asked)),
            MediaType::Video => Self::Video(Report::pending(json, asked)),
            MediaType::Audio => Self::Audio(Report::pending(json, asked)),
        }
    }

    /// Returns the report, or the error of an analysis that failed.
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

/// Returns the medium that the form of a report shows.
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
