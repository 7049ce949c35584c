//! Time and chance, as parameters: a test brings its own.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::cancel::Cancel;

/// Time and chance, for calls.
pub(crate) trait Clock: Debug + Send + Sync {
    fn now(&self) -> Instant;
    /// Sleeps for `pause`; less if `cancel` is set, or it is rung and `is_over`.
    fn sleep(&self, pause: Duration, cancel: &Cancel, is_over: &dyn Fn() -> bool);
    /// A number from 0 up to 1, for jitter.
    fn jitter(&self) -> f64;
}

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
        // Each `RandomState` differs. Jitter need not be better than that.
        f64::from((RandomState::new().hash_one(0) >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_spread_from_nothing_to_one() {
        let drawn: Vec<f64> = (0..1_000).map(|_| SystemClock.jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..1.0).contains(jitter)));
        for tenth in 0..10 {
            let range = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
            assert!(drawn.iter().any(|jitter| range.contains(jitter)), "{range:?}");
        }
    }
}
