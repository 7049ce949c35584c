//! The jobs of a batch that may have been paid for and were not handed to the caller yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::task::JobId;
use crate::error::Error;
use crate::model::identifier::Identifier;
use crate::util::sync::lock;

/// A job that was submitted, or is being submitted, and whose [`Outcome`](crate::Outcome) the caller does not have yet;
/// from [`StopHandle::unfinished`](crate::StopHandle::unfinished).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unfinished {
    /// The index of the job among those that the iterator gave, from 0.
    pub index: u64,
    /// The [`tag`](crate::Submission::tag) of the submission.
    pub tag: Option<String>,
    /// The identifier of the submission. `None` if the submit is under way or got no response: the service may have
    /// accepted it.
    pub identifier: Option<Identifier>,
    /// If `true`, the batch has a journal with all of this in it, from which a later run goes on.
    pub is_recorded: bool,
}

/// The list of these jobs, shared by a batch, its workers and its stop handles.
#[derive(Clone, Default)]
pub(super) struct UnfinishedJobs(Arc<Mutex<BTreeMap<u64, Unfinished>>>);

impl UnfinishedJobs {
    pub(super) fn list(&self) -> Vec<Unfinished> {
        lock(&self.0).values().cloned().collect()
    }

    pub(super) fn get(&self, index: u64) -> Option<Unfinished> {
        lock(&self.0).get(&index).cloned()
    }

    /// Adds a job, or replaces it now that it has an identifier.
    pub(super) fn insert(&self, id: &JobId, identifier: Option<&Identifier>, is_recorded: bool) {
        let (index, tag, identifier) = (id.index, id.tag.clone(), identifier.cloned());
        lock(&self.0).insert(index, Unfinished { index, tag, identifier, is_recorded });
    }

    /// Takes note of a submit that failed. `may_have_been_sent` is about earlier attempts of the same job.
    pub(super) fn fail(&self, id: &JobId, error: &Error, may_have_been_sent: bool) {
        match error.identifier() {
            None if may_have_been_sent || error.may_have_been_sent() => {}
            None => self.remove(id.index),
            identifier => self.insert(id, identifier, false),
        }
    }

    /// Notes if the journal has the result of the submit.
    pub(super) fn record(&self, index: u64, is_recorded: bool) {
        if let Some(job) = lock(&self.0).get_mut(&index) {
            job.is_recorded = is_recorded;
        }
    }

    /// Removes a job that was surely not accepted, or whose outcome the caller has.
    pub(super) fn remove(&self, index: u64) {
        lock(&self.0).remove(&index);
    }
}

#[cfg(test)]
mod tests;
