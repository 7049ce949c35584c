//! The clock of a caller. It is a trait because tests replace time and random numbers.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::cancel::Cancel;

/// A source of time and random numbers.
pub(crate) trait Clock: Debug + Send + Sync {
    fn now(&self) -> Instant;
    /// Sleeps for `pause`. Returns earlier if `cancel` is set or `is_over` returns `true`. See [`Cancel::sleep`].
    fn sleep(&self, pause: Duration, cancel: &Cancel, is_over: &dyn Fn() -> bool);
    /// Returns a random number for jitter, at least 0 and less than 1.
    fn jitter(&self) -> f64;
}

/// The clock of the system.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, pause: Duration, cancel: &Cancel, is_over: &dyn Fn() -> bool) {
        cancel.sleep(pause, is_over);
    }

    fn jitter(&self) -> f64 {
        // Each `RandomState` has other keys, so the hashes of one value differ. That is random enough for jitter.
        f64::from((RandomState::new().hash_one(0) >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_many_samples_spread_from_zero_to_one() {
        let drawn: Vec<f64> = (0..1_000).map(|_| SystemClock.jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..1.0).contains(jitter)));
        for tenth in 0..10 {
            let range = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
            assert!(drawn.iter().any(|jitter| range.contains(jitter)), "{range:?}");
        }
    }
}
