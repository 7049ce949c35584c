//! Detection of the format of a file: the public functions.

use std::io::{self, Read, Seek, SeekFrom};

use super::Format;
use super::detected::Content;
use super::rows::ALL;

impl Format {
    /// Detects a format by the first bytes of a file. Returns `None` if the format is not recognized.
    ///
    /// Some formats contain videos as well as recordings. For these, the more common medium is returned. If the file
    /// has a name, use [`detect`](Self::detect), which takes the name into account.
    pub fn from_bytes(head: &[u8]) -> Option<Self> {
        Self::from_content(Content::from_bytes(head), "")
    }

    /// Returns the format for which the extension of a file name stands. Case is ignored.
    pub fn from_extension(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        ALL.iter().find(|row| row.extensions.contains(&extension.as_str())).map(|row| Self(row))
    }

    /// Detects the format of a file by its first bytes and its name.
    ///
    /// The bytes take precedence. The name decides in two cases:
    ///
    /// - The bytes show a container that may hold a video or a recording, and its tracks do not show that it holds
    ///   sound only.
    /// - The bytes do not show any format, and are not plain text.
    ///
    /// ```
    /// use identifai::Format;
    ///
    /// let head = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";
    /// assert_eq!(Format::detect(head, "talk.m4a").unwrap().mime_type(), "audio/mp4");
    /// assert_eq!(Format::detect(head, "clip.mp4").unwrap().mime_type(), "video/mp4");
    /// assert_eq!(Format::detect(b"import { a } from 'b';", "code.ts"), None);
    /// ```
    pub fn detect(head: &[u8], name: &str) -> Option<Self> {
        Self::from_content(Content::from_bytes(head), name)
    }

    /// Detects the format of a file in the same way as [`detect`](Self::detect), and also skips ID3 tags of any length.
    ///
    /// On success, the file is positioned at its start.
    ///
    /// # Errors
    ///
    /// The errors of reading the file.
    pub fn from_file(file: &mut (impl Read + Seek), name: &str) -> io::Result<Option<Self>> {
        let content = detect_content(file)?;
        file.rewind()?;
        Ok(Self::from_content(content, name))
    }

    fn from_content(content: Content, name: &str) -> Option<Self> {
        content.format(Self::from_extension(name))
    }
}

/// Detects the content of a file. It seeks in the file, and leaves it at any position.
pub(crate) fn detect_content(file: &mut (impl Read + Seek)) -> io::Result<Content> {
    Content::detect(|at| {
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(Format::PROBE_LEN);
        file.by_ref().take(Format::PROBE_LEN as u64).read_to_end(&mut head)?;
        Ok(head)
    })
}
