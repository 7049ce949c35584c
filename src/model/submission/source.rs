//! The places a medium comes from. Nothing is opened or read here.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::util::url::{Url, check_http_url};

/// Where a medium is found. Clones of a reader share it.
#[derive(Clone)]
pub(crate) enum Source {
    /// The service downloads it.
    Url(String),
    Path(PathBuf),
    Bytes(Arc<Vec<u8>>),
    Reader(Arc<Mutex<Reader>>, u64),
}

/// A reader that can be read once.
pub(crate) struct Reader {
    /// What was read of it to see what it is.
    pub(crate) head: Vec<u8>,
    /// Taken when it is sent.
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
    /// The name of a file that has none.
    pub(crate) name: &'static str,
    /// The medium that it is submitted as, or a ticket.
    pub(crate) kind: &'static str,
    pub(crate) max_size: u64,
    pub(crate) any_format: bool,
    pub(crate) file_name: Option<&'a str>,
}

impl Source {
    /// Returns the name of a file on disk.
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
