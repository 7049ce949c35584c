//! The states of a job in a batch: to be submitted, submitted, and waiting for its report.

use std::any::Any;
use std::time::Instant;

use super::store::Key;
use crate::error::{Error, Result};
use crate::model::state::State;
use crate::model::submission::any::AnySubmission;
use crate::model::submitted::AnySubmitted;

/// The data that identify a job until it has an outcome.
pub(super) struct JobId {
    pub(super) index: u64,
    pub(super) tag: Option<String>,
    pub(super) ref_id: Option<String>,
    /// The key in the journal, with the version of the file that was submitted.
    pub(super) key: Option<Key>,
}

/// A job to be submitted.
pub(super) struct Task {
    pub(super) id: JobId,
    pub(super) submission: AnySubmission,
    /// The number of retries that count against the client's `retries`.
    pub(super) retries: u32,
    /// The number of submits that failed for a reason that would have affected every job.
    pub(super) refusals: u32,
    /// The time of the first failed submit.
    pub(super) refused_since: Option<Instant>,
    /// The time before which the job is not submitted again.
    pub(super) not_before: Instant,
    /// If `true`, one of the attempts may have been accepted.
    pub(super) may_have_been_sent: bool,
}

impl Task {
    pub(super) fn new(id: JobId, submission: AnySubmission, now: Instant) -> Self {
        let (retries, refusals, refused_since, may_have_been_sent) = (0, 0, None, false);
        Self { id, submission, retries, refusals, refused_since, not_before: now, may_have_been_sent }
    }
}

/// A finished submit.
pub(super) struct Submit {
    pub(super) task: Task,
    pub(super) outcome: Result<AnySubmitted>,
    /// The error of the store, if the outcome could not be recorded.
    pub(super) store_error: Option<Error>,
    /// The payload of a panic in a function of the caller.
    pub(super) panic: Option<Box<dyn Any + Send>>,
}

/// A submission that waits for its report.
pub(super) struct Pending {
    pub(super) id: JobId,
    pub(super) submitted: AnySubmitted,
    /// The time at which the wait ends.
    pub(super) until: Instant,
    /// The number of consecutive polls whose responses lacked the submission.
    pub(super) misses: u32,
    pub(super) last_state: Option<State>,
}
