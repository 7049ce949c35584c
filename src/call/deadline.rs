//! The deadline of a call.

use std::time::{Duration, Instant};

use crate::util::time::MAX;

/// When a call ends, come what may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    pub(super) total: Duration,
}

impl Deadline {
    pub(crate) fn new(start: Instant, total: Duration) -> Self {
        Self { start, total: total.min(MAX) }
    }

    pub(crate) fn left(&self, now: Instant) -> Duration {
        self.total.saturating_sub(now.saturating_duration_since(self.start))
    }
}
