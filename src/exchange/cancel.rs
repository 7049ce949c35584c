//! The one switch that ends the calls of a client, from any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Set once, for good. Whoever pauses does it here, so that it can be woken.
#[derive(Debug, Default)]
pub(crate) struct Cancel {
    set: AtomicBool,
    gate: Mutex<()>,
    wake: Condvar,
}

impl Cancel {
    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        // Taken and let go, so that nobody is between looking at `set` and falling asleep.
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_all();
    }

    /// Sleeps for `pause`, or until the switch is set.
    pub(crate) fn sleep(&self, pause: Duration) {
        let start = Instant::now();
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            if self.is_set() {
                return;
            }
            gate = self.wake.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_it_wakes_who_sleeps() {
        let cancel = Cancel::default();
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| cancel.sleep(Duration::from_secs(60)));
            cancel.set();
        });
        cancel.sleep(Duration::from_secs(60));
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
