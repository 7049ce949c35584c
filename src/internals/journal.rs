//! The journal of a batch, as the batch reads and writes it.

use crate::batch::Journal;
use crate::batch::store::{EarlierRun, Key, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;
use crate::model::submission::any::AnySubmission;

/// The name of a job in a journal.
#[derive(Clone, Copy, Debug)]
pub struct Entry(Key);

impl Entry {
    /// Returns the hash of medium, source and options.
    pub fn fingerprint(&self) -> u128 {
        self.0.fingerprint
    }

    /// Returns the number of the job among equal ones, from 0.
    pub fn occurrence(&self) -> u32 {
        self.0.occurrence
    }
}

/// The state of a job after earlier runs.
#[derive(Debug)]
pub enum Replayed {
    /// Never submitted.
    New,
    /// Submitted with another version of its file.
    Changed,
    /// Submitted perhaps.
    Indeterminate,
    /// Submitted.
    Submitted(Identifier),
    /// Finished.
    Finished(Box<AnyReport>),
}

/// Returns the entry of the next job that is equal to `submission`, and its state.
pub fn look_up(journal: &Journal, submission: &AnySubmission) -> Result<(Entry, Replayed)> {
    let (key, past) = journal.look_up(submission)?;
    let replayed = match past {
        EarlierRun::None => Replayed::New,
        EarlierRun::Changed => Replayed::Changed,
        EarlierRun::Indeterminate => Replayed::Indeterminate,
        EarlierRun::Submitted(identifier) => Replayed::Submitted(identifier),
        EarlierRun::Finished(report) => Replayed::Finished(report),
    };
    Ok((Entry(key), replayed))
}

/// Records that `submission` is about to be submitted.
pub fn begin(journal: &Journal, entry: Entry, submission: &AnySubmission) -> Result<()> {
    journal.begin(entry.0, submission)
}

/// Records that a job was submitted.
pub fn submitted(journal: &Journal, entry: Entry, identifier: &Identifier) -> Result<()> {
    journal.submitted(entry.0, identifier)
}

/// Records that a submit failed.
pub fn failed(journal: &Journal, entry: Entry, kind: ErrorKind, may_have_been_sent: bool) -> Result<()> {
    journal.failed(entry.0, &Error::new(kind, "failed").mark_maybe_sent(may_have_been_sent))
}

/// Records that a job is finished.
pub fn finished(journal: &Journal, entry: Entry, report: &AnyReport) -> Result<()> {
    journal.finished(entry.0, report)
}

/// Ties the journal to `service`, or fails if it belongs to another one.
pub fn bind(journal: &Journal, service: &str) -> Result<()> {
    journal.bind(service)
}
