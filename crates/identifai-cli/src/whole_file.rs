//! Files that are written whole or not at all, as a disk may be full.

use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file whole or not at all, as a disk may be full. What is not a regular file is written to in place.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, bytes);
    }
    // A file may be writable in a directory that is not.
    let Ok(mut file) = create_beside(path, 0o666) else { return std::fs::write(path, bytes) };
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Creates a temporary file beside `path`, to be renamed to it, with the permissions `mode` on Unix, as far as the
/// umask leaves them. The error does not have its name, which nobody gave.
pub(crate) fn create_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
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
