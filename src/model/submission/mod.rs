//! One medium to be submitted, with its options.

mod constructors;

pub(crate) mod audio;
pub(crate) mod image;
pub(crate) mod progress;
pub(crate) mod source;
pub(crate) mod video;

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use self::progress::{UploadProgress, Watcher};
use self::source::{FileRequirements, Reader, Source};
use super::fields::Fields;
use super::medium::Medium;
use crate::util::encodings::is_long_enough;
use crate::util::url::Url;

/// One medium to be submitted, with its options. Made by [`Image::from_url`](crate::Image::from_url),
/// [`Video::from_path`](crate::Video::from_path) and their like.
///
/// Setting an option never fails; what cannot be sent is reported by the call that would send it, before a byte is
/// sent. An option that is not set is not sent, so that the service's own default holds. `Debug` shows which options
/// are set, not what they hold: URLs and references are the user's secrets.
#[must_use = "a submission does nothing until a client submits it"]
pub struct Submission<M: Medium> {
    source: Source,
    file_name: Option<String>,
    max_size: Option<u64>,
    any_format: bool,
    watcher: Option<Watcher>,
    ref_id: Option<String>,
    webhook_url: Option<String>,
    no_cache: Option<bool>,
    options: M::Options,
}

impl<M: Medium> Submission<M> {
    pub(super) fn from_url(file_url: String) -> Self {
        Self::from(Source::Url(file_url))
    }

    pub(super) fn from_path(path: PathBuf) -> Self {
        Self::from(Source::Path(path))
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::from(Source::Bytes(bytes.into()))
    }

    pub(super) fn from_reader(reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::from(Source::Reader(Reader::new(reader), len))
    }

    fn from(source: Source) -> Self {
        Self {
            source,
            file_name: None,
            max_size: None,
            any_format: false,
            watcher: None,
            ref_id: None,
            webhook_url: None,
            no_cache: None,
            options: M::Options::default(),
        }
    }

    /// The name that an upload goes by, and comes back with in the report. Default: the file's own; without one, the
    /// medium and the usual extension of its format, as `image.png`. The extension is corrected where it contradicts
    /// the content; see [`corrected_file_name`](Self::corrected_file_name). A URL has no use for it.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// The largest file to upload, in bytes. Default: what the service documents, which is 50 MB for images and
    /// recordings and 5 GB for videos; read generously, as 50 MiB and 5 GiB. A URL has no use for it.
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Uploads a file as it is, under its own name, whatever its format seems to be. By default it must be of a format
    /// that the service documents for the medium, and its name must not say another medium. The service decides in the
    /// end. Default: `false`. A URL has no use for it.
    pub fn any_format(mut self, on: bool) -> Self {
        self.any_format = on;
        self
    }

    /// A function that sees how an upload comes along, block by block, and can end it: with
    /// [`ControlFlow::Break`] the call ends as [`Cancelled`](crate::ErrorKind::Cancelled), and nothing was submitted.
    ///
    /// It runs on the calling thread and must not panic. Default: none. A URL has no use for it.
    ///
    /// ```
    /// use identifai::Video;
    /// use std::ops::ControlFlow;
    ///
    /// let job = Video::from_path("clip.mp4").on_progress(|progress| {
    ///     eprintln!("{} of {} bytes", progress.sent, progress.total);
    ///     ControlFlow::Continue(())
    /// });
    /// ```
    pub fn on_progress(mut self, see: impl Fn(UploadProgress) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        self.watcher = Some(Watcher::new(see));
        self
    }

    /// Your own reference, which comes back with the result. Default: none.
    pub fn ref_id(mut self, ref_id: impl Into<String>) -> Self {
        self.ref_id = Some(ref_id.into());
        self
    }

    /// An `http` or `https` URL that the service shall send the result to as well. Default: none.
    ///
    /// The service ignores it in silence unless it has enabled webhooks for the account, and does not call it for a
    /// result that it has cached.
    pub fn webhook_url(mut self, webhook_url: impl Into<String>) -> Self {
        self.webhook_url = Some(webhook_url.into());
        self
    }

    /// Whether to analyse anew what was submitted before with the same options, which may cost again.
    /// Default: left to the service, which documents none.
    pub fn no_cache(mut self, on: bool) -> Self {
        self.no_cache = Some(on);
        self
    }

    pub(crate) fn set(mut self, set: impl FnOnce(&mut M::Options)) -> Self {
        set(&mut self.options);
        self
    }

    /// Returns the place it comes from.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the URLs that the service would ask for, each with the name of its field.
    pub(crate) fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let file_url = self.file_url().map(|url| ("file_url", url));
        let webhook_url = self.webhook_url.as_deref().map(|url| ("webhook_url", url));
        [file_url, webhook_url].into_iter().flatten()
    }

    /// Returns the requirements that its file must meet.
    pub(crate) fn file_requirements(&self) -> FileRequirements<'_> {
        FileRequirements {
            name: M::TYPE.as_str(),
            kind: M::TYPE.as_str(),
            max_size: self.max_size.unwrap_or(M::MAX_SIZE),
            any_format: self.any_format,
            file_name: self.file_name.as_deref(),
        }
    }

    /// The caller's own reference.
    pub(crate) fn reference(&self) -> Option<&str> {
        self.ref_id.as_deref()
    }

    /// Whether it cannot be submitted a second time.
    pub(crate) fn is_one_shot(&self) -> bool {
        matches!(self.source, Source::Reader(..))
    }

    /// Returns the path of the file to upload, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Where it is found, as far as that is no secret: a URL without user, query and fragment, or a path.
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

    /// Shows all that makes it the same submission as another one: medium, options and source, each with a name. A file
    /// is known by its path, what is in memory by its bytes, a reader by its length.
    #[cfg(feature = "journal")]
    pub(crate) fn fingerprint_fields(&self, see: &mut dyn FnMut(&str, &[u8])) {
        see("medium", M::TYPE.as_str().as_bytes());
        self.fields().iter().for_each(|(name, value)| see(name, value.as_bytes()));
        if let Some(name) = &self.file_name {
            see("file_name", name.as_bytes());
        }
        match &self.source {
            Source::Url(_) => {}
            Source::Path(path) => {
                let absolute = std::path::absolute(path);
                see("path", absolute.as_deref().unwrap_or(path).as_os_str().as_encoded_bytes());
            }
            Source::Bytes(bytes) => see("bytes", bytes),
            Source::Reader(_, len) => see("reader", &len.to_be_bytes()),
        }
    }

    pub(crate) fn watcher(&self) -> Option<&Watcher> {
        self.watcher.as_ref()
    }

    fn file_url(&self) -> Option<&str> {
        match &self.source {
            Source::Url(url) => Some(url),
            _ => None,
        }
    }

    /// What nobody else shall see of the URLs: signatures and tokens in their queries, and passwords.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        // Most have neither.
        let urls = self.urls().map(|(_, url)| url).filter(|url| url.bytes().any(|byte| matches!(byte, b'?' | b'@')));
        let mut secrets = Vec::new();
        for url in urls {
            let url = url.split_once('#').map_or(url, |(url, _)| url);
            let user_info = Url::split(url).and_then(|url| url.user_info).unwrap_or_default();
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let values = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
            // Each may be quoted whole or in parts.
            secrets.extend([query, user_info]);
            secrets.extend(user_info.split_once(':').map(|(_, password)| password).into_iter().chain(values));
        }
        secrets.retain(|secret| is_long_enough(secret));
        // The longest first, so that none is broken up by a part of it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }

    /// Returns every field that is set, without a file.
    pub(crate) fn fields(&self) -> Fields<'_> {
        let mut fields = Fields::default();
        fields.opt("file_url", self.file_url());
        fields.opt("ref_id", self.ref_id.as_deref());
        fields.opt("webhook_url", self.webhook_url.as_deref());
        fields.opt_bool("no_cache", self.no_cache);
        M::add_fields(&self.options, &mut fields);
        fields
    }
}

impl<M: Medium> Clone for Submission<M> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            file_name: self.file_name.clone(),
            max_size: self.max_size,
            any_format: self.any_format,
            watcher: self.watcher.clone(),
            ref_id: self.ref_id.clone(),
            webhook_url: self.webhook_url.clone(),
            no_cache: self.no_cache,
            options: self.options.clone(),
        }
    }
}

impl<M: Medium> fmt::Debug for Submission<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("medium", &M::TYPE.as_str())
            .field("source", &self.source)
            .field("file_name", &self.file_name.as_ref().map(|_| ".."))
            .field("max_size", &self.max_size)
            .field("any_format", &self.any_format)
            .field("watcher", &self.watcher)
            .field("ref_id", &self.ref_id.as_ref().map(|_| ".."))
            .field("webhook_url", &self.webhook_url.as_ref().map(|_| ".."))
            .field("no_cache", &self.no_cache)
            .field("options", &self.options)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::medium::Image;

    #[test]
    fn debug_shows_no_more_of_a_url_than_its_host() {
        let job = Image::from_url("https://u:p@x.test/path?token=t0ken").ref_id("ref-17").with_nsfw(true);
        let shown = format!("{job:?}");
        assert!(shown.contains("https://x.test\"") && shown.contains("with_nsfw: Some(true)"), "{shown}");
        for secret in ["u:p", "path", "t0ken", "ref-17"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
