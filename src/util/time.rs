//! Arithmetic with times that never overflows, even with the durations that a service or a caller specifies.

use std::time::{Duration, Instant};

/// Maximum duration in computations: ten years.
pub(crate) const MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Returns the time at which `pause` has passed since `start`. A pause of more than [`MAX`] is treated as `MAX`.
pub(crate) fn saturating_add(start: Instant, pause: Duration) -> Instant {
    start.checked_add(pause.min(MAX)).unwrap_or(start)
}

/// Returns `time` divided by `n`, or zero if `n` is zero.
pub(crate) fn div(time: Duration, n: u32) -> Duration {
    time.checked_div(n).unwrap_or_default()
}
