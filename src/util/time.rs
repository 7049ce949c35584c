//! Arithmetic with times that stays in range, however long a service or a caller wants a pause.

use std::time::{Duration, Instant};

/// The longest time that is reckoned with.
pub(crate) const MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// When `pause` has passed after `start`. It stays in range, however long a service or a caller wants the pause.
pub(crate) fn saturating_add(start: Instant, pause: Duration) -> Instant {
    start.checked_add(pause.min(MAX)).unwrap_or(start)
}

/// The `n`th part of a time.
pub(crate) fn div(time: Duration, n: u32) -> Duration {
    time.checked_div(n).unwrap_or_default()
}
