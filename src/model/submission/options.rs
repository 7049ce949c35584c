//! The options of an analysis, and the media that have them.

use std::fmt;

use crate::model::fields::{Fields, bool_text};
use crate::model::media_type::MediaType;

/// The maximum number of frames of a video to analyse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frames {
    /// 5
    Five,
    /// 10
    Ten,
    /// 30
    Thirty,
}

impl Frames {
    /// Returns the number.
    pub const fn count(self) -> u32 {
        match self {
            Self::Five => 5,
            Self::Ten => 10,
            Self::Thirty => 30,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Five => "5",
            Self::Ten => "10",
            Self::Thirty => "30",
        }
    }
}

/// The method by which key frames are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFramesMethod {
    /// `iframes`: those that the video's encoder chose.
    IFrames,
    /// `flow`: by movement.
    Flow,
    /// `color`: by colour.
    Color,
}

impl KeyFramesMethod {
    /// Returns the word that the service uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IFrames => "iframes",
            Self::Flow => "flow",
            Self::Color => "color",
        }
    }
}

/// The options of all media. `None` is not sent, so that the service's default holds.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) no_cache: Option<bool>,
    pub(crate) frames: Option<Frames>,
    pub(crate) key_frames: Option<bool>,
    pub(crate) key_frames_method: Option<KeyFramesMethod>,
    pub(crate) with_morphing: Option<bool>,
    pub(crate) with_tampering: Option<bool>,
    pub(crate) with_heatmap: Option<bool>,
    pub(crate) with_nsfw: Option<bool>,
    pub(crate) prevent_c2pa_forces: Option<bool>,
}

/// An option: its name in the form, the media that have it, and its value if it is set.
type Row = (&'static str, &'static [MediaType], fn(&Options) -> Option<&'static str>);

const IMAGE: &[MediaType] = &[MediaType::Image];
const VIDEO: &[MediaType] = &[MediaType::Video];
const VISUAL: &[MediaType] = &[MediaType::Image, MediaType::Video];

/// In the order in which they are sent. A journal's fingerprints depend on this order.
const TABLE: [Row; 9] = [
    ("no_cache", &MediaType::ALL, |options| options.no_cache.map(bool_text)),
    ("frames", VIDEO, |options| options.frames.map(Frames::as_str)),
    ("key_frames", VIDEO, |options| options.key_frames.map(bool_text)),
    ("key_frames_method", VIDEO, |options| options.key_frames_method.map(KeyFramesMethod::as_str)),
    ("with_morphing", VISUAL, |options| options.with_morphing.map(bool_text)),
    ("with_tampering", VISUAL, |options| options.with_tampering.map(bool_text)),
    ("with_heatmap", IMAGE, |options| options.with_heatmap.map(bool_text)),
    ("with_nsfw", VISUAL, |options| options.with_nsfw.map(bool_text)),
    ("prevent_c2pa_forces", &MediaType::ALL, |options| options.prevent_c2pa_forces.map(bool_text)),
];

impl Options {
    /// Adds the options that are set and that `medium` has.
    pub(super) fn add_to(&self, fields: &mut Fields<'_>, medium: MediaType) {
        let applicable = self.set().filter(|(_, media, _)| media.contains(&medium));
        applicable.for_each(|(name, _, value)| fields.text(name, value));
    }

    /// Returns the names of the options that are set although `medium` does not have them.
    pub(super) fn unsupported(&self, medium: MediaType) -> impl Iterator<Item = &'static str> {
        self.set().filter(move |(_, media, _)| !media.contains(&medium)).map(|(name, ..)| name)
    }

    fn set(&self) -> impl Iterator<Item = (&'static str, &'static [MediaType], &'static str)> {
        TABLE.iter().filter_map(|(name, media, value)| Some((*name, *media, value(self)?)))
    }
}

/// Shows the options that are set.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.set().map(|(name, _, value)| (name, value))).finish()
    }
}
