//! Files that are written completely or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file completely or not at all, because a disk may be full. A path that is not a regular file, such as a
/// device, is written to in place, and so is a file in a directory that is not writable.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, bytes);
    }
    // The file may be writable even if its directory is not.
    let Ok(mut file) = create_temporary(path, 0o666) else { return std::fs::write(path, bytes) };
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Creates a temporary file in the directory of `path`, to be renamed to `path`. On Unix, it has the permissions
/// `mode`, restricted by the umask. The error does not contain the generated name, which the user does not know.
pub(crate) fn create_temporary(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(directory).map_err(|error| {
        let reason = error.to_string();
        io::Error::new(error.kind(), reason.split(" at path ").next().unwrap_or_default())
    })
}
