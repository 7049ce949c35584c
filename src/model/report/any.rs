//! A report of whichever medium.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Report;
use super::audio::{AudioFindings, AudioReport};
use super::image::{ImageFindings, ImageReport};
use super::parse::{not_a_report, other_medium};
use super::verdict::{Classification, Verdict};
use super::video::{VideoFindings, VideoReport};
use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;
use crate::model::lenient::object::Object;
use crate::model::lenient::value::Value as Json;
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Image, Medium, Video, sealed};
use crate::model::state::State;
use crate::model::submitted::AnySubmitted;

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
    /// Reads a report of a medium, which is about `asked` if it does not say. The error is the reason in words.
    pub(crate) fn read(medium: MediaType, json: &str, asked: Option<&Identifier>) -> Result<Self, &'static str> {
        match medium {
            MediaType::Image => Report::read(json, asked).map(Self::Image),
            MediaType::Video => Report::read(json, asked).map(Self::Video),
            MediaType::Audio => Report::read(json, asked).map(Self::Audio),
        }
    }

    /// Reads the elements of a list that are not `null`, or returns `None` if `json` is not a whole list. An element is
    /// `None` if it is about a submission that was not `asked`.
    pub(crate) fn read_list(
        medium: MediaType,
        json: &str,
        asked: impl Fn(&Identifier) -> bool,
    ) -> Option<Vec<Result<Option<Self>, &'static str>>> {
        fn read<M: Medium>(
            json: &str,
            asked: impl Fn(&Identifier) -> bool,
        ) -> Option<Vec<Result<Option<AnyReport>, &'static str>>> {
            let mut elements = Vec::new();
            let see =
                |element: Result<Option<Report<M>>, _>| elements.push(element.map(|report| report.map(Into::into)));
            Report::read_each(json, asked, see).then_some(elements)
        }
        match medium {
            MediaType::Image => read::<Image>(json, asked),
            MediaType::Video => read::<Video>(json, asked),
            MediaType::Audio => read::<Audio>(json, asked),
        }
    }

    /// Returns the report of an analysis that is not finished.
    pub(crate) fn pending(medium: MediaType, json: &str, asked: &Identifier) -> Self {
        match medium {
            MediaType::Image => Self::Image(Report::pending(json, asked)),
            MediaType::Video => Self::Video(Report::pending(json, asked)),
            MediaType::Audio => Self::Audio(Report::pending(json, asked)),
        }
    }

    /// Returns the report, or the error of an analysis that failed.
    pub(crate) fn into_result(self) -> Result<Self> {
        Ok(match self {
            Self::Image(report) => Self::Image(report.into_result()?),
            Self::Video(report) => Self::Video(report.into_result()?),
            Self::Audio(report) => Self::Audio(report.into_result()?),
        })
    }
}

impl<M: Medium> From<Report<M>> for AnyReport {
    fn from(report: Report<M>) -> Self {
        M::into_any(report)
    }
}

/// Fails with the report if it is that of another medium.
impl<M: Medium> TryFrom<AnyReport> for Report<M> {
    type Error = AnyReport;

    fn try_from(report: AnyReport) -> Result<Self, AnyReport> {
        M::from_any(report)
    }
}

impl Medium for Image {}

impl sealed::Medium for Image {
    const TYPE: MediaType = MediaType::Image;
    type Findings = ImageFindings;

    fn into_any(report: ImageReport) -> AnyReport {
        AnyReport::Image(report)
    }

    fn from_any(report: AnyReport) -> Result<ImageReport, AnyReport> {
        if let AnyReport::Image(report) = report { Ok(report) } else { Err(report) }
    }
}

impl Medium for Video {}

impl sealed::Medium for Video {
    const TYPE: MediaType = MediaType::Video;
    type Findings = VideoFindings;

    fn into_any(report: VideoReport) -> AnyReport {
        AnyReport::Video(report)
    }

    fn from_any(report: AnyReport) -> Result<VideoReport, AnyReport> {
        if let AnyReport::Video(report) = report { Ok(report) } else { Err(report) }
    }
}

impl Medium for Audio {}

impl sealed::Medium for Audio {
    const TYPE: MediaType = MediaType::Audio;
    type Findings = AudioFindings;

    fn into_any(report: AudioReport) -> AnyReport {
        AnyReport::Audio(report)
    }

    fn from_any(report: AnyReport) -> Result<AudioReport, AnyReport> {
        if let AnyReport::Audio(report) = report { Ok(report) } else { Err(report) }
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
