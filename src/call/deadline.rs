//! The deadline of a call.

use std::time::{Duration, Instant};

use crate::util::time::MAX;

/// The point in time at which a call or a wait ends, even if it has no result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    pub(super) total: Duration,
}

impl Deadline {
    /// Creates the deadline `total` after `start`. `total` is limited to [`MAX`].
    pub(crate) fn new(start: Instant, total: Duration) -> Self {
        Self { start, total: total.min(MAX) }
    }

    /// Returns the time that is left at `now`, or zero after the deadline.
    pub(crate) fn left(&self, now: Instant) -> Duration {
        self.total.saturating_sub(now.saturating_duration_since(self.start))
    }
}
