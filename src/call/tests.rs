//! Calls on a clock that the tests own, with responses that they script.

use std::sync::Mutex;

use super::attempt::Observer;
use super::fake::{FakeClock, SECOND, Scripted, Try, failure, in_turn, status};
use super::*;
use crate::http::request::{Content, Method, Stall, Timeout};

struct Call {
    result: Result<CallResponse>,
    /// The limit that each try got.
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
        try_timeout: Duration::MAX,
        response_limit: 1_000,
    }
}

fn run(tries: impl IntoIterator<Item = Try>, options: CallOptions) -> Call {
    run_with(tries, &request(), options, |_| ())
}

fn run_with(
    tries: impl IntoIterator<Item = Try>,
    request: &Request<'_>,
    mut options: CallOptions,
    on_sleep: fn(&Cancel),
) -> Call {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    options.observer = Some(Observer::new(move |attempt: &Attempt| log.lock().unwrap().push(attempt.clone())));
    let clock = FakeClock::new(on_sleep);
    let (caller, sent) = Scripted::caller(&clock, in_turn(tries.into_iter().collect()));
    let result = caller.call(request, &ApiKey::new("key"), &options);
    let limits = sent.lock().unwrap().iter().map(|sent| sent.limit).collect();
    let seen = seen.lock().unwrap().clone();
    Call { result, limits, slept: clock.slept(), seen }
}

#[test]
fn a_429_is_retried_after_the_pause_that_the_service_asks_for() {
    let call = run([status(429, Some(1)), status(200, None)], options(30 * SECOND));
    let answer = call.result.unwrap();
    assert_eq!((answer.response.status, call.slept), (200, vec![SECOND]));
    assert_eq!(call.limits, [30 * SECOND, 29 * SECOND]);
}

#[test]
fn without_a_hint_pauses_double_and_the_last_answer_stands() {
    let call = run([status(429, None), status(429, None), status(429, Some(9))], options(30 * SECOND));
    let answer = call.result.unwrap();
    assert_eq!(call.slept, [SECOND / 4, SECOND / 2]);
    assert_eq!((answer.response.status, answer.response.retry_after), (429, Some(9 * SECOND)));
    assert!(!answer.may_have_been_sent);
}

#[test]
fn a_submit_of_unknown_fate_is_sent_once_and_says_so() {
    for fate in [failure(ErrorKind::Disconnected, true), failure(ErrorKind::Timeout, true)] {
        let call = run([fate], options(30 * SECOND));
        let error = call.result.unwrap_err();
        assert!(error.may_have_been_sent() && !error.to_string().contains("deadline"), "there was time left: {error}");
    }
    for unclear in [status(503, None), status(500, None), status(302, None)] {
        let answer = run([unclear], options(30 * SECOND)).result.unwrap();
        assert!(answer.may_have_been_sent);
    }
}

#[test]
fn what_surely_did_not_arrive_is_sent_again() {
    let tries = [failure(ErrorKind::Connect, false), failure(ErrorKind::Disconnected, false), status(200, None)];
    let call = run(tries, options(30 * SECOND));
    assert_eq!((call.result.unwrap().response.status, call.limits.len()), (200, 3));
    let call = run([failure(ErrorKind::Tls, false)], options(30 * SECOND));
    assert_eq!(call.result.unwrap_err().kind(), ErrorKind::Tls);
    let never = CallOptions { retries: 0, ..options(30 * SECOND) };
    let error = run([failure(ErrorKind::Connect, false)], never).result.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_sent());
}

#[test]
fn who_allows_it_may_pay_twice_and_an_unknown_fate_stays_unknown() {
    let resend = CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let tries = [failure(ErrorKind::Disconnected, true), status(500, None), failure(ErrorKind::Connect, false)];
    let error = run(tries, resend).result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.may_have_been_sent(), "the first try may have arrived");
}

#[test]
fn a_pause_beyond_the_deadline_ends_the_call_at_once_and_is_named() {
    let call = run([status(429, Some(60))], options(30 * SECOND));
    let answer = call.result.unwrap();
    assert_eq!((call.slept.len(), answer.response.retry_after), (0, Some(60 * SECOND)));
    let (outcome, _) = status(429, None);
    let call = run([(outcome, 29 * SECOND + SECOND * 7 / 8)], options(30 * SECOND));
    assert_eq!(call.result.unwrap().response.retry_after, Some(SECOND / 4), "the pause that there was no time for");
    let error =
        run([(failure(ErrorKind::Connect, false).0, 29 * SECOND + SECOND * 7 / 8)], options(30 * SECOND)).result;
    assert!(error.unwrap_err().to_string().contains("no time to try again, 0.2 s later"));
    let resend = CallOptions { resend_if_unknown: true, ..options(SECOND / 8) };
    assert_eq!(run([status(500, None)], resend).result.unwrap().response.retry_after, None, "nobody asked for it");
    let call = run([status(503, Some(u64::MAX))], options(Duration::MAX));
    assert_eq!(call.result.unwrap().response.status, 503);
}

#[test]
fn a_call_without_a_deadline_does_not_pause_for_ever() {
    let stall = Stall { sending: 60 * SECOND, answer: 120 * SECOND };
    let upload = Request { timeout: Timeout::Stall(stall), ..request() };
    let own = || CallOptions { timeout: None, ..options(SECOND) };
    let call = run_with([status(429, Some(86_400))], &upload, own(), |_| ());
    assert_eq!((call.slept.len(), call.result.unwrap().response.retry_after), (0, Some(86_400 * SECOND)));
    let call = run_with([status(429, Some(100)), status(200, None)], &upload, own(), |_| ());
    assert_eq!((call.slept, call.result.unwrap().response.status), (vec![100 * SECOND], 200));
}

#[test]
fn one_deadline_bounds_tries_and_pauses_together() {
    let slow = |answer: Try| (answer.0, 12 * SECOND);
    let call = run([slow(status(429, Some(5))), slow(status(429, Some(5)))], options(30 * SECOND));
    assert_eq!(call.limits, [30 * SECOND, 13 * SECOND]);
    assert_eq!(call.slept, [5 * SECOND]);
    let late = (failure(ErrorKind::Timeout, true).0, 30 * SECOND);
    let error = run([late], options(30 * SECOND)).result.unwrap_err();
    assert!(error.to_string().contains("the deadline of this call is 30s"), "{error}");
    let year = 365 * 24 * 60 * 60 * SECOND;
    let unbounded = run([status(200, None)], options(Duration::MAX)).limits;
    assert!(unbounded[0] >= 9 * year && unbounded[0] < 100 * year, "{unbounded:?}");
    let own = CallOptions { timeout: None, ..options(SECOND) };
    assert_eq!(run([status(200, None)], own).limits, [120 * SECOND]);
}

#[test]
fn what_is_idempotent_is_sent_again_and_never_said_to_be_paid_for() {
    let read =
        Request { is_idempotent: true, try_timeout: 10 * SECOND, timeout: Timeout::Whole(30 * SECOND), ..request() };
    let own = CallOptions { timeout: None, ..options(SECOND) };
    let slow = (failure(ErrorKind::Timeout, true).0, 10 * SECOND);
    let call = run_with([slow, failure(ErrorKind::Disconnected, true), status(200, None)], &read, own, |_| ());
    assert_eq!(call.result.unwrap().response.status, 200);
    assert_eq!(call.limits, [10 * SECOND; 3], "a try has ten seconds");
    let call = run_with([status(200, None)], &read, options(90 * SECOND), |_| ());
    assert_eq!(call.limits, [30 * SECOND], "or a third of what the caller gives");
    let tries = || [status(503, None), status(502, None), status(500, None)];
    let answer = run_with(tries(), &read, options(30 * SECOND), |_| ()).result.unwrap();
    assert_eq!((answer.response.status, answer.may_have_been_sent), (500, false));
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
fn the_observer_sees_every_try_and_pause() {
    let tries = [failure(ErrorKind::Connect, false), status(429, Some(3)), (status(200, None).0, SECOND)];
    let seen = run(tries, options(30 * SECOND)).seen;
    let told: Vec<_> = seen.iter().map(|a| (a.number, a.status, a.failure, a.took, a.pause)).collect();
    assert_eq!(
        told,
        [
            (1, None, Some(ErrorKind::Connect), Duration::ZERO, Some(SECOND / 4)),
            (2, Some(429), None, Duration::ZERO, Some(3 * SECOND)),
            (3, Some(200), None, SECOND, None),
        ]
    );
}

#[test]
fn a_cancelled_call_sends_no_more_and_keeps_what_is_known() {
    let call = run_with([status(429, Some(1))], &request(), options(30 * SECOND), Cancel::set);
    let error = call.result.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, false));
    let resend = CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let error = run_with([failure(ErrorKind::Disconnected, true)], &request(), resend, Cancel::set).result.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, true));
}

#[test]
fn cancelled_call_keeps_what_it_received() {
    for is_sent in [true, false] {
        let shared = Arc::<std::sync::OnceLock<Caller>>::default();
        let with_context = Arc::clone(&shared);
        let (caller, _) = Scripted::caller(&FakeClock::new(|_| ()), move |_| {
            with_context.get().unwrap().cancel();
            let failure = Failure::new(ErrorKind::Disconnected, "lost").with_request_fully_sent(is_sent);
            (Err(Failure { received: b"abc".to_vec(), ..failure }), Duration::ZERO)
        });
        let caller = shared.get_or_init(|| caller);
        let once = CallOptions { retries: 0, ..options(30 * SECOND) };
        let error = caller.call(&request(), &ApiKey::new("key"), &once).unwrap_err();
        assert_eq!((error.kind(), error.body()), (ErrorKind::Cancelled, Some("abc")));
        assert!(!error.may_repeat(), "a batch would submit it again");
    }
}

/// `count` calls one after the other with the default rate limit and a key of their own, each answered with `status`.
fn rate_limited(
    key: &str,
    count: usize,
    timeout: Duration,
    answer: fn() -> Try,
) -> (Vec<Result<CallResponse>>, Vec<Duration>) {
    let clock = FakeClock::new(|_| ());
    let (caller, sent) = Scripted::caller(&clock, move |_| answer());
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(timeout) };
    let results = (0..count).map(|_| caller.call(&request(), &ApiKey::new(key), &options)).collect();
    let times = sent.lock().unwrap().iter().map(|sent| sent.at).collect();
    (results, times)
}

#[test]
fn calls_wait_for_their_turn_in_the_key_s_budget() {
    let (results, times) = rate_limited("rate_limited-1", 32, 120 * SECOND, || status(200, None));
    assert!(results.iter().all(Result::is_ok));
    let (gap, even) = (Duration::from_millis(1_020), Duration::from_millis(60_500) / 30);
    assert_eq!((times[0], times[1], times[29]), (Duration::ZERO, gap, gap * 19 + even * 10));
    assert_eq!((times[30], times[31]), (Duration::from_millis(60_500), Duration::from_millis(60_500) + even));
}

#[test]
fn a_turn_beyond_the_deadline_fails_at_once_and_is_named() {
    let (results, times) = rate_limited("rate_limited-2", 31, 20 * SECOND, || status(200, None));
    assert_eq!(times.len(), 30, "the last one was not sent");
    let error = results[30].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::RateLimited, false));
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_millis(60_500 - 19 * 1_020).saturating_sub(Duration::from_millis(60_500) / 30 * 10))
    );
    assert!(error.is_retryable());
}

#[test]
fn a_429_without_a_hint_waits_for_what_is_left_of_the_minute() {
    let (results, times) = rate_limited("rate_limited-3", 1, 120 * SECOND, || status(429, None));
    // The window began with each try; two retries have no room in two minutes.
    assert_eq!(times, [Duration::ZERO, Duration::from_millis(60_500)]);
    let answer = results[0].as_ref().unwrap();
    assert_eq!((answer.response.status, answer.response.retry_after), (429, Some(Duration::from_millis(60_500))));
    let (results, times) = rate_limited("rate_limited-4", 1, 30 * SECOND, || status(429, None));
    assert_eq!(
        (times.len(), results[0].as_ref().unwrap().response.retry_after),
        (1, Some(Duration::from_millis(60_500)))
    );
}

#[test]
fn a_cancelled_turn_is_not_taken() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, sent) = Scripted::caller(&clock, |_| status(200, None));
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(120 * SECOND) };
    let call = || caller.call(&request(), &ApiKey::new("rate_limited-5"), &options);
    assert!(call().is_ok());
    assert_eq!((call().unwrap_err().kind(), sent.lock().unwrap().len()), (ErrorKind::Cancelled, 1));
}

#[test]
fn attempts_that_never_connected_give_their_slot_back() {
    let (results, times) = rate_limited("rate_limited-6", 11, 120 * SECOND, || failure(ErrorKind::Connect, false));
    assert_eq!(times.len(), 33, "three attempts each");
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Connect)));
    // The network is back, and so is all of the budget.
    let (results, times) = rate_limited("rate_limited-6", 30, 120 * SECOND, || status(200, None));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((times[0], times[1]), (Duration::ZERO, Duration::from_millis(1_020)));
    // What was sent counts, whatever became of it.
    rate_limited("rate_limited-7", 10, 120 * SECOND, || failure(ErrorKind::Disconnected, false));
    let (results, _) = rate_limited("rate_limited-7", 1, SECOND / 2, || status(200, None));
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::RateLimited);
}

#[test]
fn a_slot_that_was_taken_before_the_call_comes_back_too() {
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
fn a_slot_that_was_waited_for_in_vain_comes_back() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, _) = Scripted::caller(&clock, |_| status(200, None));
    let options = CallOptions { rate_limit: RateLimit::default(), ..options(120 * SECOND) };
    let key = ApiKey::new("rate_limited-9");
    caller.call(&request(), &key, &options).unwrap();
    let before = caller.next_slot_in(Method::Post, &key, options.rate_limit);
    assert_eq!(caller.call(&request(), &key, &options).unwrap_err().kind(), ErrorKind::Cancelled);
    // The clock went on by the wait, and no slot lies behind the first one.
    assert_eq!(
        (before, caller.next_slot_in(Method::Post, &key, options.rate_limit)),
        (Duration::from_millis(1_020), Duration::ZERO)
    );
}

#[test]
fn a_response_that_was_accepted_is_final() {
    let accepted = Request { is_accepted: |received| received == b"abc", ..request() };
    let resend = || CallOptions { resend_if_unknown: true, ..options(30 * SECOND) };
    let refusal = || (Ok(Response { status: 500, body: b"abc".to_vec(), ..Response::default() }), Duration::ZERO);
    let call = run_with([refusal()], &accepted, resend(), |_| ());
    assert_eq!((call.result.unwrap().response.status, call.limits.len()), (500, 1), "it would be paid for twice");
    // A connection that was lost in the head, behind a field that has it.
    let failure = Failure::new(ErrorKind::Disconnected, "lost").with_request_fully_sent(true);
    let lost = || (Err(Failure { received: b"abc".to_vec(), ..failure }), Duration::ZERO);
    let call = run_with([lost()], &accepted, resend(), |_| ());
    assert_eq!((call.result.unwrap_err().body(), call.limits.len()), (Some("abc"), 1), "it would be paid for twice");
}
