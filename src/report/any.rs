//! A report of whichever medium.

use std::fmt;

use serde::{Serialize, Serializer};

use super::object::Object;
use super::{ImageReport, json_text, not_a_report};
use crate::error::Result;

/// A report whose medium is not known before it is read: a webhook's, for one. More media will be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyReport {
    /// The report of an image.
    Image(ImageReport),
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
    /// The answers do not name their medium, so this goes by their form: only those of images have `has_heatmap`, `c2pa`
    /// or `details` as a list. That is our reading of the documentation. A report that shows nothing of it, as one that
    /// is pending may, is an error; who knows the medium reads it by its own type.
    ///
    /// # Errors
    ///
    /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if it is not a JSON object with an `identifier`,
    /// or not one of an image: this version reads no other media.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json_text(json.as_ref());
        let medium = Object::parse(&json).ok().map(|object| medium(&object));
        let reason = match medium {
            // What is no object is refused there, in its words.
            None | Some(Some(Medium::Image)) => return ImageReport::from_json(&*json).map(Self::Image),
            Some(Some(Medium::Video)) => "it is that of a video, which this version does not read",
            Some(Some(Medium::Audio)) => "it is that of a recording, which this version does not read",
            Some(None) => "it does not show of which medium it is; read it by the type of its medium",
        };
        Err(not_a_report(reason, json.as_bytes()))
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
    } else {
        None
    }
}

impl fmt::Display for AnyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(report) => report.fmt(f),
        }
    }
}

impl Serialize for AnyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Image(report) => report.serialize(serializer),
        }
    }
}
