//! Waiting for a result: the intervals between polls, failures that do not end the wait, and the timeout.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::call::Caller;
use crate::call::backoff::Backoff;
use crate::call::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::model::state::State;
use crate::util::text::one_line;
use crate::util::time::div;

/// The maximum time between the last poll and the end of the wait.
const LAST_POLL: Duration = Duration::from_secs(1);

/// The options for waiting for a result: timeout and polling intervals.
///
/// By default the first poll is made 2 seconds after the submit, or at once if the time of the submit is not known, as
/// with a stored identifier. The interval grows by half after each poll, up to 10 seconds. Each interval is shortened
/// by a random part of up to one fifth, so programs that started at the same time poll at different times. The wait
/// ends after 5 minutes.
///
/// ```
/// use identifai::{Client, WaitOptions};
/// use std::time::Duration;
///
/// let wait = WaitOptions::default().timeout(Duration::from_secs(60)).max_interval(Duration::from_secs(5));
/// let client = Client::builder("api-key").base_url("http://localhost:8080").wait(wait).build()?;
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "options have no effect until they are passed to a client"]
pub struct WaitOptions {
    pub(crate) timeout: Duration,
    /// The intervals between polls.
    pub(crate) backoff: Backoff,
}

impl Default for WaitOptions {
    fn default() -> Self {
        let [timeout, initial, max] = [300, 2, 10].map(Duration::from_secs);
        Self { timeout, backoff: Backoff { initial, growth: 1.5, max, jitter: 0.2 } }
    }
}

impl WaitOptions {
    /// Sets the timeout of the whole wait.
    ///
    /// The timeout starts when [`wait`](crate::Client::wait) is called. In a batch it starts when the service accepts
    /// the job. For a job that an earlier run submitted, it starts when the batch takes the job from its iterator.
    ///
    /// The analysis continues after a timeout, and its result can be polled later. If the service requests a pause that
    /// does not end before the timeout, `wait` fails at once. Zero is an error of the kind
    /// [`Config`](ErrorKind::Config). Defaults to 5 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time between the submit and the first poll.
    ///
    /// If the time of the submit is not known, as with a stored identifier, the first poll is made at once, and this is
    /// the interval between the first two polls. It is at most [`max_interval`](Self::max_interval). Zero is an error
    /// of the kind [`Config`](ErrorKind::Config). Defaults to 2 seconds.
    pub fn initial_interval(mut self, interval: Duration) -> Self {
        self.backoff.initial = interval;
        self
    }

    /// Sets the factor by which the interval grows after each poll.
    ///
    /// A factor below 1, or one that is not finite, is an error of the kind [`Config`](ErrorKind::Config). Defaults to
    /// 1.5.
    pub fn growth(mut self, factor: f64) -> Self {
        self.backoff.growth = factor;
        self
    }

    /// Sets the maximum interval between two polls.
    ///
    /// If the service requests a longer pause with `Retry-After`, that pause applies. Zero is an error of the kind
    /// [`Config`](ErrorKind::Config). Defaults to 10 seconds.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.backoff.max = interval;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Backoff { initial, max, growth, .. } = self.backoff;
        let times = [("wait.timeout", self.timeout), ("wait.initial_interval", initial), ("wait.max_interval", max)];
        if let Some((field, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(Error::config(field, "must be greater than zero"));
        }
        if !growth.is_finite() || growth < 1.0 {
            return Err(Error::config("wait.growth", "must be a finite number of at least 1"));
        }
        Ok(())
    }

    /// Creates the error of a wait that timed out.
    ///
    /// `last_state` is the last known state of the analysis. `too_late` is the pause before the next poll, if that
    /// pause is the reason. `failure` is the error of the last poll, if it failed.
    pub(crate) fn timed_out(
        &self,
        last_state: Option<State>,
        too_late: Option<Duration>,
        failure: Option<Error>,
    ) -> Error {
        let seen = match &last_state {
            Some(state) => format!("last state: {}", one_line(state.as_str())),
            None => "no poll succeeded".to_owned(),
        };
        let summary = match too_late {
            Some(pause) => format!(
                "the analysis is not finished, and the next poll, in {pause:.1?}, is after the timeout ({seen})"
            ),
            None => format!("the analysis is not finished after {:?} ({seen})", self.timeout),
        };
        let error = Error::new(ErrorKind::WaitTimedOut, summary).with_last_state(last_state);
        match failure {
            Some(failure) => error.with_source(failure),
            None => error,
        }
    }

    /// Returns the pause before the next poll, with `left` until the end of the wait, or `None` if there is no time for
    /// another poll.
    ///
    /// `own` is the interval of these options, and `requested` the pause that the service requests. The longer of the
    /// two applies. If `own` is too long, it is shortened, so that the last poll is made just before the end of the
    /// wait. A requested pause is not shortened.
    fn fit(&self, own: Duration, requested: Option<Duration>, left: Duration) -> Option<Duration> {
        if let Some(requested) = requested.filter(|requested| *requested > own) {
            return (requested < left).then_some(requested);
        }
        let time_for_poll = LAST_POLL.min(div(self.timeout, 4)).min(own);
        let latest = left.checked_sub(time_for_poll).filter(|latest| !latest.is_zero())?;
        Some(own.min(latest))
    }
}

/// The result of one poll.
pub(crate) struct PollResult<T> {
    /// The result of the analysis, if it is finished.
    pub(crate) finished: Option<T>,
    pub(crate) state: State,
    /// The pause before the next poll that the service requests.
    pub(crate) retry_after: Option<Duration>,
}

/// Calls `poll` at the intervals of `wait` until it returns a finished result, fails with an error that is not
/// [temporary](is_temporary), or the wait times out.
///
/// `caller` provides time, jitter and cancellation. `submitted` is the time of the submit, if it is known. The argument
/// of `poll` is the maximum duration of the poll.
pub(crate) fn poll_until_done<T>(
    wait: &WaitOptions,
    caller: &Caller,
    submitted: Option<Instant>,
    mut poll: impl FnMut(Duration) -> Result<PollResult<T>>,
) -> Result<T> {
    wait.check()?;
    let deadline = Deadline::new(caller.now(), wait.timeout);
    let since_submit = submitted.map(|at| caller.now().saturating_duration_since(at));
    let mut numbers = 0..u32::MAX;
    let mut own_interval = || wait.backoff.pause(numbers.next().unwrap_or(u32::MAX), caller.jitter());
    let mut own = since_submit.map_or(Duration::ZERO, |passed| own_interval().saturating_sub(passed));
    let (mut requested, mut last_state, mut failure) = (None, None, None);
    while let Some(pause) = wait.fit(own, requested, deadline.left(caller.now())) {
        caller.pause(pause)?;
        match poll(deadline.left(caller.now())) {
            Ok(PollResult { finished: Some(result), .. }) => return Ok(result),
            Ok(PollResult { state, retry_after, .. }) => {
                (requested, last_state, failure) = (retry_after, Some(state), None);
            }
            Err(error) if is_temporary(&error) => (requested, failure) = (error.retry_after(), Some(error)),
            Err(error) => return Err(error),
        }
        own = own_interval();
    }
    let too_late = requested.filter(|requested| *requested >= deadline.left(caller.now()));
    Err(wait.timed_out(last_state, too_late, failure).with_retry_after(requested))
}

/// Returns `true` if the failure of a poll is temporary: the network or the service may recover before the next poll.
pub(crate) fn is_temporary(error: &Error) -> bool {
    error.is_retryable() || error.status() == Some(408)
}
