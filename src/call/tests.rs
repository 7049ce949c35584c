//! Tests of calls, on a fake clock and with scripted responses.

use std::sync::Mutex;

use super::attempt::Observer;
use super::fake::{FakeClock, SECOND, Scripted, TimedOutcome, failure, in_sequence, status};
use super::*;
use crate::http::request::{Content, Method, Stall, Timeout};

struct Call {
    result: Result<CallResponse>,
    /// The limit of each attempt.
    limits: Vec<Duration>,
    slept: Vec<Duration>,
    seen: Vec<Attempt>,
}

pub(crate) fn options(timeout: Duration) -> CallOptions {
    let rate_limit = RateLimit::unlimited();
    CallOptions { timeout: Some(timeout), retries: 2, rate_limit, ..CallOptions::default() }
}

pub(crate) fn content(bytes: &[u8]) -> Content<'static> {
    Content { media_type: "text/plain".to_owned(), files: Vec::new(), tail: bytes.to_vec(), watcher: None }
}

pub(crate) fn request() -> Request<'static> {
    let content = content(b"body");
    Request {
        method: Method::Post,
        path: "/p".into(),
        accept: None,
        content: Some(content),
        redact: Vec::new(),
        is_idempotent: false,
        is_accepted: |_| false,
        requires_key: true,
        timeout: Timeout::Whole(120 * SECOND),
        attempt_timeout: Duration::MAX,
        response_limit: 1_000,
    }
}

fn run(outcomes: impl IntoIterator<Item = TimedOutcome>, options: CallOptions) -> Call {
    run_with(outcomes, &request(), options, |_| ())
}

fn run_with(
    outcomes: impl IntoIterator<Item = TimedOutcome>,
    request: &Request<'_>,
    mut options: CallOptions,
    on_sleep: fn(&Cancel),
) -> Call {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    options.observer = Some(Observer::new(move |attempt: &Attempt| log.lock().unwrap().push(attempt.clone())));
    let clock = FakeClock::new(on_sleep);
    let (caller, sent) = Scripted::caller(&clock, in_sequence(outcomes.into_iter().collect()));
    let result = caller.call(request, &ApiKey::new("key"), &options);
    let limits = sent.lock().unwrap().iter().map(|sent| sent.limit).collect();
    let seen = seen.lock().unwrap().clone();
    Call { result, limits, slept: clock.slept(), seen }
}

#[test]
fn call_after_429_is_retried_after_requested_pause() {
    let call = run([status(429, Some(1)), status(200, None)], options(30 * SECOND));
    let last = call.result.unwrap();
    assert_eq!((last.response.status, call.slept), (200, vec![SECOND]));
    assert_eq!(call.limits, [30 * SECOND, 29 * SECOND]);
}

#[test]
fn call_after_429_without_hint_doubles_pauses() {
    let call = run([status(429, None), status(429, None), status(429, Some(9))], options(30 * SECOND));
    let last = call.result.unwrap();
    assert_eq!(call.slept, [SECOND / 4, SECOND / 2]);
    assert_eq!(
        (last.response.status, last.response.retry_after),
        (429, Some(9 * SECOND)),
        "the last response is returned"
    );
    assert!(!last.may_have_been_sent);
}

#[test]
fn submit_possibly_accepted_is_not_repeated() {
    for outcome in [failure(ErrorKind::Disconnected, true), failure(ErrorKind::Timeout, true)] {
        let call = run([outcome], options(30 * SECOND));
        let error = call.result.unwrap_err();
        assert!(error.may_have_been_sent() && !error.to_string().contains("deadline"), "there was time left: {error}");
    }
    for unclear in [status(503, None), status(500, None), status(302, None)] {
        let last = run([unclear], options(30 * SECOND)).result.unwrap();
        assert!(last.may_have_been_sent);
    }
}

#[test]
fn submit_certainly_unsent_is_retried() {
    let outcomes = [failure(ErrorKind::Connect, false), failure(ErrorKind::Disconnected, false), status(200, None)];
    let call = run(outcomes, options(30 * SECOND));
    assert_eq!((call.result.unwrap().response.status, call.limits.len()), (200, 3));
    let call = run([failure(ErrorKind::Tls, false)], options(30 * SECOND));
    assert_eq!(call.result.unwrap_err().kind(), ErrorKind::Tls);
    let never = CallOptions { retries: 0, ..options(30 * SECOND) };
    let error = run([failure(ErrorKind::Connect, false)], never).result.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_sent());
}

#[test]
fn submit_resent_keeps_may_have_been_sent() {
    let resend = CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let outcomes = [failure(ErrorKind::Disconnected, true), status(500, None), failure(ErrorKind::Connect, false)];
    let error = run(outcomes, resend).result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.may_have_been_sent(), "the first attempt may have arrived");
}

#[test]
fn pause_beyond_deadline_ends_call_at_once() {
    let call = run([status(429, Some(60))], options(30 * SECOND));
    let last = call.result.unwrap();
    assert_eq!((call.slept.len(), last.response.retry_after), (0, Some(60 * SECOND)));
    let (outcome, _) = status(429, None);
    let call = run([(outcome, 29 * SECOND + SECOND * 7 / 8)], options(30 * SECOND));
    assert_eq!(call.result.unwrap().response.retry_after, Some(SECOND / 4), "the pause for which no time was left");
    let error =
        run([(failure(ErrorKind::Connect, false).0, 29 * SECOND + SECOND * 7 / 8)], options(30 * SECOND)).result;
    assert!(error.unwrap_err().to_string().contains("not retried: the next attempt, in 0.2 s, is after the deadline"));
    let resend = CallOptions { resend_if_unknown: true, ..options(SECOND / 8) };
    assert_eq!(run([status(500, None)], resend).result.unwrap().response.retry_after, None, "not requested");
    let call = run([status(503, Some(u64::MAX))], options(Duration::MAX));
    assert_eq!(call.result.unwrap().response.status, 503);
}

#[test]
fn pause_with_stall_limit_is_bounded_by_it() {
    let stall = Stall { sending: 60 * SECOND, response: 120 * SECOND };
    let upload = Request { timeout: Timeout::Stall(stall), ..request() };
    let own = || CallOptions { timeout: None, ..options(SECOND) };
    let call = run_with([status(429, Some(86_400))], &upload, own(), |_| ());
    assert_eq!((call.slept.len(), call.result.unwrap().response.retry_after), (0, Some(86_400 * SECOND)));
    let call = run_with([status(429, Some(100)), status(200, None)], &upload, own(), |_| ());
    assert_eq!((call.slept, call.result.unwrap().response.status), (vec![100 * SECOND], 200));
}

#[test]
fn deadline_covers_attempts_and_pauses() {
    let slow = |outcome: TimedOutcome| (outcome.0, 12 * SECOND);
    let call = run([slow(status(429, Some(5))), slow(status(429, Some(5)))], options(30 * SECOND));
    assert_eq!(call.limits, [30 * SECOND, 13 * SECOND]);
    assert_eq!(call.slept, [5 * SECOND]);
    let late = (failure(ErrorKind::Timeout, true).0, 30 * SECOND);
    let error = run([late], options(30 * SECOND)).result.unwrap_err();
    assert!(error.to_string().contains("deadline of 30s exceeded"), "{error}");
    let year = 365 * 24 * 60 * 60 * SECOND;
    let unbounded = run([status(200, None)], options(Duration::MAX)).limits;
    assert!(unbounded[0] >= 9 * year && unbounded[0] < 100 * year, "{unbounded:?}");
    let own = CallOptions { timeout: None, ..options(SECOND) };
    assert_eq!(run([status(200, None)], own).limits, [120 * SECOND]);
}

#[test]
fn read_after_failure_is_retried() {
    let read = Request {
        is_idempotent: true,
        attempt_timeout: 10 * SECOND,
        timeout: Timeout::Whole(30 * SECOND),
        ..request()
    };
    let own = CallOptions { timeout: None, ..options(SECOND) };
    let slow = (failure(ErrorKind::Timeout, true).0, 10 * SECOND);
    let call = run_with([slow, failure(ErrorKind::Disconnected, true), status(200, None)], &read, own, |_| ());
    assert_eq!(call.result.unwrap().response.status, 200);
    assert_eq!(call.limits, [10 * SECOND; 3], "the limit of an attempt is the request's attempt_timeout");
    let call = run_with([status(200, None)], &read, options(90 * SECOND), |_| ());
    assert_eq!(call.limits, [30 * SECOND], "or a third of the caller's timeout, if that is longer");
    let outcomes = || [status(503, None), status(502, None), status(500, None)];
    let last = run_with(outcomes(), &read, options(30 * SECOND), |_| ()).result.unwrap();
    assert_eq!((last.response.status, last.may_have_been_sent), (500, false), "a read costs nothing");
    let error = run_with(
        [failure(ErrorKind::Disconnected, true)],
        &read,
        CallOptions { retries: 0, ..options(SECOND) },
        |_| (),
    );
    let error = error.result.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_sent());
}

#[test]
fn observer_sees_each_attempt_and_pause() {
    let outcomes = [failure(ErrorKind::Connect, false), status(429, Some(3)), (status(200, None).0, SECOND)];
    let seen = run(outcomes, options(30 * SECOND)).seen;
    let fields: Vec<_> = seen.iter().map(|a| (a.number, a.status, a.failure, a.took, a.pause)).collect();
    assert_eq!(
        fields,
        [
            (1, None, Some(ErrorKind::Connect), Duration::ZERO, Some(SECOND / 4)),
            (2, Some(429), None, Duration::ZERO, Some(3 * SECOND)),
            (3, Some(200), None, SECOND, None),
        ]
    );
}

#[test]
fn call_cancelled_keeps_may_have_been_sent() {
    let call = run_with([status(429, Some(1))], &request(), options(30 * SECOND), Cancel::set);
    let error = call.result.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, false));
    let resend = CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let error = run_with([failure(ErrorKind::Disconnected, true)], &request(), resend, Cancel::set).result.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, true));
}

#[test]
fn call_cancelled_keeps_received_bytes() {
    for is_sent in [true, false] {
        let shared = Arc::<std::sync::OnceLock<Caller>>::default();
        let in_script = Arc::clone(&shared);
        let (caller, _) = Scripted::caller(&FakeClock::new(|_| ()), move |_| {
            in_script.get().unwrap().cancel();
            let failure = Failure::new(ErrorKind::Disconnected, "lost").with_request_fully_sent(is_sent);
            (Err(Failure { received: b"abc".to_vec(), ..failure }), Duration::ZERO)
        });
        let caller = shared.get_or_init(|| caller);
        let once = CallOptions { retries: 0, ..options(30 * SECOND) };
        let error = caller.call(&request(), &ApiKey::new("key"), &once).unwrap_err();
        assert_eq!((error.kind(), error.body()), (ErrorKind::Cancelled, Some("abc")));
        assert!(!error.may_repeat(), "otherwise a batch would submit it again");
    }
}

/// Makes `count` calls one after the other, with the default rate limit. Each attempt ends with `outcome`. Returns the
/// results of the calls and the times of the attempts. Each test uses another `key`, because the process shares the
/// window of a key.
fn rate_limited(
    key: &str,
    count: usize,
    timeout: Duration,
    outcome: fn() -> TimedOutcome,
) -> (Vec<Result<CallResponse>>, Vec<Duration>) {
    let clock = FakeClock::new(|_| ());
    let (caller, sent) = Scripted::caller(&clock, move |_| outcome());
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(timeout) };
    let results = (0..count).map(|_| caller.call(&request(), &ApiKey::new(key), &options)).collect();
    let times = sent.lock().unwrap().iter().map(|sent| sent.at).collect();
    (results, times)
}

#[test]
fn calls_over_the_rate_limit_wait_for_a_slot() {
    let (results, times) = rate_limited("rate_limited-1", 32, 120 * SECOND, || status(200, None));
    assert!(results.iter().all(Result::is_ok));
    let (gap, even) = (Duration::from_millis(1_020), Duration::from_millis(60_500) / 30);
    assert_eq!((times[0], times[1], times[29]), (Duration::ZERO, gap, gap * 19 + even * 10));
    assert_eq!((times[30], times[31]), (Duration::from_millis(60_500), Duration::from_millis(60_500) + even));
}

#[test]
fn slot_beyond_deadline_fails_at_once() {
    let (results, times) = rate_limited("rate_limited-2", 31, 20 * SECOND, || status(200, None));
    assert_eq!(times.len(), 30, "the last request was not sent");
    let error = results[30].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::RateLimited, false));
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_millis(60_500 - 19 * 1_020).saturating_sub(Duration::from_millis(60_500) / 30 * 10))
    );
    assert!(error.is_retryable());
}

#[test]
fn call_after_429_without_hint_waits_for_window_end() {
    let (results, times) = rate_limited("rate_limited-3", 1, 120 * SECOND, || status(429, None));
    // Each attempt begins a new window, so only one retry fits into the two minutes.
    assert_eq!(times, [Duration::ZERO, Duration::from_millis(60_500)]);
    let last = results[0].as_ref().unwrap();
    assert_eq!((last.response.status, last.response.retry_after), (429, Some(Duration::from_millis(60_500))));
    let (results, times) = rate_limited("rate_limited-4", 1, 30 * SECOND, || status(429, None));
    assert_eq!(
        (times.len(), results[0].as_ref().unwrap().response.retry_after),
        (1, Some(Duration::from_millis(60_500)))
    );
}

#[test]
fn call_cancelled_waiting_for_slot_sends_nothing() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, sent) = Scripted::caller(&clock, |_| status(200, None));
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(120 * SECOND) };
    let call = || caller.call(&request(), &ApiKey::new("rate_limited-5"), &options);
    assert!(call().is_ok());
    assert_eq!((call().unwrap_err().kind(), sent.lock().unwrap().len()), (ErrorKind::Cancelled, 1));
}

#[test]
fn slot_of_attempt_without_connection_is_returned() {
    let (results, times) = rate_limited("rate_limited-6", 11, 120 * SECOND, || failure(ErrorKind::Connect, false));
    assert_eq!(times.len(), 33, "three attempts each");
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Connect)));
    // The network works again, and the whole rate limit is available.
    let (results, times) = rate_limited("rate_limited-6", 30, 120 * SECOND, || status(200, None));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((times[0], times[1]), (Duration::ZERO, Duration::from_millis(1_020)));
    // An attempt that had a connection counts, even if it failed.
    rate_limited("rate_limited-7", 10, 120 * SECOND, || failure(ErrorKind::Disconnected, false));
    let (results, _) = rate_limited("rate_limited-7", 1, SECOND / 2, || status(200, None));
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::RateLimited);
}

#[test]
fn slot_reserved_before_call_is_returned() {
    let clock = FakeClock::new(|_| ());
    let (caller, _) = Scripted::caller(&clock, |_| failure(ErrorKind::Connect, false));
    let key = ApiKey::new("rate_limited-8");
    let mut options = CallOptions { rate_limit: RateLimit::default(), retries: 0, ..options(120 * SECOND) };
    for _ in 0..40 {
        options.reserved_slot = caller.try_reserve(Method::Post, &key, options.rate_limit);
        assert!(options.reserved_slot.is_some());
        clock.pass(SECOND / 100);
        assert_eq!(caller.call(&request(), &key, &options).unwrap_err().kind(), ErrorKind::Connect);
    }
    assert_eq!(caller.next_slot_in(Method::Post, &key, options.rate_limit), Duration::ZERO);
}

#[test]
fn slot_of_cancelled_call_is_returned() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, _) = Scripted::caller(&clock, |_| status(200, None));
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(120 * SECOND) };
    let key = ApiKey::new("rate_limited-9");
    caller.call(&request(), &key, &options).unwrap();
    let before = caller.next_slot_in(Method::Post, &key, options.rate_limit);
    assert_eq!(caller.call(&request(), &key, &options).unwrap_err().kind(), ErrorKind::Cancelled);
    // The clock advanced by the wait, and only the slot of the first call is left in the window.
    assert_eq!(
        (before, caller.next_slot_in(Method::Post, &key, options.rate_limit)),
        (Duration::from_millis(1_020), Duration::ZERO)
    );
}

#[test]
fn response_accepted_despite_500_is_not_repeated() {
    let accepted = Request { is_accepted: |received| received == b"abc", ..request() };
    let resend = || CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let refusal = || (Ok(Response { status: 500, body: b"abc".to_vec(), ..Response::default() }), Duration::ZERO);
    let call = run_with([refusal()], &accepted, resend(), |_| ());
    assert_eq!((call.result.unwrap().response.status, call.limits.len()), (500, 1), "a retry would be paid for again");
    // The connection was lost within the response head, after a header field that contains the identifier.
    let failure = Failure::new(ErrorKind::Disconnected, "lost").with_request_fully_sent(true);
    let lost = || (Err(Failure { received: b"abc".to_vec(), ..failure }), Duration::ZERO);
    let call = run_with([lost()], &accepted, resend(), |_| ());
    assert_eq!(
        (call.result.unwrap_err().body(), call.limits.len()),
        (Some("abc"), 1),
        "a retry would be paid for again"
    );
}
