//! Calls. A call is one request with its retries, under one deadline and the rate limit of the key.

pub(crate) mod attempt;
pub(crate) mod backoff;
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
use self::options::CallOptions;
use self::rate_limit::Limiter;
use self::rate_limit::config::RateLimit;
use self::retry::{Decision, Limits, Next};
use crate::api_key::ApiKey;
use crate::error::{Error, ErrorKind, Result};
use crate::http::endpoint::Target;
use crate::http::request::{Method, Request, Stall, Timeout};
use crate::http::response::{Failure, Response};
use crate::http::transport::{Outcome, Transport};
use crate::http::ureq;
use crate::util::time::{MAX, div, saturating_add};

/// The last response to a request.
#[derive(Debug)]
pub(crate) struct CallResponse {
    pub(crate) response: Response,
    /// If `true` and the response is not a success, the service may have accepted the submit in this attempt or in an
    /// earlier one.
    pub(crate) may_have_been_sent: bool,
    /// If `true` and the response is not a success, the request [may be repeated](retry::may_repeat).
    pub(crate) may_repeat: bool,
}

/// Makes the calls of one client and of its clones.
#[derive(Debug)]
pub(crate) struct Caller {
    transport: Box<dyn Transport>,
    clock: Arc<dyn Clock>,
    cancel: Cancel,
    /// The host and port of the service. Rate limits are kept per key and service.
    service: String,
    /// The length of the path of the base URL, which is a part of each request line.
    pub(crate) base_path_len: usize,
}

impl Caller {
    /// Creates a caller that sends requests to `target` over the network and uses the system clock.
    pub(crate) fn new(target: Target) -> Result<Self> {
        let (service, base_path_len) = (target.base.authority.clone(), target.base.path.len());
        Ok(Self {
            service,
            base_path_len,
            ..Self::with(Box::new(ureq::HttpTransport::new(target)?), Arc::new(SystemClock))
        })
    }

    pub(crate) fn with(transport: Box<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, cancel: Cancel::new(), service: String::new(), base_path_len: 0 }
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Returns a random number for jitter, at least 0 and less than 1.
    pub(crate) fn jitter(&self) -> f64 {
        self.clock.jitter()
    }

    /// Sleeps for `pause` between two calls. Fails if the client is cancelled.
    pub(crate) fn pause(&self, pause: Duration) -> Result<()> {
        self.sleep(pause);
        if self.cancel.is_set() { Err(cancelled()) } else { Ok(()) }
    }

    /// Sleeps for `pause`. Returns earlier if `is_over` returns `true`, which is checked at the beginning and after
    /// each [notification](Self::notify).
    pub(crate) fn pause_unless(&self, pause: Duration, is_over: &dyn Fn() -> bool) {
        self.clock.sleep(pause, &self.cancel, is_over);
    }

    /// Wakes the threads in [`pause_unless`](Self::pause_unless), so that each checks its `is_over` again.
    pub(crate) fn notify(&self) {
        self.cancel.notify();
    }

    /// Returns the host and port of the service.
    #[cfg(feature = "journal")]
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_set()
    }

    /// Returns the time until the next request of a class may be sent.
    pub(crate) fn next_slot_in(&self, method: Method, key: &ApiKey, rate_limit: RateLimit) -> Duration {
        let now = self.clock.now();
        Limiter::for_key(key, &self.service, method, rate_limit, now)
            .map_or(Duration::ZERO, |limiter| limiter.wait(now))
    }

    /// Reserves the next slot of a class, for [`CallOptions::reserved_slot`], if it is free now.
    pub(crate) fn try_reserve(&self, method: Method, key: &ApiKey, rate_limit: RateLimit) -> Option<Instant> {
        let now = self.clock.now();
        let limiter = Limiter::for_key(key, &self.service, method, rate_limit, now);
        limiter.is_none_or(|limiter| limiter.reserve(now, Duration::ZERO).is_ok()).then_some(now)
    }

    /// Permanently ends pauses and makes later calls fail. A request that is already being sent runs to its end.
    pub(crate) fn drain(&self) {
        self.cancel.set();
    }

    /// Permanently ends all calls, including requests that are already being sent.
    pub(crate) fn cancel(&self) {
        self.drain();
        self.transport.shut_down();
    }

    /// Sends `request`, retries it if `options` allow that, and returns the last response, with any status code.
    ///
    /// One deadline covers the whole call: the attempts, the pauses between them, and the waits for a slot of the rate
    /// limit. It is [`CallOptions::timeout`] if that is set, else the [`Timeout`] of the request. A request with a
    /// [`Stall`] has no deadline. The transport ends its attempts when they make no progress, and a pause may last at
    /// most [`max_pause`].
    ///
    /// One attempt may take [`Request::attempt_timeout`] or a third of the call's timeout. The longer of the two
    /// applies, but never more than the time that is left. If a pause or a wait for a slot would be too long, the call
    /// ends at once instead.
    pub(crate) fn call(&self, request: &Request<'_>, key: &ApiKey, options: &CallOptions) -> Result<CallResponse> {
        let (total, stall) = match (options.timeout, request.timeout) {
            (Some(total), _) | (None, Timeout::Whole(total)) => (total, None),
            (None, Timeout::Stall(stall)) => (MAX, Some(stall)),
        };
        let mut now = self.clock.now();
        let deadline = Deadline::new(options.deadline_start.unwrap_or(now), total);
        let retries = if request.is_one_shot() { 0 } else { options.retries };
        let rate_limit = if request.requires_key { options.rate_limit } else { RateLimit::unlimited() };
        let limiter = Limiter::for_key(key, &self.service, request.method, rate_limit, now);
        let mut reserved_slot = options.reserved_slot.filter(|_| !request.is_idempotent);
        let mut number = 0_u32;
        let mut may_have_been_sent = false;
        loop {
            let mut slot = reserved_slot.take();
            if let Some(limiter) = limiter.as_ref().filter(|_| slot.is_none()) {
                let wait = limiter.reserve(now, max_pause(deadline.left(now), stall));
                let wait = wait.map_err(|wait| retry::no_slot(wait).mark_maybe_sent(may_have_been_sent))?;
                slot = Some(saturating_add(now, wait));
                if !wait.is_zero() {
                    now = self.sleep(wait);
                }
            }
            let give_back = || {
                if let (Some(limiter), Some(slot)) = (&limiter, slot) {
                    limiter.give_back(slot);
                }
            };
            if self.cancel.is_set() {
                give_back();
                return Err(cancelled().mark_maybe_sent(may_have_been_sent));
            }
            number = number.saturating_add(1);
            // Scale the per-attempt timeout with the overall one: at least a third of it.
            let attempt_timeout = request.attempt_timeout.max(div(deadline.total, 3));
            let limit = deadline.left(now).min(attempt_timeout);
            let outcome = self.transport.send(request, key, limit, stall);
            let (end, jitter) = (self.clock.now(), self.clock.jitter());
            let next_slot = match (&limiter, &outcome) {
                (Some(limiter), Ok(response)) => limiter.learn(end, response, jitter),
                // Without a connection the service has not seen the attempt, so it does not count it.
                (_, Err(failure)) if !failure.connected => {
                    give_back();
                    None
                }
                _ => None,
            };
            may_have_been_sent |= !request.is_idempotent && retry::may_have_been_sent(&outcome);
            let may_repeat = retry::may_repeat(&outcome, request.is_idempotent, options.resend_if_unknown)
                && !(request.is_accepted)(received(&outcome));
            let retries = if may_repeat { retries.saturating_sub(number.saturating_sub(1)) } else { 0 };
            let left = max_pause(deadline.left(end), stall);
            let decision = retry::decide(&outcome, Limits { retries, number, next_slot, left }, jitter);
            if let Some(observer) = &options.observer {
                observer.notify(&Attempt::new(number, &outcome, end.saturating_duration_since(now), decision.next));
            }
            if let Next::Retry(pause) = decision.next {
                now = self.sleep(pause);
                continue;
            }
            return match self.conclude(outcome, decision, &deadline) {
                Ok(response) => Ok(CallResponse { response, may_have_been_sent, may_repeat }),
                Err(error) => {
                    let may_repeat = may_repeat && !self.cancel.is_set();
                    Err(error.mark_maybe_sent(may_have_been_sent).mark_repeatable(may_repeat))
                }
            };
        }
    }

    /// Sleeps for `pause` and returns the time afterwards.
    fn sleep(&self, pause: Duration) -> Instant {
        self.pause_unless(pause, &|| false);
        self.clock.now()
    }

    /// Converts the outcome of the last attempt to the result of the call.
    fn conclude(&self, outcome: Outcome, decision: Decision, deadline: &Deadline) -> Result<Response> {
        let explain = |failure: Failure| {
            let passed = failure.kind == ErrorKind::Timeout && deadline.left(self.clock.now()).is_zero();
            let why = match decision.next {
                _ if passed => format!(" (deadline of {:?} exceeded)", deadline.total),
                Next::TooLate(pause) => {
                    format!(" (not retried: the next attempt, in {:.1} s, is after the deadline)", pause.as_secs_f64())
                }
                _ => return failure,
            };
            Failure { summary: failure.summary + &why, ..failure }
        };
        let mut response = match outcome {
            Ok(response) => response,
            Err(failure) if self.cancel.is_set() => return Err(cancelled().with_body(&failure.received)),
            Err(failure) => return Err(explain(failure).into_error()),
        };
        // A response without a length ends with its connection. A cancellation closes connections, so the body may be
        // incomplete.
        if self.cancel.is_set() && (response.truncated.is_some() || !response.length_known) {
            response.truncated = Some(Failure::new(ErrorKind::Cancelled, "cancelled"));
        }
        response.truncated = response.truncated.map(explain);
        response.retry_after = decision.retry_after;
        Ok(response)
    }
}

/// Returns the maximum duration of a pause, with `left` until the deadline.
///
/// A call with a `stall` limit has no deadline, but nothing progresses during a pause. A pause is therefore limited to
/// the time that the call waits for a response.
fn max_pause(left: Duration, stall: Option<Stall>) -> Duration {
    stall.map_or(left, |stall| left.min(stall.response))
}

/// Returns the bytes that were received in response, even if they are not HTTP.
fn received(outcome: &Outcome) -> &[u8] {
    match outcome {
        Ok(response) => &response.body,
        Err(failure) => &failure.received,
    }
}

/// Returns the error of a call that was cancelled.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "cancelled")
}

#[cfg(test)]
pub(crate) mod tests;
