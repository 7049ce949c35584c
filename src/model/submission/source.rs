//! The source of a medium: a URL, a file, bytes or a reader. This module does not open or read it.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::util::url::{Url, check_http_url};

/// The source of a medium.
#[derive(Clone)]
pub(crate) enum Source {
    /// A URL from which the service downloads the medium.
    Url(String),
    /// A file on disk.
    Path(PathBuf),
    /// A file in memory.
    Bytes(Arc<Vec<u8>>),
    /// A reader, and the number of bytes to read from it. Clones share the reader.
    Reader(Arc<Mutex<Reader>>, u64),
}

/// A reader, which can be read only once.
pub(crate) struct Reader {
    /// The first bytes, which were read to detect the format.
    pub(crate) head: Vec<u8>,
    /// The reader of the remaining bytes. It is taken out when the upload starts.
    pub(crate) rest: Option<Box<dyn Read + Send>>,
}

impl Reader {
    pub(crate) fn new(reader: impl Read + Send + 'static) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { head: Vec::new(), rest: Some(Box::new(reader)) }))
    }
}

/// The requirements that a file must meet to be uploaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileRequirements<'a> {
    /// The default file name, without an extension.
    pub(crate) name: &'static str,
    /// The medium of the submission, or [`TICKET`](crate::model::format::TICKET).
    pub(crate) kind: &'static str,
    pub(crate) max_size: u64,
    pub(crate) any_format: bool,
    pub(crate) file_name: Option<&'a str>,
}

impl Source {
    /// Returns the file name of a file on disk, and `None` for any other source.
    pub(crate) fn own_name(&self) -> Option<String> {
        match self {
            Self::Path(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
            _ => None,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => {
                let origin = match check_http_url(url) {
                    None => Url::split(url).map(|url| url.origin()),
                    Some(_) => None,
                };
                write!(f, "Url({:?})", origin.as_deref().unwrap_or("[not a URL]"))
            }
            Self::Path(_) => f.write_str("Path(..)"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Reader(_, len) => write!(f, "Reader({len} bytes)"),
        }
    }
}
