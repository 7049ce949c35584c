//! The medium as a value: image, video or audio.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A medium as a value: image, video or audio.
///
/// It serializes as `"image"`, `"video"` or `"audio"`.
///
/// ```
/// use identifai::MediaType;
///
/// assert_eq!(MediaType::Image.as_str(), "image");
/// assert_eq!("audio".parse(), Ok(MediaType::Audio));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaType {
    /// `image`
    Image,
    /// `video`
    Video,
    /// `audio`
    Audio,
}

impl MediaType {
    /// All media, in the order image, video, audio.
    pub const ALL: [Self; 3] = [Self::Image, Self::Video, Self::Audio];

    /// Returns the lower-case name, which the service uses in paths and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error for a text that does not name a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMediaType(());

impl fmt::Display for UnknownMediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown media type; use image, video or audio")
    }
}

impl std::error::Error for UnknownMediaType {}

impl FromStr for MediaType {
    type Err = UnknownMediaType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|medium| medium.as_str() == name).ok_or(UnknownMediaType(()))
    }
}
