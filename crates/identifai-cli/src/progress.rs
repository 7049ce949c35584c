//! The progress display of a batch.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use identifai::BatchProgress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// The maximum time that the signal thread waits for the bar.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// A progress bar and its data. It draws nothing if standard error is not a terminal.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The number of items. `None` if it is not known.
    pub(crate) total: Option<u64>,
    /// The rate limit in submits per minute. `None` without a rate limit.
    rate: Option<u32>,
    start: Instant,
    /// The number of invalid lines, which do not become jobs of the batch.
    pub(crate) refused: Arc<AtomicU64>,
    pub(crate) interrupted: Arc<AtomicBool>,
}

impl Progress {
    pub(crate) fn new(total: Option<u64>, rate: Option<u32>) -> Self {
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{bar:12} {msg}"),
            None => (ProgressBar::no_length(), "{spinner} {msg}"),
        };
        bar.enable_steady_tick(Duration::from_secs(1));
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, total, rate, start: Instant::now(), refused: Arc::default(), interrupted: Arc::default() }
    }

    pub(crate) fn show(&self, progress: BatchProgress) {
        let BatchProgress { submitted, pending, done, .. } = progress;
        let failed = progress.failed + self.refused.load(Ordering::Relaxed);
        self.bar.set_position(done + failed);
        let per_minute = submitted * 60 / self.start.elapsed().as_secs().max(60);
        let left =
            self.total.and_then(|total| self.minutes(total.saturating_sub(done + failed + pending), pending > 0));
        let left = left.map_or(String::new(), |minutes| format!(", {minutes} min left"));
        self.bar.set_message(format!(
            "{done} done, {failed} failed, {pending} pending, {submitted} submitted, {per_minute}/min{left}"
        ));
    }

    /// Estimates the remaining minutes: the time of the remaining submits, and one minute if any items are pending.
    fn minutes(&self, to_submit: u64, is_pending: bool) -> Option<u64> {
        let rate = self.rate.filter(|_| !self.interrupted.load(Ordering::Relaxed))?;
        Some(to_submit.div_ceil(rate.into()) + u64::from(is_pending))
    }

    /// Hides the bar while `write` writes to the terminal.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Runs `act` on a separate thread, and waits for it at most half a second. The thread that handles signals must
    /// not wait for the bar, because the thread that holds it may be blocked by a full pipe that nothing reads.
    pub(crate) fn run_with_timeout(&self, act: impl FnOnce(&Self) + Send + 'static) {
        let (progress, (done, is_done)) = (self.clone(), mpsc::channel());
        let acting = thread::Builder::new().spawn(move || {
            act(&progress);
            let _ = done.send(());
        });
        if acting.is_ok() {
            let _ = is_done.recv_timeout(MAX_WAIT);
        }
    }

    pub(crate) fn note(&self, text: &str) {
        self.suspend(|| output::note(text));
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
