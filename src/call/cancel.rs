//! The one switch that ends the calls of a client, from any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::fork_safe::PerProcess;
use crate::util::sync::lock;

/// Set once, for good. Whoever pauses does it here, so that it can be woken.
#[derive(Debug)]
pub(crate) struct Cancel {
    set: AtomicBool,
    bed: PerProcess<Bed>,
}

/// Where the threads of a process sleep.
#[derive(Debug, Default)]
struct Bed {
    gate: Mutex<()>,
    wake: Condvar,
}

impl Cancel {
    pub(crate) fn new() -> Self {
        Self { set: AtomicBool::new(false), bed: PerProcess::new(Bed::default()) }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.notify();
    }

    /// Has those who sleep see whether they still have to.
    pub(crate) fn notify(&self) {
        let bed = self.bed.get(Bed::default);
        // Entered and left, so that nobody is between looking and falling asleep.
        drop(lock(&bed.gate));
        bed.wake.notify_all();
    }

    /// Sleeps for `pause`, or until the switch is set, or until `is_over` when it is rung.
    pub(crate) fn sleep(&self, pause: Duration, is_over: &dyn Fn() -> bool) {
        let start = Instant::now();
        let bed = self.bed.get(Bed::default);
        let mut inside = lock(&bed.gate);
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            if self.is_set() || is_over() {
                return;
            }
            inside = bed.wake.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_it_wakes_who_sleeps() {
        let cancel = Cancel::new();
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| cancel.sleep(Duration::from_secs(60), &|| false));
            cancel.set();
        });
        cancel.sleep(Duration::from_secs(60), &|| false);
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn ringing_wakes_only_those_for_whom_it_is_over() {
        let (cancel, over) = (Cancel::new(), AtomicBool::new(false));
        let start = Instant::now();
        std::thread::scope(|scope| {
            let patient = scope.spawn(|| {
                cancel.sleep(Duration::from_millis(40), &|| false);
                start.elapsed()
            });
            scope.spawn(|| cancel.sleep(Duration::from_secs(60), &|| over.load(Ordering::SeqCst)));
            over.store(true, Ordering::SeqCst);
            cancel.notify();
            assert!(patient.join().unwrap() >= Duration::from_millis(40));
        });
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_pause_lasts_as_long_as_it_is() {
        let start = Instant::now();
        Cancel::new().sleep(Duration::from_millis(20), &|| false);
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
