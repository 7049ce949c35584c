//! The schedule of a batch: the times of its polls and submits. It computes on values, without a clock.

use std::time::{Duration, Instant};

use crate::call::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::util::time::saturating_add;

/// The interval between polls while there are more jobs to submit. At 30 submits per minute, a poll then covers at
/// least 7 submissions.
const WHILE_BUSY: Duration = Duration::from_secs(15);
/// The maximum pause, even if the service requests a longer one.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The pauses after a 429 without `Retry-After`, if the client has no rate limit. The service counts requests per
/// minute.
const AFTER_REFUSAL: Backoff =
    Backoff { initial: Duration::from_secs(60), growth: 1.0, max: Duration::from_secs(60), jitter: 0.0 };
/// The pauses after a submit that failed but may have been accepted. Its job is lost. The pause prevents further jobs
/// from being lost in the same outage.
const AFTER_LOSS: Backoff =
    Backoff { initial: Duration::from_secs(1), growth: 2.0, max: Duration::from_secs(30), jitter: 0.5 };

/// The next step of a batch.
pub(super) enum Step {
    /// Submit the job at this position of the queue.
    Submit(usize),
    Poll,
    Pause(Duration),
    End,
}

/// The times of the polls of a batch.
///
/// While there are jobs to submit, polls are rare, so that one request covers many submissions. Afterwards they are
/// made at the intervals of a wait for a single submission, beginning with the first interval.
#[derive(Debug, Default)]
pub(super) struct PollSchedule {
    next: Option<Instant>,
    /// The time before which the service wants no poll.
    not_before: Option<Instant>,
    is_idle: bool,
    pauses: u32,
}

impl PollSchedule {
    /// Returns the time until the next poll.
    ///
    /// The poll is made no later than `first_timeout`, the earliest timeout of a pending submission, unless the service
    /// requested a longer pause. `is_idle` is `true` if no job is due for a submit.
    pub(super) fn next_in(
        &mut self,
        now: Instant,
        first_timeout: Instant,
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
        let next = self.not_before.max(Some(next.min(first_timeout)));
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Records the beginning of a poll, and schedules the next one.
    pub(super) fn begin(&mut self, now: Instant, intervals: &Backoff, jitter: f64) {
        self.pauses = self.pauses.saturating_add(1);
        let pause = if self.is_idle { intervals.pause(self.pauses, jitter) } else { WHILE_BUSY };
        self.next = Some(saturating_add(now, pause.min(LONGEST)));
    }

    /// Resets the schedule because no submission is pending. A pause that the service requested still applies.
    pub(super) fn reset(&mut self) {
        *self = Self { not_before: self.not_before, ..Self::default() };
    }

    /// Delays the next poll by the pause that the service requests.
    pub(super) fn delay(&mut self, now: Instant, pause: Duration) {
        self.not_before = self.not_before.max(Some(saturating_add(now, pause.min(LONGEST))));
    }
}

/// The pause of all submits after a failure that does not concern a single job.
#[derive(Debug, Default)]
pub(super) struct SubmitBackoff {
    closed_until: Option<Instant>,
    /// The number of failures since the last submit that was accepted or rejected because of its content.
    failures: u32,
    /// The time of the first failure that would have affected every job. `None` after any other submit that was
    /// accepted, rejected, or may have been accepted.
    failing_since: Option<Instant>,
}

impl SubmitBackoff {
    /// Returns the time until the next submit may be made.
    pub(super) fn opens_in(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Records a failure and pauses all submits. Returns the pause.
    ///
    /// The pause is that of [`Error::retry_after`], else that of a backoff. `affects_all` is `true` if any other submit
    /// would also have failed. `jitter` is a random number, at least 0 and less than 1.
    pub(super) fn pause_after(&mut self, now: Instant, error: &Error, affects_all: bool, jitter: f64) -> Duration {
        let backoff = match error.kind() {
            ErrorKind::RateLimited => AFTER_REFUSAL,
            _ if error.may_have_been_sent() => AFTER_LOSS,
            _ => Backoff::RETRY,
        };
        let pause = error.retry_after().unwrap_or_else(|| backoff.pause(self.failures, jitter)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        if affects_all {
            self.failing_since.get_or_insert(now);
        }
        self.closed_until = self.closed_until.max(Some(saturating_add(now, pause)));
        pause
    }

    /// Records a submit whose job fails with `error`. If the service caused the failure, all submits pause.
    pub(super) fn job_failed(&mut self, now: Instant, error: &Error, jitter: f64) {
        use ErrorKind::{Disconnected, Server, Timeout};
        let is_accepted = error.status().is_some_and(|status| (200..=299).contains(&status));
        if error.may_have_been_sent() && !is_accepted && matches!(error.kind(), Disconnected | Server | Timeout) {
            self.failing_since = None;
            self.pause_after(now, error, false, jitter);
        } else if error.may_have_been_sent() || error.status().is_some() {
            self.reached_service();
        }
    }

    /// Records a submit that reached the service and was not refused with a 429. A pause that another submit caused
    /// still applies.
    pub(super) fn reached_service(&mut self) {
        (self.failures, self.failing_since) = (0, None);
    }

    /// Returns the time for which every submit got a 429 or could not reach the service.
    pub(super) fn failing_for(&self, now: Instant) -> Duration {
        self.failing_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// The action of the batch after a failed submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureAction {
    /// Submit the job again later. This does not count against the client's `retries`, because any other job would also
    /// have failed.
    Requeue,
    /// Submit the job again, as often as the client's `retries` allow.
    Retry,
    /// End submitting, because every other job would fail with the same error.
    Stop,
    /// End the job with the error.
    Fail,
}

impl FailureAction {
    /// Maps the error of a call to an action. The call has [decided](Error::may_repeat) if the submit may be repeated.
    pub(super) fn from_error(error: &Error) -> Self {
        use ErrorKind::{Config, Connect, Forbidden, Journal, OutOfCredits, RateLimited, Redirect, Tls, Unauthorized};
        match error.kind() {
            // This includes a proxy that cannot reach the service. A call does not retry then, but a batch has time to
            // wait.
            Connect => Self::Requeue,
            RateLimited if error.may_repeat() => Self::Requeue,
            _ if error.may_repeat() => Self::Retry,
            Unauthorized | Forbidden | OutOfCredits | Config | Redirect | Tls | Journal => Self::Stop,
            _ => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests;
