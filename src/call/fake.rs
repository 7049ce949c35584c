//! A clock that tests own, and answers that they script.

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

/// Time that passes only when somebody sleeps, or a scripted answer takes some.
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

    /// How much time passed.
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
        keep(&mut self.slept.lock().unwrap(), pause);
        self.pass(pause);
        (self.on_sleep)(cancel);
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// Keeps the first ones, so that a test of memory does not find its own notes.
fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() < 10_000 {
        list.push(item);
    }
}

/// What a try comes to, and how long it takes.
pub(crate) type Try = (Outcome, Duration);

/// A try that was made.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// How much time had passed.
    pub(crate) at: Duration,
    /// How much it was given.
    pub(crate) limit: Duration,
    pub(crate) path: String,
}

type Script = Box<dyn FnMut(&Request<'_>) -> Try + Send>;

/// A transport that answers as a script says.
pub(crate) struct Scripted {
    clock: Arc<FakeClock>,
    script: Mutex<Script>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Scripted {
    /// Returns a caller with `script` on `clock`, and the list of its attempts.
    pub(crate) fn caller(
        clock: &Arc<FakeClock>,
        script: impl FnMut(&Request<'_>) -> Try + Send + 'static,
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
        keep(&mut self.sent.lock().unwrap(), sent);
        let (outcome, took) = (self.script.lock().unwrap())(request);
        // No try takes longer than it is given.
        self.clock.pass(took.min(limit));
        outcome
    }
}

/// A script that plays `tries` one after the other.
pub(crate) fn in_turn(tries: Vec<Try>) -> impl FnMut(&Request<'_>) -> Try {
    let mut tries = tries.into_iter();
    move |_| tries.next().expect("sent more often than scripted")
}

pub(crate) fn status(status: u16, retry_after: Option<u64>) -> Try {
    let retry_after = retry_after.map(Duration::from_secs);
    (Ok(Response { status, retry_after, ..Response::default() }), Duration::ZERO)
}

pub(crate) fn json(body: &str) -> Try {
    (Ok(Response { status: 200, body: body.into(), length_known: true, ..Response::default() }), Duration::ZERO)
}

pub(crate) fn failure(kind: ErrorKind, request_fully_sent: bool) -> Try {
    let failure = Failure::new(kind, "failed").with_request_fully_sent(request_fully_sent);
    (Err(if kind == ErrorKind::Connect { failure.before_connection() } else { failure }), Duration::ZERO)
}
