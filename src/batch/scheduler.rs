//! The times of a batch's polls and submits, decided on values alone.

use std::time::{Duration, Instant};

use crate::call::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::util::time::saturating_add;

/// How often to look while there is more to submit: at 30 submits a minute, a look is for 7 items and more.
const WHILE_BUSY: Duration = Duration::from_secs(15);
/// No pause is longer. What the service asks for is no time to reckon with.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// After a 429 without `Retry-After` and without a rate limit of ours: the service counts minutes.
const AFTER_REFUSAL: Backoff =
    Backoff { initial: Duration::from_secs(60), growth: 1.0, max: Duration::from_secs(60), jitter: 0.0 };
/// After a submit that may have been accepted. It cost its job, so that the next one is not hurried into an outage.
const AFTER_LOSS: Backoff =
    Backoff { initial: Duration::from_secs(1), growth: 2.0, max: Duration::from_secs(30), jitter: 0.5 };

/// The times of the polls of a batch.
///
/// While there is something to submit, polls are rare, so that one request covers many submissions. Afterwards they come
/// at the intervals of a wait for a single submission, from the first interval on.
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
        intervals: &Backoff,
        jitter: f64,
    ) -> Duration {
        if is_idle && !self.is_idle {
            let soon = saturating_add(now, intervals.pause(0, jitter).min(LONGEST));
            self.pauses = 0;
            self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
        }
        self.is_idle = is_idle;
        let next = *self.next.get_or_insert(saturating_add(now, WHILE_BUSY));
        let next = self.not_before.max(Some(next.min(last_call)));
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Takes note of a look that is begun.
    pub(super) fn begin(&mut self, now: Instant, intervals: &Backoff, jitter: f64) {
        self.pauses = self.pauses.saturating_add(1);
        let pause = if self.is_idle { intervals.pause(self.pauses, jitter) } else { WHILE_BUSY };
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

/// The rest of submits after failures that are not about one job.
#[derive(Debug, Default)]
pub(super) struct SubmitBackoff {
    closed_until: Option<Instant>,
    /// Number of failures since the last submit that was accepted or refused for its content.
    failures: u32,
    since: Option<Instant>,
}

impl SubmitBackoff {
    pub(super) fn opens_in(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Notes a failure, and returns how long submits rest: as the call decided, or else by a backoff. If `is_shut`, no
    /// other submit would have been let in either. `chance` is from 0 up to 1.
    pub(super) fn refuse(&mut self, now: Instant, error: &Error, is_shut: bool, chance: f64) -> Duration {
        let backoff = match error.kind() {
            ErrorKind::RateLimited => AFTER_REFUSAL,
            _ if error.may_have_been_sent() => AFTER_LOSS,
            _ => Backoff::RETRY,
        };
        let pause = error.retry_after().unwrap_or_else(|| backoff.pause(self.failures, chance)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        if is_shut {
            self.since.get_or_insert(now);
        }
        self.closed_until = self.closed_until.max(Some(saturating_add(now, pause)));
        pause
    }

    /// Notes a submit that cost its job. Submits rest if the service failed, rather than the job.
    pub(super) fn lose(&mut self, now: Instant, error: &Error, chance: f64) {
        use ErrorKind::{Disconnected, Server, Timeout};
        let is_accepted = error.status().is_some_and(|status| (200..=299).contains(&status));
        if error.may_have_been_sent() && !is_accepted && matches!(error.kind(), Disconnected | Server | Timeout) {
            self.since = None;
            self.refuse(now, error, false, chance);
        } else if error.may_have_been_sent() || error.status().is_some() {
            self.let_in();
        }
    }

    /// Notes a submit that reached the service. A rest that others caused goes on.
    pub(super) fn let_in(&mut self) {
        (self.failures, self.since) = (0, None);
    }

    /// Returns for how long no submit was let in.
    pub(super) fn closed_for(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// An action of the batch after a failed submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureAction {
    /// Submit the job again, for as long as any job is waited for: no other one would have been let in either.
    Again,
    /// Submit the job again, as often as a call retries.
    Retry,
    /// Submit nothing more: no other job would fare better.
    Stop,
    /// Let the job fail.
    Fail,
}

impl FailureAction {
    /// Maps the error of a call, which has [decided](Error::may_repeat) if the submit may be repeated.
    pub(super) fn from_error(error: &Error) -> Self {
        use ErrorKind::{Config, Connect, Forbidden, Journal, OutOfCredits, RateLimited, Redirect, Tls, Unauthorized};
        match error.kind() {
            // A call does not retry after a proxy that cannot reach its target now, but a batch has the time to.
            Connect => Self::Again,
            RateLimited if error.may_repeat() => Self::Again,
            _ if error.may_repeat() => Self::Retry,
            Unauthorized | Forbidden | OutOfCredits | Config | Redirect | Tls | Journal => Self::Stop,
            _ => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests;
