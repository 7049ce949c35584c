//! The switch that ends the submitting of a batch, but not its looking.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exchange::Exchange;

/// Ends the submitting of a [`Batch`](crate::Batch), from any thread.
#[derive(Clone)]
pub struct Stopper {
    stop: Arc<AtomicBool>,
    exchange: Arc<Exchange>,
}

impl Stopper {
    pub(super) fn new(exchange: &Arc<Exchange>) -> Self {
        Self { stop: Arc::default(), exchange: Arc::clone(exchange) }
    }

    /// From now on nothing more is submitted. What is pending is still waited for, and each of the other jobs is
    /// reported as not submitted, which takes an iterator of jobs that ends, by an error of the kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.exchange.ring();
    }

    pub(super) fn is_set(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopper(..)")
    }
}
