//! A handle that ends the submitting of a batch, but not its polling.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::unfinished::{Unfinished, UnfinishedJobs};
use crate::call::Caller;

/// A handle that ends the submitting of a [`Batch`](crate::Batch) from any thread.
///
/// Its methods lock a mutex, so do not call them inside a POSIX signal handler.
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

    /// Ends submitting. The batch still waits for pending submissions.
    ///
    /// The remaining jobs are not submitted. Each ends in an error of the kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled). The batch takes the remaining jobs from the iterator for that, so
    /// a batch with an infinite iterator does not end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.caller.notify();
    }

    /// Returns the jobs that may have been paid for and whose outcome the caller does not have yet, in the order of
    /// their indexes. It is meant for a thread that handles signals and is about to end the process, and for a caller
    /// that stops early.
    ///
    /// After `next` has returned the outcome of a job, the job stays in the list until `next` is called again. The
    /// caller can store the outcome in between. The method may also be called after the batch was dropped. The drop
    /// finishes the submits that the [`workers`](crate::Batch::workers) have begun.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.jobs.list()
    }

    /// Returns the job with this index if it is [unfinished](Self::unfinished), without creating the whole list.
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
