//! Detection of a file's format.

use std::io::{self, Read, Seek, SeekFrom};

use super::Format;
use super::rows::ALL;
use super::seen::Content;

impl Format {
    /// The format that a file's first bytes show, if they show one that is known. Videos and recordings share some
    /// formats; those are taken for what they mostly are. See [`detect`](Self::detect) for a file that has a name.
    pub fn from_bytes(head: &[u8]) -> Option<Self> {
        Self::of_content(Content::from_bytes(head), "")
    }

    /// The format that the extension of a file's name says, in any case of letters.
    pub fn from_extension(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        ALL.iter().find(|row| row.extensions.contains(&extension.as_str())).map(|row| Self(row))
    }

    /// Detects the format of a file by its first bytes and its name. The bytes count. The name decides where they show
    /// a container that may hold a video or a recording, unless its tracks show sound only, and where they show
    /// nothing.
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
        Self::of_content(Content::from_bytes(head), name)
    }

    /// Detects the format of a file, as [`detect`](Self::detect) does, and looks behind ID3 tags of any length.
    ///
    /// # Errors
    ///
    /// Those of the file, which is left at its start otherwise.
    pub fn from_file(file: &mut (impl Read + Seek), name: &str) -> io::Result<Option<Self>> {
        let content = look_into(file)?;
        file.rewind()?;
        Ok(Self::of_content(content, name))
    }

    fn of_content(content: Content, name: &str) -> Option<Self> {
        content.format(Self::from_extension(name))
    }
}

/// Looks at a file from its start.
pub(crate) fn look_into(file: &mut (impl Read + Seek)) -> io::Result<Content> {
    Content::look(|at| {
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(Format::LOOKS_AT);
        file.by_ref().take(Format::LOOKS_AT as u64).read_to_end(&mut head)?;
        Ok(head)
    })
}
