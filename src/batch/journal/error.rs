//! The errors of a journal.

use std::io;

use crate::error::{Error, ErrorKind};

pub(super) fn unusable(reason: &str) -> Error {
    Error::of_field(ErrorKind::Journal, "journal", reason)
}

pub(super) fn failed(reason: &str, error: impl Into<io::Error>) -> Error {
    unusable(reason).with_source(error.into())
}
