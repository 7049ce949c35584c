//! A flag that any thread can set to end the calls of a client.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::fork_safe::PerProcess;
use crate::util::sync::lock;

/// A cancellation flag. Once set, it stays set.
///
/// Threads sleep in [`Cancel::sleep`], so that setting the flag can wake them.
#[derive(Debug)]
pub(crate) struct Cancel {
    set: AtomicBool,
    signal: PerProcess<Signal>,
}

/// The condition variable on which the threads of a process sleep.
#[derive(Debug, Default)]
struct Signal {
    mutex: Mutex<()>,
    condvar: Condvar,
}

impl Cancel {
    pub(crate) fn new() -> Self {
        Self { set: AtomicBool::new(false), signal: PerProcess::new(Signal::default()) }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.notify();
    }

    /// Wakes all sleeping threads. Each checks its own condition and sleeps on if that is not met.
    pub(crate) fn notify(&self) {
        let signal = self.signal.get(Signal::default);
        // A thread that has checked its condition holds the mutex until it waits on the condition variable. Locking the
        // mutex here ensures that it does not miss the notification in between.
        drop(lock(&signal.mutex));
        signal.condvar.notify_all();
    }

    /// Sleeps for `pause`. Returns earlier if the flag is set or if `is_over` returns `true`. Both are checked at the
    /// beginning and after each [notification](Self::notify).
    pub(crate) fn sleep(&self, pause: Duration, is_over: &dyn Fn() -> bool) {
        let start = Instant::now();
        let signal = self.signal.get(Signal::default);
        let mut guard = lock(&signal.mutex);
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            if self.is_set() || is_over() {
                return;
            }
            guard = signal.condvar.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_wakes_sleeping_threads() {
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
    fn notify_ends_only_pauses_that_are_over() {
        let (cancel, over) = (Cancel::new(), AtomicBool::new(false));
        let start = Instant::now();
        std::thread::scope(|scope| {
            let unaffected = scope.spawn(|| {
                cancel.sleep(Duration::from_millis(40), &|| false);
                start.elapsed()
            });
            scope.spawn(|| cancel.sleep(Duration::from_secs(60), &|| over.load(Ordering::SeqCst)));
            over.store(true, Ordering::SeqCst);
            cancel.notify();
            assert!(unaffected.join().unwrap() >= Duration::from_millis(40));
        });
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn sleep_uninterrupted_lasts_whole_pause() {
        let start = Instant::now();
        Cancel::new().sleep(Duration::from_millis(20), &|| false);
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
