//! The result of the detection by content.

use super::rows::Row;

/// The content of a file, as far as it was recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A known format.
    Format(DetectedFormat),
    /// Plain text.
    Text,
    /// Anything else.
    Unknown,
}

/// A format that was detected by the content, with the certainty of the detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DetectedFormat {
    pub(super) row: &'static Row,
    pub(super) certainty: Certainty,
}

/// The certainty of a detection by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// The content has exactly this format.
    Certain,
    /// The content has a format of this family. The extension tells which one. Without an extension of the family, this
    /// format is assumed.
    Ambiguous,
    /// The content has a format of this family. The extension tells which one. Without an extension, the format
    /// remains unknown.
    ByName,
    /// The content begins like this format, but other formats of the family begin in the same way.
    Weak,
    /// The content is a container of this family, and its tracks show that it holds sound only.
    SoundOnly,
    /// The content begins with an ID3 tag, and the bytes after the tag cannot be reached or were not recognized.
    Id3Tag,
}

impl Certainty {
    /// Returns the detection of the format `row` with this certainty.
    pub(super) fn of(self, row: &'static Row) -> DetectedFormat {
        DetectedFormat { row, certainty: self }
    }
}

/// Returns `true` if `bytes` contains `sought` at any position.
pub(super) fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}
