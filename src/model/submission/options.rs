//! The options of an analysis, and the media that support them.

use std::fmt;

use crate::model::fields::{Fields, bool_text};
use crate::model::media_type::MediaType;

/// The maximum number of frames that are analysed in a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frames {
    /// 5 frames.
    Five,
    /// 10 frames.
    Ten,
    /// 30 frames.
    Thirty,
}

impl Frames {
    /// Returns the number of frames.
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

/// The method by which the service chooses key frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFramesMethod {
    /// `iframes`: the key frames that the video's encoder chose.
    IFrames,
    /// `flow`: frames chosen by movement.
    Flow,
    /// `color`: frames chosen by colour.
    Color,
}

impl KeyFramesMethod {
    /// Returns the value as the service writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IFrames => "iframes",
            Self::Flow => "flow",
            Self::Color => "color",
        }
    }
}

/// The options of all media. An option that is `None` is not sent, and the service's default applies.
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

/// An option: its name in the form, the media that support it, and a function that returns its value if it is set.
type Row = (&'static str, &'static [MediaType], fn(&Options) -> Option<&'static str>);

const IMAGE: &[MediaType] = &[MediaType::Image];
const VIDEO: &[MediaType] = &[MediaType::Video];
const VISUAL: &[MediaType] = &[MediaType::Image, MediaType::Video];

/// All options, in the order in which they are sent. The fingerprints in a journal depend on this order.
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
    /// Adds the options that are set and that `medium` supports.
    pub(super) fn add_to(&self, fields: &mut Fields<'_>, medium: MediaType) {
        let applicable = self.set().filter(|(_, media, _)| media.contains(&medium));
        applicable.for_each(|(name, _, value)| fields.text(name, value));
    }

    /// Returns the names of the options that are set but that `medium` does not support.
    pub(super) fn unsupported(&self, medium: MediaType) -> impl Iterator<Item = &'static str> {
        self.set().filter(move |(_, media, _)| !media.contains(&medium)).map(|(name, ..)| name)
    }

    /// Returns the name, the supporting media and the value of each option that is set.
    fn set(&self) -> impl Iterator<Item = (&'static str, &'static [MediaType], &'static str)> {
        TABLE.iter().filter_map(|(name, media, value)| Some((*name, *media, value(self)?)))
    }
}

/// Formats the options that are set as a map.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.set().map(|(name, _, value)| (name, value))).finish()
    }
}
