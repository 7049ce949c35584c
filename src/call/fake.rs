//! A fake clock and a transport with scripted responses, for tests.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Caller;
use super::cancel::Cancel;
use super::clock::Clock;
use crate::api_key::ApiKey;
use crate::error::ErrorKind;
use crate::http::request::{Request, Stall};
use crate::http::response::{Failure, Response};
use crate::http::transport::{Outcome, Transport};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A clock that advances only when the code under test sleeps or when a scripted response takes time.
pub(crate) struct FakeClock {
    start: Instant,
    passed: Mutex<Duration>,
    slept: Mutex<Vec<Duration>>,
    on_sleep: Box<dyn Fn(&Cancel) + Send + Sync>,
}

impl FakeClock {
    pub(crate) fn new(on_sleep: impl Fn(&Cancel) + Send + Sync + 'static) -> Arc<Self> {
        let (passed, slept) = (Mutex::default(), Mutex::default());
        Arc::new(Self { start: Instant::now(), passed, slept, on_sleep: Box::new(on_sleep) })
    }

    pub(crate) fn pass(&self, time: Duration) {
        *self.passed.lock().unwrap() += time;
    }

    /// Returns the time that has passed.
    pub(crate) fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }

    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeClock")
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.start + self.passed()
    }

    fn sleep(&self, pause: Duration, cancel: &Cancel, _: &dyn Fn() -> bool) {
        push_limited(&mut self.slept.lock().unwrap(), pause);
        self.pass(pause);
        (self.on_sleep)(cancel);
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// Adds `item` unless the list is long. A limited list does not distort the test that measures memory.
fn push_limited<T>(list: &mut Vec<T>, item: T) {
    if list.len() < 10_000 {
        list.push(item);
    }
}

/// The scripted outcome of an attempt, and its duration.
pub(crate) type TimedOutcome = (Outcome, Duration);

/// A recorded attempt.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The time that had passed when the attempt began.
    pub(crate) at: Duration,
    /// The maximum duration that the caller gave the attempt.
    pub(crate) limit: Duration,
    pub(crate) path: String,
}

type Script = Box<dyn FnMut(&Request<'_>) -> TimedOutcome + Send>;

/// A transport whose responses come from a script.
pub(crate) struct Scripted {
    clock: Arc<FakeClock>,
    script: Mutex<Script>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Scripted {
    /// Creates a caller with `script` and `clock`. Also returns the list in which it records its attempts.
    pub(crate) fn caller(
        clock: &Arc<FakeClock>,
        script: impl FnMut(&Request<'_>) -> TimedOutcome + Send + 'static,
    ) -> (Caller, Arc<Mutex<Vec<Sent>>>) {
        let sent = Arc::default();
        let transport =
            Self { clock: Arc::clone(clock), script: Mutex::new(Box::new(script)), sent: Arc::clone(&sent) };
        (Caller::with(Box::new(transport), Arc::clone(clock) as _), sent)
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Transport for Scripted {
    fn send(&self, request: &Request<'_>, _: &ApiKey, limit: Duration, _: Option<Stall>) -> Outcome {
        let sent = Sent { at: self.clock.passed(), limit, path: request.path.to_string() };
        push_limited(&mut self.sent.lock().unwrap(), sent);
        let (outcome, took) = (self.script.lock().unwrap())(request);
        // No attempt takes longer than its limit.
        self.clock.pass(took.min(limit));
        outcome
    }
}

/// Returns a script that yields `outcomes` in their order.
pub(crate) fn in_sequence(outcomes: Vec<TimedOutcome>) -> impl FnMut(&Request<'_>) -> TimedOutcome {
    let mut outcomes = outcomes.into_iter();
    move |_| outcomes.next().expect("sent more often than scripted")
}

pub(crate) fn status(status: u16, retry_after: Option<u64>) -> TimedOutcome {
    let retry_after = retry_after.map(Duration::from_secs);
    (Ok(Response { status, retry_after, ..Response::default() }), Duration::ZERO)
}

pub(crate) fn json(body: &str) -> TimedOutcome {
    (Ok(Response { status: 200, body: body.into(), length_known: true, ..Response::default() }), Duration::ZERO)
}

pub(crate) fn failure(kind: ErrorKind, request_fully_sent: bool) -> TimedOutcome {
    let failure = Failure::new(kind, "failed").with_request_fully_sent(request_fully_sent);
    (Err(if kind == ErrorKind::Connect { failure.before_connection() } else { failure }), Duration::ZERO)
}
