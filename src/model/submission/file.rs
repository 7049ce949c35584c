//! Files on disk, and the reasons why one cannot be submitted.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};
use crate::model::format::{Content, look_into};

/// Returns the length of a regular file.
///
/// Nothing else may be opened: opening a pipe blocks until another process opens its other end.
pub(crate) fn regular_file_len(path: &Path) -> Result<u64> {
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unusable("is a directory"));
    }
    if !metadata.is_file() {
        return Err(unusable("is not a regular file, but a pipe, a socket or a device"));
    }
    Ok(metadata.len())
}

/// Returns the length of a file, and the evidence that its content gives of its format.
pub(crate) fn inspect(path: &Path) -> Result<(u64, Content)> {
    let len = regular_file_len(path)?;
    Ok((len, look_into(&mut open(path)?).map_err(unreadable)?))
}

pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(unreadable)
}

/// Builds the error of a file that cannot be submitted. It does not show the name, which may be the key if the caller
/// swapped two arguments.
pub(crate) fn unusable(reason: &str) -> Error {
    Error::invalid_input("file", reason)
}

pub(crate) fn unreadable(error: io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "does not exist",
        io::ErrorKind::PermissionDenied => "may not be read",
        _ => "cannot be read",
    };
    unusable(reason).with_source(error)
}
