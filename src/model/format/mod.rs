//! File formats, and their detection by the content and the name of a file.
//!
//! [`detect`] is the entry point. It reads the beginning of a file and passes it to [`content`], which compares magic
//! numbers (in [`rows`]) and calls the detectors of [`iso`], [`matroska`] and [`mpeg`]. If a container may hold a video
//! or a recording, [`tracks`] reads the descriptions of its tracks. [`choice`] combines the result with the extension
//! of the file name.

mod choice;
mod container;
mod content;
mod detect;
mod detected;
mod iso;
mod matroska;
mod mpeg;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod tracks;

use std::fmt;

pub(crate) use self::choice::{Choice, choose};
pub(crate) use self::detect::detect_content;
pub(crate) use self::detected::Content;
use self::rows::Row;
pub(crate) use self::rows::TICKET;

/// A file format.
///
/// The crate also recognizes formats that the service does not accept, to name them in errors.
///
/// ```
/// use identifai::Format;
///
/// let format = Format::from_bytes(b"\x89PNG\r\n\x1a\n...").unwrap();
/// assert_eq!((format.medium(), format.mime_type()), ("image", "image/png"));
/// assert_eq!(Format::from_extension("talk.OGG").unwrap().medium(), "audio");
/// assert!(!Format::from_extension("cat.heic").unwrap().is_documented());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Format(&'static Row);

impl Format {
    /// The number of bytes at the beginning of a file that [`from_bytes`](Self::from_bytes) examines.
    pub const PROBE_LEN: usize = 4096;

    /// Returns the medium: `image`, `video`, `audio`, `document` or `other`. PDF is a `document`, and is accepted for
    /// tickets.
    pub fn medium(&self) -> &'static str {
        self.0.medium
    }

    /// Returns the MIME type, such as `image/png`.
    pub fn mime_type(&self) -> &'static str {
        self.0.mime_type
    }

    /// Returns the usual file name extension, without the dot.
    pub fn extension(&self) -> &'static str {
        self.0.extensions.first().copied().unwrap_or_default()
    }

    /// Returns `true` if the service documents that it accepts this format.
    ///
    /// The client refuses to upload any other format unless [`any_format`](crate::Submission::any_format) is set.
    pub fn is_documented(&self) -> bool {
        self.0.is_documented
    }
}

/// Writes the MIME type.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.mime_type)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.0.mime_type)
    }
}
