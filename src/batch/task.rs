//! A job on its way through a batch: to be submitted, submitted, and waiting for its report.

use std::any::Any;
use std::time::Instant;

use super::store::Key;
use crate::error::{Error, Result};
use crate::model::state::State;
use crate::model::submission::any::AnySubmission;
use crate::model::submitted::AnySubmitted;

/// The names of a job until it has its outcome.
pub(super) struct JobId {
    pub(super) index: u64,
    pub(super) tag: Option<String>,
    pub(super) ref_id: Option<String>,
    /// The key in the journal, with the version of the file that was submitted.
    pub(super) key: Option<Key>,
}

/// A job that is to be submitted.
pub(super) struct Task {
    pub(super) id: JobId,
    pub(super) submission: AnySubmission,
    /// How often a try was its own fault, and how often it was not let in.
    pub(super) tries: u32,
    pub(super) refusals: u32,
    pub(super) refused_since: Option<Instant>,
    pub(super) not_before: Instant,
    /// Whether one of its tries may have been accepted.
    pub(super) may_have_been_sent: bool,
}

impl Task {
    pub(super) fn new(id: JobId, submission: AnySubmission, now: Instant) -> Self {
        let (tries, refusals, refused_since, may_have_been_sent) = (0, 0, None, false);
        Self { id, submission, tries, refusals, refused_since, not_before: now, may_have_been_sent }
    }
}

/// What came of a submit.
pub(super) struct Submit {
    pub(super) task: Task,
    pub(super) outcome: Result<AnySubmitted>,
    /// What the journal could not keep of it.
    pub(super) unkept: Option<Error>,
    /// What a function of the caller panicked with.
    pub(super) panic: Option<Box<dyn Any + Send>>,
}

/// A submission that waits for its report.
pub(super) struct Pending {
    pub(super) id: JobId,
    pub(super) submitted: AnySubmitted,
    pub(super) until: Instant,
    pub(super) misses: u32,
    pub(super) last_state: Option<State>,
}
