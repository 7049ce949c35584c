//! Files on disk, and the errors of a file that cannot be submitted.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};
use crate::model::format::{Content, detect_content};

/// Returns the length of a regular file, and fails for anything else.
///
/// A pipe, a socket or a device must not be opened. For example, opening a pipe blocks until another process opens its
/// other end.
pub(crate) fn regular_file_len(path: &Path) -> Result<u64> {
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unusable("must be a regular file, not a directory"));
    }
    if !metadata.is_file() {
        return Err(unusable("must be a regular file, not a pipe, a socket or a device"));
    }
    Ok(metadata.len())
}

/// Returns the length of a file, and the format of its content.
pub(crate) fn inspect(path: &Path) -> Result<(u64, Content)> {
    let len = regular_file_len(path)?;
    Ok((len, detect_content(&mut open(path)?).map_err(unreadable)?))
}

pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(unreadable)
}

/// Builds the error for a file that cannot be submitted. The error does not contain the name of the file, because the
/// name may be the API key if the caller swapped two arguments.
pub(crate) fn unusable(reason: &str) -> Error {
    Error::invalid_input("file", reason)
}

/// Builds the error for a file that cannot be read.
pub(crate) fn unreadable(error: io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "cannot find the file",
        io::ErrorKind::PermissionDenied => "no permission to read the file",
        _ => "cannot read the file",
    };
    unusable(reason).with_source(error)
}
