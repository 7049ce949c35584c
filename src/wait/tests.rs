//! Tests of waits on a fake clock: the times of the polls, the end of the wait, and its errors.

use std::sync::{Arc, Mutex};

use super::*;
use crate::api_key::ApiKey;
use crate::call::Caller;
use crate::call::cancel::Cancel;
use crate::call::fake::{FakeClock, SECOND, Scripted, Sent, TimedOutcome, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::client::Client;
use crate::config::Settings;
use crate::model::medium::Image;
use crate::model::report::image::ImageReport;
use crate::model::submitted::{AnySubmitted, Submitted};

const NEW: &str = r#"{"identifier":"abc","status":"new"}"#;
const DONE: &str = r#"{"identifier":"abc","status":"done","verdict":{"classification":"human"}}"#;

/// Creates a client on a fake clock. `script` returns the response to each poll by its number, counted from 0.
fn fixture(script: impl Fn(usize) -> TimedOutcome + Send + 'static) -> (Client, Arc<FakeClock>, Arc<Mutex<Vec<Sent>>>) {
    let clock = FakeClock::new(|_| ());
    let mut number = 0..;
    let (caller, sent) = Scripted::caller(&clock, move |_| script(number.next().unwrap()));
    (client(caller), clock, sent)
}

/// Creates a client without a rate limit.
fn client(caller: Caller) -> Client {
    let mut settings = Settings::new(ApiKey::new("key"));
    settings.options.rate_limit = RateLimit::unlimited();
    Client::over(Arc::new(caller), &settings).unwrap()
}

fn submitted_elsewhere() -> Submitted<Image> {
    Submitted::new("abc".parse().unwrap())
}

fn submitted_at(now: Instant) -> Submitted<Image> {
    AnySubmitted::from(submitted_elsewhere()).with_own(Some(now), &[]).try_into().unwrap()
}

struct Waited {
    result: Result<ImageReport>,
    took: Duration,
    /// The time of each poll, in milliseconds.
    polls: Vec<u128>,
    limits: Vec<Duration>,
}

fn wait(wait: WaitOptions, submitted_here: bool, script: impl Fn(usize) -> TimedOutcome + Send + 'static) -> Waited {
    let (client, clock, sent) = fixture(script);
    let submitted = if submitted_here { submitted_at(client.caller.now()) } else { submitted_elsewhere() };
    let result = client.with_wait(wait).wait(&submitted);
    let sent = sent.lock().unwrap();
    assert!(sent.iter().all(|sent| sent.path == "/api/classification/abc"));
    let polls = sent.iter().map(|sent| sent.at.as_millis()).collect();
    Waited { result, took: clock.passed(), polls, limits: sent.iter().map(|sent| sent.limit).collect() }
}

fn done_at(poll: usize) -> impl Fn(usize) -> TimedOutcome {
    move |number| json(if number < poll { NEW } else { DONE })
}

#[test]
fn wait_default_polls_at_growing_intervals() {
    // The jitter of the fake clock is one half, which shortens each interval by a tenth: 1.8, 2.7, 4.05, 6.075, 9, 9.
    let waited = wait(WaitOptions::default(), true, done_at(6));
    assert_eq!(waited.polls, [1_800, 4_500, 8_550, 14_625, 23_625, 32_625, 41_625]);
    assert_eq!(waited.result.unwrap().is_artificial(), Some(false));
    let waited = wait(WaitOptions::default(), false, done_at(3));
    assert_eq!(waited.polls, [0, 1_800, 4_500, 8_550], "the first poll is made at once without a known submit time");
    assert!(waited.limits.iter().all(|limit| *limit == 10 * SECOND), "each poll may take ten seconds");
}

#[test]
fn wait_long_after_submit_polls_at_once() {
    let (client, clock, sent) = fixture(done_at(1));
    let submitted = submitted_at(client.caller.now());
    clock.pass(SECOND);
    let later = submitted.clone();
    client.wait(&submitted).unwrap();
    client.wait(&later).unwrap();
    let polls: Vec<_> = sent.lock().unwrap().iter().map(|sent| sent.at.as_millis()).collect();
    assert_eq!(polls, [1_800, 4_500, 4_500]);
}

#[test]
fn intervals_are_shortened_by_jitter_and_bounded() {
    let wait = WaitOptions::default();
    let nominal = |number| wait.backoff.pause(number, 0.0).as_millis();
    assert_eq!([0, 1, 2, 3, 4, 5, u32::MAX].map(nominal), [2_000, 3_000, 4_500, 6_750, 10_000, 10_000, 10_000]);
    assert_eq!(wait.backoff.pause(0, 1.0), 2 * SECOND * 4 / 5);
    let steady = WaitOptions::default().growth(1.0).initial_interval(SECOND);
    assert_eq!((steady.backoff.pause(0, 0.0), steady.backoff.pause(9, 0.0)), (SECOND, SECOND));
    let endless = WaitOptions::default().initial_interval(Duration::MAX).max_interval(Duration::MAX);
    assert!(endless.backoff.pause(u32::MAX, 0.0) > 1_000 * SECOND);
}

#[test]
fn wait_timeout_is_exact_and_error_has_last_state() {
    for seconds in [1, 7, 60, 300] {
        let timeout = Duration::from_secs(seconds);
        let waited = wait(WaitOptions::default().timeout(timeout), true, |_| json(NEW));
        let last_poll = Duration::from_millis(u64::try_from(*waited.polls.last().unwrap()).unwrap());
        let reserve = SECOND.min(timeout / 4);
        assert!(waited.took <= timeout && last_poll + reserve == timeout, "{seconds}: {last_poll:?}");
        assert_eq!(waited.limits.last(), Some(&reserve), "the last poll may not end after the timeout");
        let error = waited.result.unwrap_err();
        assert_eq!((error.kind(), error.last_state()), (ErrorKind::WaitTimedOut, Some(&State::Pending)));
        assert_eq!(error.identifier().unwrap().as_str(), "abc");
        assert!(error.to_string().contains(&format!("after {seconds}s (last state: new)")), "{error}");
    }
    // A poll that takes its whole time limit does not prolong the wait.
    let slow = |_| (failure(ErrorKind::Timeout, true).0, 60 * SECOND);
    let waited = wait(WaitOptions::default().timeout(25 * SECOND), false, slow);
    assert_eq!((waited.took, waited.polls.as_slice()), (25 * SECOND, &[0, 11_800, 24_000][..]));
    assert!(waited.result.unwrap_err().to_string().contains("no poll succeeded"));
}

#[test]
fn wait_after_temporary_failures_continues() {
    use ErrorKind::{Connect, Disconnected, Timeout};
    let waited = wait(WaitOptions::default(), false, |number| match number {
        0 => failure(Connect, false),
        1 => failure(Disconnected, true),
        2 => failure(Timeout, true),
        3 => status(408, None),
        4 => status(429, None),
        5 => status(500, None),
        6 => status(503, None),
        _ => json(DONE),
    });
    assert!(waited.result.is_ok());
    assert_eq!(waited.polls.len(), 8, "each poll is a single attempt");
    let error = wait(WaitOptions::default(), false, |_| failure(Connect, false)).result.unwrap_err();
    assert_eq!((error.kind(), error.last_state()), (ErrorKind::WaitTimedOut, None));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("failed"));
    let seen_once = |number| if number == 0 { json(NEW) } else { status(500, None) };
    let error = wait(WaitOptions::default(), false, seen_once).result.unwrap_err();
    assert_eq!(error.last_state(), Some(&State::Pending));
}

#[test]
fn wait_after_permanent_failure_ends_with_identifier() {
    let table = [
        (status(401, None), ErrorKind::Unauthorized),
        (status(403, None), ErrorKind::Forbidden),
        (status(404, None), ErrorKind::NotFound),
        (status(400, None), ErrorKind::Rejected),
        (status(302, None), ErrorKind::Redirect),
        (failure(ErrorKind::Tls, false), ErrorKind::Tls),
        (json("<html>"), ErrorKind::UnexpectedResponse),
        (json(r#"{"status":"errored","errors":["Not an image.","\u001b[31m"]}"#), ErrorKind::AnalysisFailed),
    ];
    for (outcome, kind) in table {
        let outcome = Mutex::new(Some(outcome));
        let waited = wait(WaitOptions::default(), false, move |_| outcome.lock().unwrap().take().unwrap());
        let error = waited.result.unwrap_err();
        assert_eq!((error.kind(), error.identifier().unwrap().as_str()), (kind, "abc"));
        assert!(!error.may_have_been_sent(), "a poll costs nothing");
        if kind == ErrorKind::AnalysisFailed {
            assert_eq!(error.message(), Some("Not an image.; \\u{1b}[31m"));
            assert!(error.body().unwrap().contains("errored"));
        }
    }
}

#[test]
fn retry_after_lengthens_interval_but_never_shortens() {
    let requests = |seconds| move |number| if number == 0 { status(429, Some(seconds)) } else { json(DONE) };
    assert_eq!(wait(WaitOptions::default(), false, requests(40)).polls, [0, 40_000]);
    assert_eq!(wait(WaitOptions::default(), false, requests(0)).polls, [0, 1_800]);
    let pending = |number| match number {
        0 => (status(202, Some(30)).0, Duration::ZERO),
        _ => json(DONE),
    };
    assert_eq!(wait(WaitOptions::default(), false, pending).polls, [0, 30_000], "also in a pending report");
    let waited = wait(WaitOptions::default(), false, requests(300));
    let error = waited.result.unwrap_err();
    assert_eq!((error.kind(), waited.took), (ErrorKind::WaitTimedOut, Duration::ZERO), "no time for another poll");
    assert_eq!((error.retry_after(), waited.polls.len()), (Some(300 * SECOND), 1));
    assert!(error.to_string().contains("the next poll, in 300.0s, is after the timeout"), "{error}");
}

#[test]
fn client_timeout_limits_each_poll() {
    let (client, _, sent) = fixture(done_at(0));
    client.with_timeout(3 * SECOND).wait(&submitted_elsewhere()).unwrap();
    assert_eq!(sent.lock().unwrap()[0].limit, 3 * SECOND);
    let error = client.with_timeout(Duration::ZERO).wait(&submitted_elsewhere()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn wait_cancelled_polls_no_more() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, sent) = Scripted::caller(&clock, |_| json(NEW));
    let client = client(caller);
    let error = client.wait(&submitted_at(client.caller.now())).unwrap_err();
    assert_eq!((error.kind(), sent.lock().unwrap().len()), (ErrorKind::Cancelled, 0));
    assert_eq!(error.identifier().unwrap().as_str(), "abc");
}

#[test]
fn wait_options_invalid_are_rejected_before_submit() {
    let table = [
        (WaitOptions::default().timeout(Duration::ZERO), "wait.timeout"),
        (WaitOptions::default().initial_interval(Duration::ZERO), "wait.initial_interval"),
        (WaitOptions::default().max_interval(Duration::ZERO), "wait.max_interval"),
        (WaitOptions::default().growth(0.5), "wait.growth"),
        (WaitOptions::default().growth(f64::NAN), "wait.growth"),
        (WaitOptions::default().growth(f64::INFINITY), "wait.growth"),
    ];
    let (client, _, sent) = fixture(|_| panic!("nothing is to be sent"));
    for (wait, field) in table {
        let with_options = client.with_wait(wait.clone());
        let classified = with_options.classify(&Image::from_url("https://x.test/"));
        let built = Client::builder("key").base_url("http://localhost").wait(wait).build().map(drop);
        for outcome in [with_options.wait(&submitted_elsewhere()).map(drop), classified.map(drop), built] {
            let error = outcome.unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.to_string().starts_with(field), "{error}");
        }
    }
    assert!(sent.lock().unwrap().is_empty());
    WaitOptions::default().timeout(Duration::MAX).growth(1.0).check().unwrap();
}
