//! The interface through which a batch reads and writes its journal.

use crate::batch::Journal;
pub use crate::batch::store::{EarlierRun, Key, Store};
use crate::error::{Error, ErrorKind, Result};

/// Records that a submit failed.
pub fn failed(journal: &Journal, key: Key, kind: ErrorKind, may_have_been_sent: bool) -> Result<()> {
    journal.failed(key, &Error::new(kind, "failed").mark_maybe_sent(may_have_been_sent))
}

/// Binds the journal to `service`. Fails if the journal belongs to another service.
pub fn bind(journal: &Journal, service: &str) -> Result<()> {
    journal.bind(service)
}
