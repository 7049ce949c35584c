//! A report of whichever medium.

use std::fmt;

use serde::{Serialize, Serializer};

use super::object::Object;
use super::{AudioReport, ImageReport, VideoReport, json_text, not_a_report};
use crate::error::Result;

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

/// What a report is of, as far as that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Image,
    Video,
    Audio,
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
    /// or does not show of which medium it is.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        let object = Object::parse(&json).unwrap_or_default();
        match medium(&object) {
            Some(Medium::Image) => ImageReport::from_json(&*json).map(Self::Image),
            Some(Medium::Video) => VideoReport::from_json(&*json).map(Self::Video),
            Some(Medium::Audio) => AudioReport::from_json(&*json).map(Self::Audio),
            // What is no report at all is refused there, in its words.
            None => Err(ImageReport::from_json(&*json).map_or_else(
                |error| error,
                |_| {
                    not_a_report(
                        "it does not show of which medium it is; read it by that medium's type",
                        json.as_bytes(),
                    )
                },
            )),
        }
    }
}

fn medium(object: &Object<'_>) -> Option<Medium> {
    let is = |name: &str, open: char| object.json(name).is_some_and(|json| json.starts_with(open));
    if is("results", '{') {
        Some(Medium::Video)
    } else if object.has("chunk_details") || is("details", '{') {
        Some(Medium::Audio)
    } else if object.has("has_heatmap") || object.has("c2pa") || is("details", '[') {
        Some(Medium::Image)
    } else if !object.elements("results").is_empty() {
        Some(Medium::Audio)
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
        match self {
            Self::Image(report) => report.serialize(serializer),
            Self::Video(report) => report.serialize(serializer),
            Self::Audio(report) => report.serialize(serializer),
        }
    }
}
