//! A submission whose medium is known only at run time. The typed submissions wrap it.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::options::Options;
use super::progress::{TaggedWatcher, Watcher};
use super::setters::setters;
use super::source::{FileRequirements, Reader, Source};
use crate::model::fields::Fields;
use crate::model::format::Format;
use crate::model::identifier::Identifier;
use crate::model::media_type::MediaType;
use crate::model::submitted::AnySubmitted;
use crate::util::encodings::redactable;
use crate::util::hidden::Hidden;
use crate::util::url::Url;

/// An image, video or recording to submit, with its options.
///
/// This is a [`Submission`](crate::Submission) whose medium is known only at run time.
/// [`from_path`](Self::from_path), [`from_url`](Self::from_url) and [`from_bytes`](Self::from_bytes) detect the medium.
/// The constructors whose names end in `_as` take it as an argument.
///
/// The options of every medium can be set. Only the options that the medium supports are sent.
/// [`unsupported_options`](Self::unsupported_options) names the others.
///
/// ```no_run
/// use identifai::{AnySubmission, Client};
///
/// let submission = AnySubmission::from_path("clip.mp4")?.with_heatmap(true).tag("row 7");
/// assert_eq!(submission.media_type().as_str(), "video");
/// assert_eq!(submission.unsupported_options(), ["with_heatmap"]);
/// let submitted = Client::from_env()?.submit_any(&submission)?;
/// println!("{}", submitted.identifier());
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a submission does nothing until a client submits it"]
pub struct AnySubmission {
    media_type: MediaType,
    detected_by: DetectedBy,
    source: Source,
    pub(crate) tag: Option<Hidden>,
    pub(crate) file_name: Option<Hidden>,
    pub(crate) max_size: Option<u64>,
    pub(crate) any_format: bool,
    pub(crate) watcher: Option<Watcher>,
    pub(crate) ref_id: Option<Hidden>,
    pub(crate) webhook_url: Option<Hidden>,
    pub(crate) options: Options,
}

/// The evidence that determined the medium of an [`AnySubmission`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetectedBy {
    /// The caller named the medium.
    Caller,
    /// The content of the file has this format.
    Content(Format),
    /// The extension of the file name or URL stands for this format. The content of a file was not recognized.
    Extension(Format),
    /// A URL without a known extension, which is submitted as an image.
    Default,
}

impl AnySubmission {
    /// Creates a submission of a medium that the service downloads from an `http` or `https` URL.
    pub fn from_url_as(media_type: MediaType, file_url: impl Into<String>) -> Self {
        Self::new(media_type, DetectedBy::Caller, Source::Url(file_url.into()))
    }

    /// Creates a submission of a file, which is uploaded. The file is opened when it is submitted.
    pub fn from_path_as(media_type: MediaType, path: impl Into<PathBuf>) -> Self {
        Self::new(media_type, DetectedBy::Caller, Source::Path(path.into()))
    }

    /// Creates a submission of a file in memory, which is uploaded.
    pub fn from_bytes_as(media_type: MediaType, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(media_type, DetectedBy::Caller, Source::Bytes(bytes.into().into()))
    }

    /// Creates a submission of `len` bytes from a reader, which are uploaded.
    ///
    /// The limits of [`Image::from_reader`](crate::Image::from_reader) apply.
    pub fn from_reader_as(media_type: MediaType, reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::new(media_type, DetectedBy::Caller, Source::Reader(Reader::new(reader), len))
    }

    pub(super) fn new(media_type: MediaType, detected_by: DetectedBy, source: Source) -> Self {
        Self {
            media_type,
            detected_by,
            source,
            tag: None,
            file_name: None,
            max_size: None,
            any_format: false,
            watcher: None,
            ref_id: None,
            webhook_url: None,
            options: Options::default(),
        }
    }

    /// Returns the medium of the submission.
    pub fn media_type(&self) -> MediaType {
        self.media_type
    }

    /// Returns the evidence that determined the medium.
    pub fn detected_by(&self) -> DetectedBy {
        self.detected_by
    }

    /// Returns the names of the options that are set but that the medium does not support. They are not sent.
    pub fn unsupported_options(&self) -> Vec<&'static str> {
        self.options.unsupported(self.media_type).collect()
    }

    setters!(tag, file_name, max_size, any_format, on_progress, ref_id, webhook_url, no_cache);
    setters!(with_morphing, with_tampering, with_heatmap, with_nsfw, prevent_c2pa_forces);
    setters!(frames, key_frames, key_frames_method);

    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// Internal accessors for the layers that send and record submissions.
impl AnySubmission {
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns `true` if the source can be read only once, so a second submit is impossible.
    pub(crate) fn is_one_shot(&self) -> bool {
        matches!(self.source, Source::Reader(..))
    }

    /// Returns the path of the file to upload, if the source is a file on disk.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Returns the URLs that the service would request, each with the name of its form field.
    pub(crate) fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let file_url = self.file_url().map(|url| ("file_url", url));
        let webhook_url = self.webhook_url.as_deref().map(|url| ("webhook_url", url));
        file_url.into_iter().chain(webhook_url)
    }

    fn file_url(&self) -> Option<&str> {
        match &self.source {
            Source::Url(url) => Some(url),
            _ => None,
        }
    }

    /// Returns the requirements that the file to upload must meet.
    pub(crate) fn file_requirements(&self) -> FileRequirements<'_> {
        FileRequirements {
            name: self.media_type.as_str(),
            kind: self.media_type.as_str(),
            max_size: self.max_size.unwrap_or(max_size(self.media_type)),
            any_format: self.any_format,
            file_name: self.file_name.as_deref(),
        }
    }

    /// Returns the accepted submission for an `identifier` that the service assigned at an unknown time.
    pub(crate) fn accepted_as(&self, identifier: Identifier) -> AnySubmitted {
        AnySubmitted::new(self.media_type, identifier).with_own(None, &self.secrets())
    }

    pub(crate) fn watcher(&self) -> Option<TaggedWatcher<'_>> {
        Some(TaggedWatcher { watcher: self.watcher.as_ref()?, tag: self.tag.as_ref() })
    }

    /// Returns every form field that is set, except for the file.
    pub(crate) fn fields(&self) -> Fields<'_> {
        let mut fields = Fields::default();
        fields.opt("file_url", self.file_url());
        fields.opt("ref_id", self.ref_id.as_deref());
        fields.opt("webhook_url", self.webhook_url.as_deref());
        self.options.add_to(&mut fields, self.media_type);
        fields
    }

    /// Returns the parts of the URLs that messages must redact: passwords, and signatures and tokens in queries.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        // Most URLs have neither a query nor a password.
        let urls = self.urls().map(|(_, url)| url).filter(|url| url.bytes().any(|byte| matches!(byte, b'?' | b'@')));
        redactable(urls.flat_map(|url| {
            let url = url.split_once('#').map_or(url, |(url, _)| url);
            let user_info = Url::split(url).and_then(|url| url.user_info).unwrap_or_default();
            let password = user_info.split_once(':').map(|(_, password)| password);
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let values = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
            // A response may quote the whole query or a part of it.
            [query, user_info].into_iter().chain(password).chain(values)
        }))
    }

    /// Returns a description of the source without secrets: a URL without user, query and fragment, or a path.
    #[cfg(feature = "journal")]
    pub(crate) fn display_source(&self) -> Option<String> {
        match &self.source {
            Source::Url(url) => {
                let url = Url::split(url)?;
                let port = url.port.map_or(String::new(), |port| format!(":{port}"));
                Some(url.origin() + &port + url.path)
            }
            Source::Path(path) => Some(path.to_string_lossy().into_owned()),
            Source::Bytes(_) | Source::Reader(..) => None,
        }
    }

    /// Calls `add` with the name and value of each field that distinguishes this submission from another one: the
    /// medium, the options and the source. A file is identified by its path, bytes in memory by their content, and a
    /// reader by its length.
    #[cfg(feature = "journal")]
    pub(crate) fn fingerprint_fields(&self, add: &mut dyn FnMut(&str, &[u8])) {
        add("medium", self.media_type.as_str().as_bytes());
        self.fields().iter().for_each(|(name, value)| add(name, value.as_bytes()));
        if let Some(name) = &self.file_name {
            add("file_name", name.as_bytes());
        }
        match &self.source {
            Source::Url(_) => {}
            Source::Path(path) => {
                let absolute = std::path::absolute(path);
                add("path", absolute.as_deref().unwrap_or(path).as_os_str().as_encoded_bytes());
            }
            Source::Bytes(bytes) => add("bytes", bytes),
            Source::Reader(_, len) => add("reader", &len.to_be_bytes()),
        }
    }
}

/// Returns the documented maximum size of a file in bytes. The documentation says MB and GB. They are read as MiB and
/// GiB, the larger of their two meanings.
const fn max_size(media_type: MediaType) -> u64 {
    match media_type {
        MediaType::Image | MediaType::Audio => 50 << 20,
        MediaType::Video => 5 << 30,
    }
}
