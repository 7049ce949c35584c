//! What a batch says: what became of each job, and how far it has come.

use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;

/// What became of one job of a [`Batch`](crate::Batch).
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Which job it was of those that the iterator gave, from 0.
    pub index: u64,
    pub(super) tag: Option<String>,
    /// The [`ref_id`](crate::Submission::ref_id) of the submission, which the service has, too.
    pub ref_id: Option<String>,
    /// What the service calls the submission, if it is known: also where the result is an error.
    pub identifier: Option<Identifier>,
    /// The report, or why there is none. An analysis that failed is an error.
    pub result: Result<AnyReport>,
    /// Whether it is from an earlier run, whose journal had the result.
    pub is_replayed: bool,
}

impl Outcome {
    /// Returns the [`tag`](crate::Submission::tag) of the submission: the caller's own label, which is never sent.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
}

/// How far a [`Batch`](crate::Batch) has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchProgress {
    /// How many jobs the service accepted in this run.
    pub submitted: u64,
    /// How many submissions wait for their report.
    pub pending: u64,
    /// How many outcomes are reports.
    pub done: u64,
    /// How many outcomes are errors.
    pub failed: u64,
    /// Number of jobs that are new to the journal although an earlier run submitted the file at the same path, because
    /// its length or modification time differs since. They are submitted, and paid for, as other files.
    pub changed: u64,
}
