//! What a batch asks of a journal, so that it need not know how one is kept.

use super::job::Job;
use crate::error::{Error, Result};
use crate::identifier::Identifier;
use crate::report::AnyReport;

/// What names an item for good: which submission, and which one of those that are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) fingerprint: u128,
    pub(crate) occurrence: u32,
}

/// What became of an item in earlier runs.
#[derive(Debug)]
#[cfg_attr(not(feature = "journal"), allow(dead_code))]
pub(crate) enum Past {
    /// Nothing that was paid for.
    None,
    /// It was submitted, or may have been.
    Unknown,
    Submitted(Identifier),
    Finished(Box<AnyReport>),
}

/// Keeps what happens to items. Each step is kept when the call returns.
pub(crate) trait Record: Send + Sync {
    /// Names the next item, and says what became of it before.
    fn look_up(&self, job: &Job) -> Result<(Key, Past)>;
    /// It is about to be submitted.
    fn begin(&self, key: Key, job: &Job) -> Result<()>;
    fn submitted(&self, key: Key, identifier: &Identifier) -> Result<()>;
    /// The submit failed.
    fn failed(&self, key: Key, error: &Error) -> Result<()>;
    /// The analysis is finished; an analysis that failed is, too.
    fn finished(&self, key: Key, report: &AnyReport) -> Result<()>;
}
