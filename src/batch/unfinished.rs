//! The jobs of a batch that may have been paid for and whose outcome the caller does not have yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::task::JobId;
use crate::error::Error;
use crate::model::identifier::Identifier;
use crate::util::sync::lock;

/// A job that was submitted or is being submitted, and whose [`Outcome`](crate::Outcome) the caller does not have yet.
/// It is returned by [`StopHandle::unfinished`](crate::StopHandle::unfinished).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unfinished {
    /// The position of the job among those that the iterator yielded, counted from 0.
    pub index: u64,
    /// The [`tag`](crate::Submission::tag) of the submission.
    pub tag: Option<String>,
    /// The identifier of the submission. `None` if the submit is still being sent, or if it failed and its response, if
    /// any, did not contain an identifier. The service may have accepted it nevertheless.
    pub identifier: Option<Identifier>,
    /// If `true`, the submit and its identifier, if it has one, are in the journal of the batch, and a later run
    /// continues from there.
    pub is_recorded: bool,
}

/// The list of unfinished jobs, shared by a batch, its workers and its stop handles.
#[derive(Clone, Default)]
pub(super) struct UnfinishedJobs(Arc<Mutex<BTreeMap<u64, Unfinished>>>);

impl UnfinishedJobs {
    pub(super) fn list(&self) -> Vec<Unfinished> {
        lock(&self.0).values().cloned().collect()
    }

    pub(super) fn get(&self, index: u64) -> Option<Unfinished> {
        lock(&self.0).get(&index).cloned()
    }

    /// Adds a job, or replaces it when its identifier is known.
    pub(super) fn insert(&self, id: &JobId, identifier: Option<&Identifier>, is_recorded: bool) {
        let (index, tag, identifier) = (id.index, id.tag.clone(), identifier.cloned());
        lock(&self.0).insert(index, Unfinished { index, tag, identifier, is_recorded });
    }

    /// Records that a submit failed: the job is removed if it was certainly not accepted. `may_have_been_sent` is
    /// `true` if an earlier attempt of the same job may have been accepted.
    pub(super) fn fail(&self, id: &JobId, error: &Error, may_have_been_sent: bool) {
        match error.identifier() {
            None if may_have_been_sent || error.may_have_been_sent() => {}
            None => self.remove(id.index),
            identifier => self.insert(id, identifier, false),
        }
    }

    /// Sets [`Unfinished::is_recorded`].
    pub(super) fn record(&self, index: u64, is_recorded: bool) {
        if let Some(job) = lock(&self.0).get_mut(&index) {
            job.is_recorded = is_recorded;
        }
    }

    /// Removes a job that was certainly not accepted, or whose outcome the caller has.
    pub(super) fn remove(&self, index: u64) {
        lock(&self.0).remove(&index);
    }
}

#[cfg(test)]
mod tests;
