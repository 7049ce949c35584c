//! The journal of a batch, as the batch reads and writes it.

use crate::batch::Journal;
pub use crate::batch::store::{EarlierRun, Key, Store};
use crate::error::{Error, ErrorKind, Result};

/// Records that a submit failed.
pub fn failed(journal: &Journal, key: Key, kind: ErrorKind, may_have_been_sent: bool) -> Result<()> {
    journal.failed(key, &Error::new(kind, "failed").mark_maybe_sent(may_have_been_sent))
}

/// Ties the journal to `service`, or fails if it belongs to another one.
pub fn bind(journal: &Journal, service: &str) -> Result<()> {
    journal.bind(service)
}
