//! The options of a batch.

#[cfg(feature = "journal")]
use std::sync::Arc;

#[cfg(feature = "journal")]
use super::Journal;
use super::{Batch, BatchProgress};

impl<I> Batch<I> {
    /// Sets the maximum number of unfinished jobs, which are queued, being submitted, or pending.
    ///
    /// At 30 submits per minute, 100 are enough for analyses that take three minutes. 0 counts as 1. Defaults to 100.
    pub fn in_flight(mut self, max: usize) -> Self {
        self.in_flight = max.max(1);
        self
    }

    /// Sets the number of threads that submit.
    ///
    /// More than one is useful for uploads that take longer than the interval of the rate limit, and for URLs that the
    /// service downloads slowly. With 1, the caller's thread submits, and no worker is started. 0 counts as 1.
    /// Defaults to 1.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count.max(1);
        self
    }

    /// Sets a function that is called each time the progress changes.
    ///
    /// It runs on the thread that calls `next`. It must be `Send`, because a batch may be sent to another thread.
    /// Defaults to none.
    pub fn on_progress(mut self, watch: impl FnMut(BatchProgress) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(watch));
        self
    }

    /// Records each step in `journal`, and continues where the earlier runs with the same journal ended.
    ///
    /// The journal contains the host and port of the service. If they are those of another service, nothing is
    /// submitted, and each job ends in an error of the kind [`Journal`](crate::ErrorKind::Journal). Defaults to none.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, journal: Journal) -> Self {
        match journal.bind(self.client.caller.service()) {
            Ok(()) => self.store = Some(Arc::new(journal)),
            Err(error) => self.stop(&error),
        }
        self
    }
}
