//! File formats: told by a file's content and by its name.

mod choice;
mod container;
mod content;
mod detect;
mod iso;
mod matroska;
mod mpeg;
mod rows;
mod seen;
#[cfg(test)]
mod tests;
mod text;
mod tracks;

use std::fmt;

pub(crate) use self::choice::{Choice, choose};
pub(crate) use self::detect::look_into;
use self::rows::Row;
pub(crate) use self::rows::TICKET;
pub(crate) use self::seen::Content;

/// A file format: one that the service takes, or another one that is known, so that it can be refused by its name.
///
/// ```
/// use identifai::Format;
///
/// let format = Format::from_bytes(b"\x89PNG\r\n\x1a\n...").unwrap();
/// assert_eq!((format.medium(), format.media_type()), ("image", "image/png"));
/// assert_eq!(Format::from_extension("talk.OGG").unwrap().medium(), "audio");
/// assert!(!Format::from_extension("cat.heic").unwrap().is_documented());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Format(&'static Row);

impl Format {
    /// How many of the first bytes [`from_bytes`](Self::from_bytes) looks at.
    pub const LOOKS_AT: usize = 4096;

    /// Returns the medium: `image`, `video`, `audio`, `document` (PDF is for tickets), or `other`.
    pub fn medium(&self) -> &'static str {
        self.0.medium
    }

    /// Its media type, such as `image/png`.
    pub fn media_type(&self) -> &'static str {
        self.0.media_type
    }

    /// The usual extension of its files, without the dot.
    pub fn extension(&self) -> &'static str {
        self.0.extensions.first().copied().unwrap_or_default()
    }

    /// `true` if the service documents that it takes this format. An upload of another one is refused unless
    /// [`any_format`](crate::Submission::any_format) is set.
    pub fn is_documented(&self) -> bool {
        self.0.is_documented
    }
}

/// Its media type.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.media_type)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.0.media_type)
    }
}
