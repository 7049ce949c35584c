//! Detection of the medium of a file or a URL.

use std::io::Cursor;
use std::path::PathBuf;

use super::any::{AnySubmission, DetectedBy};
use super::file::{inspect, unreadable, unusable};
use super::source::Source;
use crate::error::{Error, Result};
use crate::model::format::{Content, Format, look_into};
use crate::model::media_type::MediaType;

const NOT_A_MEDIUM: &str = "which is not an image, a video or a recording";
const FORCE_FILE: &str = "to send it anyway, name its medium and allow any format";
const FORCE_URL: &str = "to send it anyway, name its medium";

impl AnySubmission {
    /// Creates a submission of a file, whose content and name show the medium.
    ///
    /// The content counts. The name decides where the content may be a video or a recording, and where it shows
    /// nothing. The first bytes of the file are read now, and the whole file when it is submitted.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the file cannot be read, is empty, or has no known format,
    /// or one that is not an image, a video or a recording. [`from_path_as`](Self::from_path_as) with
    /// [`any_format`](Self::any_format) takes it anyway.
    pub fn from_path(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let (len, content) = inspect(&path)?;
        let source = Source::Path(path);
        let named = source.own_name().as_deref().and_then(Format::from_extension);
        Self::detected(len, content, named, source)
    }

    /// Creates a submission of a file in memory, whose content shows the medium.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, has no known format, or one that is not an image,
    /// a video or a recording. [`from_bytes_as`](Self::from_bytes_as) with [`any_format`](Self::any_format) takes it
    /// anyway.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        let content = look_into(&mut Cursor::new(&bytes)).map_err(unreadable)?;
        Self::detected(bytes.len() as u64, content, None, Source::Bytes(bytes.into()))
    }

    /// Creates a submission of a medium that the service downloads, and whose medium the extension of its URL shows.
    ///
    /// A URL without a known extension is submitted as an image. One whose extension stands for a format that the
    /// service does not document is refused when it is submitted, unless [`any_format`](Self::any_format) is set.
    ///
    /// ```
    /// use identifai::{AnySubmission, MediaType};
    ///
    /// let clip = AnySubmission::from_url("https://example.com/clip.mp4?v=2")?;
    /// assert_eq!(clip.media_type(), MediaType::Video);
    /// let unknown = AnySubmission::from_url("https://example.com/latest")?;
    /// assert_eq!(unknown.media_type(), MediaType::Image);
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the extension stands for something that is not an image, a
    /// video or a recording. [`from_url_as`](Self::from_url_as) takes it anyway. Anything else that is wrong with the
    /// URL is reported by the call that submits it.
    pub fn from_url(file_url: impl Into<String>) -> Result<Self> {
        let file_url = file_url.into();
        let (medium, detected_by) = match format_of_url(&file_url) {
            None => (MediaType::Image, DetectedBy::Default),
            Some(format) => {
                let unsupported = || {
                    let reason = format!("the extension stands for {format}, {NOT_A_MEDIUM}; {FORCE_URL}");
                    Error::invalid_input("file_url", &reason)
                };
                (media_type(format).ok_or_else(unsupported)?, DetectedBy::Extension(format))
            }
        };
        Ok(Self::new(medium, detected_by, Source::Url(file_url)))
    }

    fn detected(len: u64, content: Content, named: Option<Format>, source: Source) -> Result<Self> {
        if len == 0 {
            return Err(unusable("is empty"));
        }
        let format = content.format(named).or(named);
        let format = format.ok_or_else(|| unusable(&format!("has an unrecognized format; {FORCE_FILE}")))?;
        let medium = media_type(format);
        let medium = medium.ok_or_else(|| unusable(&format!("is {format}, {NOT_A_MEDIUM}; {FORCE_FILE}")))?;
        let detected_by = match content {
            Content::Format(_) => DetectedBy::Content(format),
            Content::Text | Content::Unknown => DetectedBy::Extension(format),
        };
        Ok(Self::new(medium, detected_by, source))
    }

    /// Checks the extension of a URL that decided the medium. The service downloads the file before it can refuse it.
    pub(crate) fn check_extension(&self) -> Result<()> {
        match (self.source(), self.detected_by()) {
            (Source::Url(_), DetectedBy::Extension(format)) if !format.is_documented() && !self.any_format => {
                let reason = format!(
                    "the extension stands for {format}, which the service does not document; to send it anyway, allow \
                     any format"
                );
                Err(Error::invalid_input("file_url", &reason))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the medium of a format, unless the service takes it as a ticket only, or not at all.
fn media_type(format: Format) -> Option<MediaType> {
    format.medium().parse().ok()
}

/// Returns the format that the last segment of a URL's path stands for. The segment's parameters follow a semicolon
/// (RFC 3986, section 3.3), such as `;jsessionid=1`.
fn format_of_url(url: &str) -> Option<Format> {
    // Browsers take a backslash for a slash.
    let is_slash = |c| matches!(c, '/' | '\\');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.split_once(is_slash).map_or("", |(_, path)| path);
    let name = path.rsplit(is_slash).next().unwrap_or_default();
    let from_extension = |name: &str| Format::from_extension(&percent_decoded(name));
    from_extension(name).or_else(|| from_extension(name.split_once(';')?.0))
}

/// Decodes RFC 3986, section 2.1. A percent sign without two digits stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(b'%'));
        decoded.extend(piece.bytes().skip(if byte.is_some() { 2 } else { 0 }));
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(url: &str) -> Result<(MediaType, DetectedBy)> {
        AnySubmission::from_url(url).map(|submission| (submission.media_type(), submission.detected_by()))
    }

    #[test]
    fn last_segment_of_a_url_shows_its_medium() {
        let extension = |name| DetectedBy::Extension(Format::from_extension(name).unwrap());
        let table = [
            ("https://x.test/a.mp4", MediaType::Video, extension("a.mp4")),
            ("https://x.test/a.MP3?b=c.jpg#d.png", MediaType::Audio, extension("a.mp3")),
            ("https://x.test/a%2Emp3", MediaType::Audio, extension("a.mp3")),
            ("https://x.test/a.wav;jsessionid=1.png7", MediaType::Audio, extension("a.wav")),
            ("https://x.test\\a.mov", MediaType::Video, extension("a.mov")),
            ("https://x.mp4", MediaType::Image, DetectedBy::Default),
            ("https://x.test/a.mp4/", MediaType::Image, DetectedBy::Default),
            ("https://x.test/a%2", MediaType::Image, DetectedBy::Default),
            ("https://x.test/cat.heic", MediaType::Image, extension("cat.heic")),
        ];
        for (text, medium, detected_by) in table {
            assert_eq!(url(text).unwrap(), (medium, detected_by), "{text}");
        }
        let error = url("https://x.test/receipt.pdf").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "file_url: the extension stands for application/pdf, which is not an image, a video or a recording; "
            ),
            "{error}"
        );
    }

    #[test]
    fn undocumented_extension_is_refused_unless_any_format() {
        let submission = AnySubmission::from_url("https://x.test/cat.heic").unwrap();
        let error = submission.check_extension().unwrap_err().to_string();
        assert!(error.starts_with("file_url: the extension stands for image/heic, "), "{error}");
        submission.any_format(true).check_extension().unwrap();
        AnySubmission::from_url_as(MediaType::Image, "https://x.test/cat.heic").check_extension().unwrap();
    }

    #[test]
    fn content_shows_the_medium_of_bytes() {
        let png = b"\x89PNG\r\n\x1a\n";
        let submission = AnySubmission::from_bytes(png.to_vec()).unwrap();
        let format = Format::from_bytes(png).unwrap();
        assert_eq!(
            (submission.media_type(), submission.detected_by()),
            (MediaType::Image, DetectedBy::Content(format))
        );
        for (bytes, reason) in [
            ("%PDF-1.7", "is application/pdf, which is not"),
            ("hello", "has an unrecognized format"),
            ("", "is empty"),
        ] {
            let error = AnySubmission::from_bytes(bytes).unwrap_err().to_string();
            assert!(error.starts_with(&format!("file: {reason}")), "{error}");
        }
    }

    #[test]
    fn extension_shows_the_medium_where_content_does_not() {
        let name = |extension: &str| format!("identifai-detect-{}.{extension}", std::process::id());
        let detect = |extension: &str, content: &[u8]| {
            let path = std::env::temp_dir().join(name(extension));
            std::fs::write(&path, content).unwrap();
            let detected = AnySubmission::from_path(&path);
            std::fs::remove_file(&path).unwrap();
            detected.map(|submission| (submission.media_type(), submission.detected_by()))
        };
        let mp3 = Format::from_extension("a.mp3").unwrap();
        assert_eq!(detect("mp3", b"\0\0\0\0").unwrap(), (MediaType::Audio, DetectedBy::Extension(mp3)));
        let gif = Format::from_extension("a.gif").unwrap();
        assert_eq!(detect("mp4", b"GIF89a").unwrap(), (MediaType::Image, DetectedBy::Content(gif)));
        assert_eq!(detect("png", b"").unwrap_err().to_string(), "file: is empty");
        let missing = AnySubmission::from_path(std::env::temp_dir().join(name("none"))).unwrap_err();
        assert_eq!(missing.to_string(), "file: does not exist");
    }
}
