//! What the tests are made with: the library, compilers, and files that a person has approved of.

use std::path::{Path, PathBuf};

/// Set to approve of what the tests find, rather than to compare with it.
const BLESS: &str = "IDENTIFAI_BLESS";

/// A file of the C interface's source.
pub(crate) fn capi(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi").join(name)
}

/// What is approved of; with `IDENTIFAI_BLESS=1` that is `new`.
pub(crate) fn blessed(path: &Path, new: &str) -> String {
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, new).unwrap();
    }
    std::fs::read_to_string(path).unwrap()
}
