//! When a batch looks, and when it lets submits rest: decided on values alone.

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::util::time::saturating_add;
use crate::wait::WaitOptions;

/// How often to look while there is more to submit: at 30 submits a minute, a look is for 7 items and more.
const WHILE_BUSY: Duration = Duration::from_secs(15);
/// No pause is longer. What the service asks for is no time to reckon with.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The pauses after failed submits: doubling, with full jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long to let submits rest after a 429 that does not say.
const MINUTE: Duration = Duration::from_secs(60);

/// The times of the polls of a batch.
///
/// While there is something to submit, polls are rare, so that one request covers many submissions. Afterwards they come
/// as [`WaitOptions`] say for a single submission, from the first interval on.
#[derive(Debug, Default)]
pub(super) struct PollSchedule {
    next: Option<Instant>,
    /// Before when the service wants none.
    not_before: Option<Instant>,
    is_idle: bool,
    pauses: u32,
}

impl PollSchedule {
    /// How long it is to the next look. It comes at `last_call` at the latest; `is_idle` says that nothing can be
    /// submitted before something has finished.
    pub(super) fn next_in(
        &mut self,
        now: Instant,
        last_call: Instant,
        is_idle: bool,
        wait: &WaitOptions,
        jitter: f64,
    ) -> Duration {
        if is_idle && !self.is_idle {
            let soon = saturating_add(now, wait.pause(0, jitter).min(LONGEST));
            self.pauses = 0;
            self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
        }
        self.is_idle = is_idle;
        let next = *self.next.get_or_insert(saturating_add(now, WHILE_BUSY));
        let next = self.not_before.max(Some(next.min(last_call)));
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Takes note of a look that is begun.
    pub(super) fn begin(&mut self, now: Instant, wait: &WaitOptions, jitter: f64) {
        self.pauses = self.pauses.saturating_add(1);
        let pause = if self.is_idle { wait.pause(self.pauses, jitter) } else { WHILE_BUSY };
        self.next = Some(saturating_add(now, pause.min(LONGEST)));
    }

    /// Takes note that nothing is pending, so that there is nothing to look at.
    pub(super) fn rest(&mut self) {
        *self = Self { not_before: self.not_before, ..Self::default() };
    }

    /// Puts the next look off: the service asks for that.
    pub(super) fn put_off(&mut self, now: Instant, pause: Duration) {
        self.not_before = self.not_before.max(Some(saturating_add(now, pause.min(LONGEST))));
    }
}

/// Whether submits rest, since none is let in.
#[derive(Debug, Default)]
pub(super) struct SubmitBackoff {
    closed_until: Option<Instant>,
    failures: u32,
    since: Option<Instant>,
}

impl SubmitBackoff {
    pub(super) fn opens_in(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Takes note of a submit that was not let in, and returns how long submits rest. `is_shut` says that no other one
    /// would have been either, and `jitter` is from 0 up to 1.
    pub(super) fn refuse(&mut self, now: Instant, error: &Error, is_shut: bool, jitter: f64) -> Duration {
        let own = match error.kind() {
            ErrorKind::RateLimited => MINUTE,
            _ => FIRST_PAUSE.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE).mul_f64(jitter),
        };
        let pause = error.retry_after().unwrap_or(own).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        if is_shut {
            self.since.get_or_insert(now);
        }
        self.closed_until = self.closed_until.max(Some(saturating_add(now, pause)));
        pause
    }

    /// Takes note of a submit that reached the service. What rests because of others rests on.
    pub(super) fn let_in(&mut self) {
        (self.failures, self.since) = (0, None);
    }

    /// For how long none was let in.
    pub(super) fn closed_for(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// What a submit that failed means to the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureAction {
    /// Surely not accepted, and not the fault of the item: it may be tried again for as long as anybody waits.
    Again,
    /// Surely not accepted, or the caller does not mind: it may be tried again as often as a call of its own.
    Retry,
    /// All others would fare the same: nothing more is submitted.
    Stop,
    /// The item failed.
    Fail,
}

impl FailureAction {
    pub(super) fn from_error(error: &Error, resend_if_unknown: bool) -> Self {
        use ErrorKind::{Config, Connect, Disconnected, Forbidden, Journal, OutOfCredits, RateLimited, Redirect};
        use ErrorKind::{Server, Timeout, Tls, Unauthorized};
        match error.kind() {
            RateLimited | Connect => Self::Again,
            Unauthorized | Forbidden | OutOfCredits | Config | Redirect | Tls | Journal => Self::Stop,
            // A yes whose rest got lost is a yes.
            _ if error.status().is_some_and(|status| (200..=299).contains(&status)) => Self::Fail,
            Timeout | Disconnected | Server if resend_if_unknown => Self::Retry,
            _ if error.is_retryable() || (resend_if_unknown && error.status() == Some(408)) => Self::Retry,
            _ => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests;
