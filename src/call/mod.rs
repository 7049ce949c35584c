//! One request against the world, under one deadline: send, judge, pause, send again.

pub(crate) mod attempt;
pub(crate) mod cancel;
pub(crate) mod clock;
pub(crate) mod deadline;
#[cfg(any(test, feature = "_internals"))]
#[allow(dead_code, clippy::arithmetic_side_effects, clippy::expect_used, clippy::unwrap_used)] // As in tests.
pub(crate) mod fake;
pub(crate) mod options;
pub(crate) mod rate_limit;
pub(crate) mod retry;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::attempt::Attempt;
use self::cancel::Cancel;
use self::clock::{Clock, SystemClock};
use self::deadline::Deadline;
use self::options::Terms;
use self::rate_limit::Budget;
use self::rate_limit::config::RateLimit;
use self::retry::Next;
use crate::api_key::ApiKey;
use crate::error::{Error, ErrorKind, Result};
use crate::http::endpoint::Target;
use crate::http::request::{Method, Request, Stall, Timeout};
use crate::http::response::{Failure, Response};
use crate::http::transport::{Outcome, Transport};
use crate::http::ureq;
use crate::util::time::{FOREVER, after, part};

/// The last answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// If this is no success: whether a submit may have been accepted nevertheless, in this try or one before.
    pub(crate) may_have_been_sent: bool,
}

/// The world as the calls of one client and of its clones see it.
#[derive(Debug)]
pub(crate) struct Exchange {
    transport: Box<dyn Transport>,
    clock: Arc<dyn Clock>,
    cancel: Cancel,
    /// Whom budgets are kept for: host and port.
    service: String,
    /// How long the path of the base URL is, which is a part of each request line.
    pub(crate) base_path_len: usize,
}

impl Exchange {
    /// For `target`, over real sockets and in real time.
    pub(crate) fn new(target: Target) -> Result<Self> {
        let (service, base_path_len) = (target.base.authority.clone(), target.base.path.len());
        Ok(Self { service, base_path_len, ..Self::with(Box::new(ureq::Http::new(target)?), Arc::new(SystemClock)) })
    }

    pub(crate) fn with(transport: Box<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, cancel: Cancel::new(), service: String::new(), base_path_len: 0 }
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A number from 0 up to 1, for jitter.
    pub(crate) fn chance(&self) -> f64 {
        self.clock.chance()
    }

    /// Does nothing for `pause`, between calls.
    pub(crate) fn pause(&self, pause: Duration) -> Result<()> {
        self.pause_unless(pause, &|| false)
    }

    /// Does nothing for `pause`, or until `is_over` when somebody [rings](Self::ring).
    pub(crate) fn pause_unless(&self, pause: Duration, is_over: &dyn Fn() -> bool) -> Result<()> {
        self.clock.sleep(pause, &self.cancel, is_over);
        if self.cancel.is_set() { Err(cancelled()) } else { Ok(()) }
    }

    /// Has those who pause see whether that is over.
    pub(crate) fn ring(&self) {
        self.cancel.ring();
    }

    /// Host and port of the service.
    #[cfg(feature = "journal")]
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_set()
    }

    /// How long the next request of a class has to wait for its turn.
    pub(crate) fn turn_in(&self, method: Method, key: &ApiKey, rate_limit: RateLimit) -> Duration {
        let now = self.clock.now();
        Budget::of(key, &self.service, method, rate_limit, now).map_or(Duration::ZERO, |budget| budget.wait(now))
    }

    /// Takes the next turn of a class for a call [that has it](Terms::has_turn), if it is now; or else says how long it
    /// takes.
    pub(crate) fn take_turn(&self, method: Method, key: &ApiKey, rate_limit: RateLimit) -> Result<(), Duration> {
        let now = self.clock.now();
        let budget = Budget::of(key, &self.service, method, rate_limit, now);
        budget.map_or(Ok(()), |budget| budget.reserve(now, Duration::ZERO).map(|_| ()))
    }

    /// Ends pauses and later calls, for good. A request that is under way finishes.
    pub(crate) fn drain(&self) {
        self.cancel.set();
    }

    /// Ends all calls, for good.
    pub(crate) fn cancel(&self) {
        self.drain();
        self.transport.shut_down();
    }

    /// Sends `request`, again where `terms` allow it, and returns the last answer whatever its status.
    pub(crate) fn call(&self, request: &Request<'_>, key: &ApiKey, terms: &Terms) -> Result<Answer> {
        let (total, stall) = match (terms.timeout, request.timeout) {
            (Some(total), _) | (None, Timeout::Whole(total)) => (total, None),
            (None, Timeout::Stall(stall)) => (FOREVER, Some(stall)),
        };
        let mut now = self.clock.now();
        let deadline = Deadline::new(terms.began.unwrap_or(now), total);
        let retries = if request.is_one_shot() { 0 } else { terms.retries };
        let rate_limit = if request.is_open { RateLimit::unlimited() } else { terms.rate_limit };
        let budget = Budget::of(key, &self.service, request.method, rate_limit, now);
        let has_turn = terms.has_turn && !request.is_idempotent;
        let mut number = 0_u32;
        let mut may_have_been_sent = false;
        loop {
            // A turn that was taken before is of this moment, or a little earlier.
            let mut slot = now;
            if let Some(budget) = budget.as_ref().filter(|_| number > 0 || !has_turn) {
                match budget.reserve(now, max_pause(deadline.left(now), stall)) {
                    Ok(Duration::ZERO) => {}
                    Ok(wait) => {
                        slot = after(now, wait);
                        now = self.sleep(wait);
                    }
                    Err(wait) => return Err(over_budget(wait).or_sent(may_have_been_sent)),
                }
            }
            if self.cancel.is_set() {
                give_back(budget.as_ref(), slot);
                return Err(cancelled().or_sent(may_have_been_sent));
            }
            number = number.saturating_add(1);
            // Who gives the call more time gives each try more.
            let try_timeout = request.try_timeout.max(part(deadline.total, 3));
            let limit = deadline.left(now).min(try_timeout);
            let mut outcome = self.transport.send(request, key, limit, stall);
            let end = self.clock.now();
            match (&budget, &mut outcome) {
                (Some(budget), Ok(response)) => budget.learn(end, response, self.clock.chance()),
                // The service counts what it sees, and it has seen nothing of this attempt.
                (budget, Err(failure)) if !failure.connected => give_back(budget.as_ref(), slot),
                _ => {}
            }
            may_have_been_sent |= !request.is_idempotent && retry::may_have_been_sent(&outcome);
            let may_repeat = retry::may_repeat(&outcome, request.is_idempotent, terms.resend_if_unknown)
                && !(request.is_accepted)(received(&outcome));
            let next = if may_repeat && number <= retries {
                retry::next(&outcome, number, self.clock.chance(), max_pause(deadline.left(end), stall))
            } else {
                Next::Stop
            };
            if let Some(observer) = &terms.observer {
                observer.see(&Attempt::new(number, &outcome, end.saturating_duration_since(now), next));
            }
            if let Next::TryAfter(pause) = next {
                now = self.sleep(pause);
                continue;
            }
            return match self.conclude(outcome, next, &deadline) {
                Ok(response) => Ok(Answer { response, may_have_been_sent }),
                Err(error) => Err(error.or_sent(may_have_been_sent)),
            };
        }
    }

    /// Returns what time it is then.
    fn sleep(&self, pause: Duration) -> Instant {
        self.clock.sleep(pause, &self.cancel, &|| false);
        self.clock.now()
    }

    /// The outcome of the last try as that of the call.
    fn conclude(&self, outcome: Outcome, next: Next, deadline: &Deadline) -> Result<Response> {
        let explain = |failure: Failure| {
            let passed = failure.kind == ErrorKind::Timeout && deadline.left(self.clock.now()).is_zero();
            let why = match next {
                _ if passed => format!(" (the deadline of this call is {:?})", deadline.total),
                Next::TooLate(pause) => format!(" (no time to try again, {:.1} s later)", pause.as_secs_f64()),
                _ => return failure,
            };
            Failure { summary: failure.summary + &why, ..failure }
        };
        let mut response = match outcome {
            Ok(response) => response,
            Err(failure) if self.cancel.is_set() => return Err(cancelled().with_body(&failure.received)),
            Err(failure) => return Err(explain(failure).into_error()),
        };
        // Where only the end of the connection shows that of the answer, a cancellation may have caused it.
        if self.cancel.is_set() && (response.cut_short.is_some() || !response.framed) {
            response.cut_short = Some(Failure::new(ErrorKind::Cancelled, CANCELLED));
        }
        response.cut_short = response.cut_short.map(explain);
        if let (429, Next::TooLate(pause)) = (response.status, next) {
            response.retry_after = Some(pause);
        }
        Ok(response)
    }
}

/// How long a pause may be. A call that may go on for as long as it moves does not move while it pauses.
fn max_pause(left: Duration, stall: Option<Stall>) -> Duration {
    stall.map_or(left, |stall| left.min(stall.answer))
}

/// Returns the bytes that came in response, whether they are HTTP or not.
fn received(outcome: &Outcome) -> &[u8] {
    match outcome {
        Ok(response) => &response.body,
        Err(failure) => &failure.received,
    }
}

/// Gives a reserved slot back, as nothing was sent in it.
fn give_back(budget: Option<&Budget>, slot: Instant) {
    if let Some(budget) = budget {
        budget.give_back(slot);
    }
}

fn over_budget(wait: Duration) -> Error {
    let summary = "the key's rate budget has no room for this before the deadline";
    Error::new(ErrorKind::RateLimited, summary).with_retry_after(Some(wait))
}

const CANCELLED: &str = "cancelled";

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, CANCELLED)
}

#[cfg(test)]
pub(crate) mod tests;
