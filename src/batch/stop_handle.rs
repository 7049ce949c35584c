//! The switch that ends the submitting of a batch, but not its looking.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::unfinished::{Unfinished, UnfinishedJobs};
use crate::call::Caller;

/// Ends the submitting of a [`Batch`](crate::Batch), from any thread.
#[derive(Clone)]
pub struct StopHandle {
    stop: Arc<AtomicBool>,
    caller: Arc<Caller>,
    pub(super) jobs: UnfinishedJobs,
}

impl StopHandle {
    pub(super) fn new(caller: &Arc<Caller>) -> Self {
        Self { stop: Arc::default(), caller: Arc::clone(caller), jobs: UnfinishedJobs::default() }
    }

    /// From now on nothing more is submitted. What is pending is still waited for, and each of the other jobs is
    /// reported as not submitted, which takes an iterator of jobs that ends, by an error of the kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.caller.notify();
    }

    /// Returns the jobs that may have been paid for and whose outcome the caller does not have yet, in the order of
    /// their indexes: for a signal handler's thread that is about to end the process, and for a caller that stops
    /// early.
    ///
    /// An outcome counts as handed over once `next` is called again, so that the caller has had the time to store it.
    /// It may be called after the batch was dropped, too, which finishes the submits of `workers`.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.jobs.list()
    }

    /// Returns the job with this index if it is [unfinished](Self::unfinished), without a list of all others.
    pub fn unfinished_job(&self, index: u64) -> Option<Unfinished> {
        self.jobs.get(index)
    }

    pub(super) fn is_set(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

impl fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopHandle(..)")
    }
}
