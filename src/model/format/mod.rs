//! File formats: told by a file's content and by its name.

mod choice;
mod content;
mod iso;
mod matroska;
mod mpeg;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod tracks;

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

pub(crate) use self::choice::{Choice, choose};
pub(crate) use self::content::Content;
use self::rows::ALL;
use self::rows::Row;

/// A file format: one that the service takes, or another one that is known, so that it can be refused by its name.
///
/// ```
/// use identifai::Format;
///
/// let format = Format::of_bytes(b"\x89PNG\r\n\x1a\n...").unwrap();
/// assert_eq!((format.medium(), format.media_type()), ("image", "image/png"));
/// assert_eq!(Format::of_name("talk.OGG").unwrap().medium(), "audio");
/// assert!(!Format::of_name("cat.heic").unwrap().is_documented());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Format(&'static Row);

/// What a ticket comes as.
pub(crate) const TICKET: &str = "image or PDF";

impl Format {
    /// How many of the first bytes [`of_bytes`](Self::of_bytes) looks at.
    pub const LOOKS_AT: usize = 4096;

    /// The format that a file's first bytes show, if they show one that is known. Videos and recordings share some
    /// formats; those are taken for what they mostly are. See [`detect`](Self::detect) for a file that has a name.
    pub fn of_bytes(head: &[u8]) -> Option<Self> {
        Self::of_content(Content::of_bytes(head), "")
    }

    /// The format that the extension of a file's name says, in any case of letters.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        ALL.iter().find(|row| row.extensions.contains(&extension.as_str())).map(|row| Self(row))
    }

    /// Detects the format of a file by its first bytes and its name. The bytes count. The name decides where they show
    /// a container that may hold a video or a recording, unless its tracks show sound only, and where they show nothing.
    ///
    /// ```
    /// use identifai::Format;
    ///
    /// let head = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";
    /// assert_eq!(Format::detect(head, "talk.m4a").unwrap().media_type(), "audio/mp4");
    /// assert_eq!(Format::detect(head, "clip.mp4").unwrap().media_type(), "video/mp4");
    /// assert_eq!(Format::detect(b"import { a } from 'b';", "code.ts"), None);
    /// ```
    pub fn detect(head: &[u8], name: &str) -> Option<Self> {
        Self::of_content(Content::of_bytes(head), name)
    }

    /// Detects the format of a file, as [`detect`](Self::detect) does, and looks behind ID3 tags of any length.
    ///
    /// # Errors
    ///
    /// Those of the file, which is left at its start otherwise.
    pub fn of_file(file: &mut (impl Read + Seek), name: &str) -> io::Result<Option<Self>> {
        let content = look_into(file)?;
        file.rewind()?;
        Ok(Self::of_content(content, name))
    }

    fn of_content(content: Content, name: &str) -> Option<Self> {
        content.format(Self::of_name(name))
    }

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

/// Looks at a file from its start.
pub(crate) fn look_into(file: &mut (impl Read + Seek)) -> io::Result<Content> {
    Content::look(|at| {
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(Format::LOOKS_AT);
        file.by_ref().take(Format::LOOKS_AT as u64).read_to_end(&mut head)?;
        Ok(Some(head))
    })
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
