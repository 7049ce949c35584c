//! Detection of the medium of a file or URL.

use std::io::Cursor;
use std::path::PathBuf;

use super::any::{AnySubmission, DetectedBy};
use super::file::{inspect, unreadable, unusable};
use super::source::Source;
use crate::error::{Error, Result};
use crate::model::format::{Content, Format, detect_content};
use crate::model::media_type::MediaType;

const MEDIA: &str = "an image, video or audio file";
const FORCE_FILE: &str = "set its media type and allow any format to send it anyway";
const FORCE_URL: &str = "set its media type to send it anyway";

impl AnySubmission {
    /// Creates a submission of a file, and detects the medium by the content and the name of the file.
    ///
    /// The content takes precedence. The name decides in two cases: the content is a container for videos and
    /// recordings alike, or its format is not recognized. The beginning of the file is read now, and the whole file
    /// when it is submitted.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the file cannot be read, is empty, has no known format, or
    /// has a format that is not an image, video or recording. To submit it anyway, use
    /// [`from_path_as`](Self::from_path_as) with [`any_format`](Self::any_format).
    pub fn from_path(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let (len, content) = inspect(&path)?;
        let source = Source::Path(path);
        let named = source.own_name().as_deref().and_then(Format::from_extension);
        Self::detected(len, content, named, source)
    }

    /// Creates a submission of a file in memory, and detects the medium by its content.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, has no known format, or has a format that is
    /// not an image, video or recording. To submit it anyway, use [`from_bytes_as`](Self::from_bytes_as) with
    /// [`any_format`](Self::any_format).
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        let content = detect_content(&mut Cursor::new(&bytes)).map_err(unreadable)?;
        Self::detected(bytes.len() as u64, content, None, Source::Bytes(bytes.into()))
    }

    /// Creates a submission of a URL, and detects the medium by the extension in the URL's path.
    ///
    /// A URL without a known extension is submitted as an image. If the extension stands for a format that the service
    /// does not document, the submit is refused unless [`any_format`](Self::any_format) is set.
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
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the extension stands for a format that is not an image,
    /// video or recording. To submit it anyway, use [`from_url_as`](Self::from_url_as). The call that submits it
    /// reports any other fault of the URL.
    pub fn from_url(file_url: impl Into<String>) -> Result<Self> {
        let file_url = file_url.into();
        let (medium, detected_by) = match format_of_url(&file_url) {
            None => (MediaType::Image, DetectedBy::Default),
            Some(format) => {
                let unsupported = || {
                    let reason = format!("expected {MEDIA}, but the extension stands for {format}; {FORCE_URL}");
                    Error::invalid_input("file_url", &reason)
                };
                (media_type(format).ok_or_else(unsupported)?, DetectedBy::Extension(format))
            }
        };
        Ok(Self::new(medium, detected_by, Source::Url(file_url)))
    }

    fn detected(len: u64, content: Content, named: Option<Format>, source: Source) -> Result<Self> {
        if len == 0 {
            return Err(unusable("must not be empty"));
        }
        let format = content.format(named).or(named);
        let format = format.ok_or_else(|| unusable(&format!("unrecognized format; {FORCE_FILE}")))?;
        let medium = media_type(format);
        let medium = medium.ok_or_else(|| unusable(&format!("expected {MEDIA}, found {format}; {FORCE_FILE}")))?;
        let detected_by = match content {
            Content::Format(_) => DetectedBy::Content(format),
            Content::Text | Content::Unknown => DetectedBy::Extension(format),
        };
        Ok(Self::new(medium, detected_by, source))
    }

    /// Fails if the medium was detected by the extension of a URL, and the service does not document the format.
    ///
    /// Without this check, the service would download the whole file before it refuses it.
    pub(crate) fn check_extension(&self) -> Result<()> {
        match (self.source(), self.detected_by()) {
            (Source::Url(_), DetectedBy::Extension(format)) if !format.is_documented() && !self.any_format => {
                let reason = format!(
                    "the extension stands for {format}, which the service does not document; allow any format to send \
                     it anyway"
                );
                Err(Error::invalid_input("file_url", &reason))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the medium of a format. `None` means that the service accepts it as a ticket only, or not at all.
fn media_type(format: Format) -> Option<MediaType> {
    format.medium().parse().ok()
}

/// Returns the format that the extension of the last path segment stands for. Parameters of the segment, such as
/// `;jsessionid=1`, are ignored. They follow a semicolon (RFC 3986, section 3.3).
fn format_of_url(url: &str) -> Option<Format> {
    // Browsers treat a backslash like a slash.
    let is_slash = |c| matches!(c, '/' | '\\');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.split_once(is_slash).map_or("", |(_, path)| path);
    let name = path.rsplit(is_slash).next().unwrap_or_default();
    let from_extension = |name: &str| Format::from_extension(&percent_decoded(name));
    from_extension(name).or_else(|| from_extension(name.split_once(';')?.0))
}

/// Decodes percent-encoded bytes (RFC 3986, section 2.1). A percent sign without two hexadecimal digits is kept.
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
    fn from_url_detects_medium_by_last_path_segment() {
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
                "file_url: expected an image, video or audio file, but the extension stands for application/pdf; "
            ),
            "{error}"
        );
    }

    #[test]
    fn undocumented_url_extension_needs_any_format() {
        let submission = AnySubmission::from_url("https://x.test/cat.heic").unwrap();
        let error = submission.check_extension().unwrap_err().to_string();
        assert!(error.starts_with("file_url: the extension stands for image/heic, "), "{error}");
        submission.any_format(true).check_extension().unwrap();
        AnySubmission::from_url_as(MediaType::Image, "https://x.test/cat.heic").check_extension().unwrap();
    }

    #[test]
    fn from_bytes_detects_medium_by_content() {
        let png = b"\x89PNG\r\n\x1a\n";
        let submission = AnySubmission::from_bytes(png.to_vec()).unwrap();
        let format = Format::from_bytes(png).unwrap();
        assert_eq!(
            (submission.media_type(), submission.detected_by()),
            (MediaType::Image, DetectedBy::Content(format))
        );
        for (bytes, reason) in [
            ("%PDF-1.7", "expected an image, video or audio file, found application/pdf"),
            ("hello", "unrecognized format"),
            ("", "must not be empty"),
        ] {
            let error = AnySubmission::from_bytes(bytes).unwrap_err().to_string();
            assert!(error.starts_with(&format!("file: {reason}")), "{error}");
        }
    }

    #[test]
    fn from_path_falls_back_to_extension() {
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
        assert_eq!(detect("png", b"").unwrap_err().to_string(), "file: must not be empty");
        let missing = AnySubmission::from_path(std::env::temp_dir().join(name("none"))).unwrap_err();
        assert_eq!(missing.to_string(), "file: cannot find the file");
    }
}
