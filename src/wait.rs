//! Waiting for a result: when to look, when to go on after a failure, when to give up.

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

/// How long before the end of the wait the last look is made, at the most.
const LAST_POLL: Duration = Duration::from_secs(1);

/// How patiently to wait for a result.
///
/// The first look comes 2 seconds after the submit, or at once for an identifier from elsewhere. The pauses between
/// looks grow by half each, up to 10 seconds, and each is shortened by up to a fifth at random, so that programs that
/// began together do not look together. All of it ends after 5 minutes.
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
#[must_use = "it does nothing until a client is given it"]
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
    /// How long to wait over all. The analysis goes on after that; its result can be asked for later.
    /// Default: 5 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long after its submit to look first; for an identifier from elsewhere, the pause after the first look.
    /// Default: 2 seconds.
    pub fn initial_interval(mut self, pause: Duration) -> Self {
        self.backoff.initial = pause;
        self
    }

    /// What each pause is multiplied by to give the next one; 1 or more. Default: 1.5.
    pub fn growth(mut self, factor: f64) -> Self {
        self.backoff.growth = factor;
        self
    }

    /// The longest pause between two looks, unless the service asks for a longer one. Default: 10 seconds.
    pub fn max_interval(mut self, pause: Duration) -> Self {
        self.backoff.max = pause;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Backoff { initial, max, growth, .. } = self.backoff;
        let times = [("wait.timeout", self.timeout), ("wait.initial_interval", initial), ("wait.max_interval", max)];
        if let Some((field, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(Error::config(field, "must be longer than zero"));
        }
        if !growth.is_finite() || growth < 1.0 {
            return Err(Error::config("wait.growth", "must be a number of 1 or more"));
        }
        Ok(())
    }

    /// Returns the error of a wait that is over: the state that was seen last, the pause before the next poll if that
    /// is the reason, and the failure of the last poll.
    pub(crate) fn timed_out(
        &self,
        last_state: Option<State>,
        too_late: Option<Duration>,
        failure: Option<Error>,
    ) -> Error {
        let seen = match &last_state {
            Some(state) => format!("last seen as {}", one_line(state.as_str())),
            None => "no poll succeeded".to_owned(),
        };
        let summary = match too_late {
            Some(asked) => format!("the next poll may be made after {asked:.1?}, when the wait is over ({seen})"),
            None => format!("the analysis was not finished within {:?} ({seen})", self.timeout),
        };
        let error = Error::new(ErrorKind::WaitTimedOut, summary).with_last_state(last_state);
        match failure {
            Some(failure) => error.with_source(failure),
            None => error,
        }
    }

    /// The pause to make before another look with `left` of the time, or nothing if it is no use to look again: `own`
    /// is ours, `asked` what the service asks for.
    ///
    /// A pause of ours that is too long is shortened, so that the time is made use of to its end. One that the service
    /// asks for is not.
    fn fit(&self, own: Duration, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        if let Some(asked) = asked.filter(|asked| *asked > own) {
            return (asked < left).then_some(asked);
        }
        let for_the_look = LAST_POLL.min(div(self.timeout, 4)).min(own);
        let latest = left.checked_sub(for_the_look).filter(|latest| !latest.is_zero())?;
        Some(own.min(latest))
    }
}

/// What one look came upon.
pub(crate) struct PollResult<T> {
    /// What is waited for, once it is there.
    pub(crate) finished: Option<T>,
    pub(crate) state: State,
    /// When the service wants the next look.
    pub(crate) retry_after: Option<Duration>,
}

/// Looks, as `wait` says, until what is waited for is there. Time, chance and cancellation are those of `caller`. Each
/// look is told how long it may take; `submitted` is when this process submitted it, if it did.
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
    let mut own_pause = || wait.backoff.pause(numbers.next().unwrap_or(u32::MAX), caller.jitter());
    let mut own = since_submit.map_or(Duration::ZERO, |passed| own_pause().saturating_sub(passed));
    let (mut asked, mut last_state, mut failure) = (None, None, None);
    while let Some(pause) = wait.fit(own, asked, deadline.left(caller.now())) {
        caller.pause(pause)?;
        match poll(deadline.left(caller.now())) {
            Ok(PollResult { finished: Some(found), .. }) => return Ok(found),
            Ok(PollResult { state, retry_after, .. }) => {
                (asked, last_state, failure) = (retry_after, Some(state), None);
            }
            Err(error) if may_pass(&error) => (asked, failure) = (error.retry_after(), Some(error)),
            Err(error) => return Err(error),
        }
        own = own_pause();
    }
    let too_late = asked.filter(|asked| *asked >= deadline.left(caller.now()));
    Err(wait.timed_out(last_state, too_late, failure).with_retry_after(asked))
}

/// Returns `true` if the next poll may succeed after one that failed: the network and the service may recover.
pub(crate) fn may_pass(error: &Error) -> bool {
    error.is_retryable() || error.status() == Some(408)
}
