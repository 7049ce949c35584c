//! Tests of schedules and backoffs, and of batches with unusual callers and services.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::time::Instant;

use super::*;
use crate::batch::Batch;
use crate::batch::job::Job;
use crate::batch::outcome::Outcome;
use crate::batch::scheduler::SubmitBackoff;
use crate::batch::stop_handle::StopHandle;
use crate::batch::store::{EarlierRun, Key, Store};
use crate::batch::tests::*;
use crate::call::fake::{FakeClock, SECOND, Scripted, TimedOutcome, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::error::{Error, ErrorKind, Result};
use crate::http::request::{Method, Request};
use crate::http::response::{Failure, Response};
use crate::model::identifier::Identifier;
use crate::model::medium::{Image, Video};
use crate::model::report::any::AnyReport;
use crate::model::submission::any::AnySubmission;
use crate::wait::WaitOptions;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// Creates a fixture whose clock panics after `max_sleeps` sleeps, so that a busy loop fails the test.
fn with_max_sleeps(
    key: &str,
    rate_limit: RateLimit,
    max_sleeps: usize,
    mut script: impl FnMut(&mut Service, &Request<'_>) -> TimedOutcome + Send + 'static,
) -> Fixture {
    let sleeps = AtomicUsize::new(0);
    let clock = FakeClock::new(move |_| assert!(sleeps.fetch_add(1, Ordering::SeqCst) < max_sleeps, "a busy loop"));
    let mut service = Service { clock: Arc::clone(&clock), analysis: 20 * SECOND, submitted: HashMap::new() };
    let (caller, sent) = Scripted::caller(&clock, move |request| script(&mut service, request));
    Fixture { client: client(key, rate_limit, caller), clock, sent }
}

/// A stop handle that exists before its batch.
#[derive(Clone, Default)]
struct LateStopHandle(Arc<Mutex<Option<StopHandle>>>);

impl LateStopHandle {
    fn stop(&self) {
        self.0.lock().unwrap().as_ref().unwrap().stop();
    }

    fn set<I>(&self, batch: &Batch<I>) {
        *self.0.lock().unwrap() = Some(batch.stop_handle());
    }
}

/// Returns the indexes of all outcomes, and the number of calls of `next` that panicked.
fn indexes_and_panics<I>(mut batch: Batch<I>) -> (Vec<u64>, usize)
where
    Batch<I>: Iterator<Item = Outcome>,
{
    let (mut indexes, mut panics) = (Vec::new(), 0);
    loop {
        match catch_unwind(AssertUnwindSafe(|| batch.next())) {
            Ok(Some(outcome)) => indexes.push(outcome.index),
            Ok(None) => break,
            Err(_) => panics += 1,
        }
    }
    indexes.sort_unstable();
    (indexes, panics)
}

#[test]
fn batch_with_huge_times_does_not_panic() {
    let fixture = Fixture::with("edge-time-1", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.respond(request),
        Method::Get | Method::Delete => status(429, Some(u64::MAX)),
    });
    assert_eq!(kinds(&by_index(fixture.client.batch(images(1)))), [Some(ErrorKind::WaitTimedOut)]);
    let fixture = Fixture::with("edge-time-2", RateLimit::unlimited(), |_, _| status(429, Some(u64::MAX)));
    assert_eq!(kinds(&by_index(fixture.client.batch(images(1)))), [Some(ErrorKind::RateLimited)]);
    let endless = WaitOptions::default().initial_interval(Duration::MAX).max_interval(Duration::MAX);
    for wait in [WaitOptions::default().timeout(Duration::MAX), endless] {
        let fixture = Fixture::plain("edge-time-3", RateLimit::unlimited());
        assert_eq!(kinds(&by_index(fixture.client.with_wait(wait).batch(images(2)).in_flight(2))), [None; 2]);
    }
}

#[test]
fn wait_options_invalid_submit_nothing() {
    let zero = Duration::ZERO;
    for wait in [
        WaitOptions::default().timeout(zero),
        WaitOptions::default().initial_interval(zero),
        WaitOptions::default().growth(0.1),
    ] {
        let fixture = Fixture::plain("edge-wait", RateLimit::unlimited());
        assert_eq!(kinds(&by_index(fixture.client.with_wait(wait).batch(images(3)))), [Some(ErrorKind::Config); 3]);
        assert!(fixture.requests(true).is_empty());
    }
}

#[test]
fn job_requeued_and_job_pending_cause_no_busy_loop() {
    let mut first = true;
    let fixture =
        with_max_sleeps("edge-busy", RateLimit::default(), 2_000, move |service, request| match request.method {
            Method::Post if std::mem::take(&mut first) => failure(ErrorKind::Connect, false),
            _ => service.respond(request),
        });
    let (clock, mut one) = (Arc::clone(&fixture.clock), images(1));
    let jobs = std::iter::from_fn(move || one.next().or_else(|| (clock.passed() < 10 * SECOND).then(Job::pending)));
    assert_eq!(kinds(&by_index(fixture.client.batch(jobs))), [None]);
}

#[test]
fn stop_within_job_iterator_submits_nothing() {
    let (fixture, stop_handle) = (Fixture::plain("edge-stop-1", RateLimit::unlimited()), LateStopHandle::default());
    let in_source = stop_handle.clone();
    let batch = fixture.client.batch(images(3).inspect(move |_| in_source.stop()));
    stop_handle.set(&batch);
    assert_eq!(kinds(&by_index(batch)), [Some(ErrorKind::Cancelled); 3]);
    assert!(fixture.requests(true).is_empty());
}

#[test]
fn iterator_of_pending_jobs_is_dropped_after_stop() {
    for cancel in [false, true] {
        let fixture = with_max_sleeps("edge-stop-2", RateLimit::unlimited(), 10_000, Service::respond);
        let batch = fixture.client.batch(std::iter::repeat_with(Job::pending));
        if cancel {
            fixture.client.cancel_handle().cancel();
        } else {
            batch.stop_handle().stop();
        }
        assert_eq!(batch.count(), 0);
    }
}

#[test]
fn caller_slow_between_outcomes_loses_no_report() {
    let fixture = Fixture::plain("edge-slow", RateLimit::unlimited());
    let jobs: [Job; 3] = [
        Image::from_url("https://x.test/1").into(),
        Video::from_url("https://x.test/2").into(),
        Image::from_url("no URL").into(),
    ];
    let mut batch = fixture.client.batch(jobs);
    assert!(batch.next().unwrap().result.is_err());
    fixture.clock.pass(400 * SECOND);
    assert!(batch.all(|outcome| outcome.result.is_ok()));
}

#[test]
fn submit_after_truncated_200_is_not_resent() {
    let mut number = 0;
    let fixture = Fixture::with("edge-2xx", RateLimit::unlimited(), move |service, request| {
        number += 1;
        if number > 1 {
            return service.respond(request);
        }
        let truncated = Some(Failure::new(ErrorKind::Disconnected, "cut").with_request_fully_sent(true));
        let body = br#"{"identi"#.to_vec();
        (Ok(Response { status: 200, body, length_known: true, truncated, ..Response::default() }), SECOND)
    });
    let outcomes = by_index(fixture.client.with_resend_if_unknown(true).batch(images(1)));
    assert_eq!((kinds(&outcomes), fixture.requests(true).len()), (vec![Some(ErrorKind::Disconnected)], 1));
}

#[test]
fn may_have_been_sent_of_earlier_attempt_is_kept() {
    let may_have_been_sent = |outcomes: &[Outcome]| outcomes[0].result.as_ref().unwrap_err().may_have_been_sent();
    let mut number = 0;
    let fixture = Fixture::with("edge-indeterminate-1", RateLimit::unlimited(), move |_, _| {
        number += 1;
        if number == 1 { failure(ErrorKind::Timeout, true) } else { failure(ErrorKind::Connect, false) }
    });
    assert!(may_have_been_sent(&by_index(fixture.client.with_resend_if_unknown(true).batch(images(1)))));

    let fixture =
        Fixture::with("edge-indeterminate-2", RateLimit::unlimited(), |_, _| failure(ErrorKind::Timeout, true));
    let (stop_handle, mut one) = (LateStopHandle::default(), images(1));
    let in_source = stop_handle.clone();
    let jobs = std::iter::from_fn(move || {
        let next = one.next();
        if next.is_none() {
            in_source.stop();
        }
        next
    });
    let batch = fixture.client.with_resend_if_unknown(true).batch(jobs);
    stop_handle.set(&batch);
    assert!(may_have_been_sent(&by_index(batch)));
}

#[test]
fn upload_failing_after_outage_limit_stops_no_other() {
    let fixture = Fixture::with("edge-late", RateLimit::unlimited(), |service, request| {
        if request.content.as_ref().is_some_and(|content| !content.files.is_empty()) {
            (failure(ErrorKind::Disconnected, false).0, 301 * SECOND)
        } else {
            service.respond(request)
        }
    });
    let jobs = std::iter::once(Job::from(Image::from_bytes(PNG))).chain(images(5));
    assert!(by_index(fixture.client.batch(jobs))[1..].iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn connect_failure_after_idle_time_is_no_outage() {
    let mut number = 0;
    let fixture = Fixture::with("edge-quiet", RateLimit::unlimited(), move |service, request| {
        number += u32::from(request.method == Method::Post);
        match (request.method, number) {
            (Method::Post, 1 | 3) => failure(ErrorKind::Connect, false),
            (Method::Post, 2) => failure(ErrorKind::Disconnected, true),
            _ => service.respond(request),
        }
    });
    let (clock, mut all, mut first) = (Arc::clone(&fixture.clock), images(3), true);
    let jobs = std::iter::from_fn(move || {
        if std::mem::take(&mut first) || clock.passed() >= 600 * SECOND { all.next() } else { Some(Job::pending()) }
    });
    assert_eq!(kinds(&by_index(fixture.client.batch(jobs))), [Some(ErrorKind::Disconnected), None, None]);
}

#[test]
fn requested_pause_outlasts_later_accepted_submit() {
    let (now, mut backoff) = (Instant::now(), SubmitBackoff::default());
    backoff.pause_after(now, &Error::new(ErrorKind::RateLimited, "").with_retry_after(Some(60 * SECOND)), true, 0.5);
    backoff.pause_after(now, &Error::new(ErrorKind::Connect, ""), true, 0.5);
    backoff.reached_service();
    assert_eq!(backoff.opens_in(now), 60 * SECOND);
}

#[test]
fn watcher_panic_loses_no_outcome() {
    let fixture = Fixture::plain("edge-panic-1", RateLimit::unlimited());
    let cancel_handle = fixture.client.cancel_handle();
    let mut has_panicked = false;
    let batch = fixture.client.batch(images(10)).in_flight(4).on_progress(move |progress| {
        if progress.submitted == 3 {
            cancel_handle.cancel();
        }
        assert!(progress.failed == 0 || std::mem::replace(&mut has_panicked, true), "the caller's");
    });
    assert_eq!(indexes_and_panics(batch), ((0..10).collect(), 1));

    let stop_handle = LateStopHandle::default();
    let in_clock = stop_handle.clone();
    let clock = FakeClock::new(move |_| in_clock.stop());
    let mut number = 0;
    let (caller, sent) = Scripted::caller(&clock, move |_| {
        number += 1;
        if number == 1 { status(429, Some(100)) } else { json(r#"{"identifier":"abc"}"#) }
    });
    let mut has_panicked = false;
    let batch = client("edge-panic-2", RateLimit::unlimited(), caller).batch(images(3)).on_progress(move |progress| {
        assert!(progress.failed == 0 || std::mem::replace(&mut has_panicked, true), "the caller's");
    });
    stop_handle.set(&batch);
    assert_eq!(indexes_and_panics(batch), ((0..3).collect(), 1));
    assert_eq!(sent.lock().unwrap().len(), 1, "nothing is submitted after the stop");
}

#[test]
fn lists_without_pending_submissions_slow_nothing() {
    const DONE: &str = r#""status":"done","verdict":{"classification":"human"}"#;
    let fixture = Fixture::with("edge-list", RateLimit::default(), |service, request| {
        let (now, analysis) = (service.clock.passed(), 170 * SECOND);
        service.analysis = analysis;
        let is_done = |identifier: &str| now >= service.submitted[identifier] + analysis;
        let body = match (request.method, request.path.split_once('?')) {
            (Method::Post, _) => return service.respond(request),
            (_, Some((_, query))) => {
                let requested = query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap());
                let done = requested.filter(|identifier| is_done(identifier));
                let reports = done.map(|identifier| format!(r#"{{"identifier":"{identifier}",{DONE}}}"#));
                format!("[{}]", reports.collect::<Vec<_>>().join(","))
            }
            (_, None) => {
                let identifier = request.path.rsplit('/').next().unwrap();
                let state = if is_done(identifier) { DONE } else { r#""status":"new""# };
                format!(r#"{{"identifier":"{identifier}",{state}}}"#)
            }
        };
        (json(&body).0, Duration::from_millis(50))
    });
    let outcomes = by_index(fixture.client.batch(images(600)));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert!(fixture.clock.passed() < 1_600 * SECOND, "{:?}", fixture.clock.passed());
}

#[test]
fn key_without_right_to_poll_ends_submitting() {
    let fixture = Fixture::with("edge-401", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.respond(request),
        Method::Get if request.path.contains('?') => json("[]"),
        Method::Get | Method::Delete => status(401, None),
    });
    assert_eq!(by_index(fixture.client.batch(images(20)).in_flight(1)).len(), 20);
    assert_eq!(fixture.requests(true).len(), 1);

    let fixture = Fixture::with("edge-403", RateLimit::unlimited(), |service, request| {
        let is_video = request.method == Method::Get && request.path.contains("_video");
        if is_video { status(403, None) } else { service.respond(request) }
    });
    let jobs: [Job; 2] = [Image::from_url("https://x.test/1").into(), Video::from_url("https://x.test/2").into()];
    assert_eq!(kinds(&by_index(fixture.client.batch(jobs))), [None, Some(ErrorKind::Forbidden)], "only videos fail");
}

#[test]
fn rejection_that_mentions_credit_fails_one_job_only() {
    let fixture = Fixture::with("edge-credit", RateLimit::unlimited(), |service, request| {
        let body = request.content.as_ref().map(|content| String::from_utf8_lossy(&content.tail).into_owned());
        if !body.is_some_and(|body| body.contains("credit")) {
            return service.respond(request);
        }
        let body = br#"{"error":"https://x.test/credit.jpg cannot be downloaded."}"#.to_vec();
        (Ok(Response { status: 400, body, ..Response::default() }), SECOND)
    });
    let jobs = std::iter::once(Job::from(Image::from_url("https://x.test/credit.jpg"))).chain(images(3));
    assert_eq!(kinds(&by_index(fixture.client.batch(jobs))), [Some(ErrorKind::Rejected), None, None, None]);
}

/// A store that fails at one kind of step, from the third time on.
struct FailingStore {
    at: &'static str,
    counts: Mutex<HashMap<&'static str, u32>>,
}

impl FailingStore {
    fn step(&self, step: &'static str) -> Result<()> {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(step).or_default();
        *count += 1;
        if step == self.at && *count >= 3 { Err(Error::new(ErrorKind::Journal, "journal: full")) } else { Ok(()) }
    }
}

impl Store for FailingStore {
    fn look_up(&self, _: &AnySubmission) -> Result<(Key, EarlierRun)> {
        self.step("look_up").map(|()| (Key { fingerprint: 0, occurrence: 0, file: None }, EarlierRun::None))
    }

    fn begin(&self, _: Key, _: &AnySubmission) -> Result<()> {
        self.step("begin")
    }

    fn submitted(&self, _: Key, _: &Identifier) -> Result<()> {
        self.step("submitted")
    }

    fn failed(&self, _: Key, _: &Error) -> Result<()> {
        self.step("failed")
    }

    fn finished(&self, _: Key, _: &AnyReport) -> Result<()> {
        self.step("finished")
    }
}

#[test]
fn store_failure_ends_submitting_but_not_polling() {
    // The step that fails, the number of submits, and the number of reports.
    for (at, submitted, done) in [("look_up", 2, 2), ("begin", 2, 2), ("submitted", 3, 3), ("finished", 4, 4)] {
        let fixture = Fixture::plain("edge-full", RateLimit::unlimited());
        let mut batch = fixture.client.batch(images(8)).in_flight(2);
        batch.store = Some(Arc::new(FailingStore { at, counts: Mutex::default() }));
        let outcomes = by_index(batch);
        assert_eq!((outcomes.len(), fixture.requests(true).len()), (8, submitted), "{at}");
        let mut expected = vec![None; done];
        expected.resize(8, Some(ErrorKind::Journal));
        assert_eq!(kinds(&outcomes), expected, "{at}");
    }
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "")
}

#[test]
fn polls_are_rare_while_busy_and_frequent_when_idle() {
    let (mut polls, wait, now) = (PollSchedule::default(), WaitOptions::default().backoff, Instant::now());
    let later = now + 1_000 * SECOND;
    assert_eq!(polls.next_in(now, later, false, &wait, 0.0), 15 * SECOND);
    assert_eq!(polls.next_in(now + 5 * SECOND, later, false, &wait, 0.0), 10 * SECOND);
    assert_eq!(polls.next_in(now + 5 * SECOND, later, true, &wait, 0.0), 2 * SECOND);
    polls.begin(now + 7 * SECOND, &wait, 0.0);
    assert_eq!(polls.next_in(now + 7 * SECOND, later, true, &wait, 0.0), 3 * SECOND);
    polls.begin(now + 10 * SECOND, &wait, 0.0);
    assert_eq!(polls.next_in(now + 10 * SECOND, later, true, &wait, 0.0), 4_500 * SECOND / 1_000);
    // When the batch is busy again and then idle again, the intervals begin with the first one.
    assert_eq!(polls.next_in(now + 10 * SECOND, later, false, &wait, 0.0), 4_500 * SECOND / 1_000);
    assert_eq!(polls.next_in(now + 10 * SECOND, later, true, &wait, 0.0), 2 * SECOND);
}

#[test]
fn poll_before_first_timeout_respects_retry_after() {
    let (mut polls, wait, now) = (PollSchedule::default(), WaitOptions::default().backoff, Instant::now());
    assert_eq!(polls.next_in(now, now + SECOND, false, &wait, 0.0), SECOND);
    polls.delay(now, 40 * SECOND);
    assert_eq!(polls.next_in(now, now + SECOND, false, &wait, 0.0), 40 * SECOND);
    polls.reset();
    let later = now + 1_000 * SECOND;
    assert_eq!(
        polls.next_in(now, later, true, &wait, 0.0),
        40 * SECOND,
        "the pause also applies after a time without pending jobs"
    );
    polls.reset();
    assert_eq!(
        polls.next_in(later, later + later.duration_since(now), false, &wait, 0.0),
        15 * SECOND,
        "the schedule was reset"
    );
}

#[test]
fn submits_pause_as_requested_or_by_backoff() {
    let now = Instant::now();
    let pauses = |kind, jitter: f64| {
        let mut backoff = SubmitBackoff::default();
        [(); 7].map(|()| backoff.pause_after(now, &error(kind), true, jitter).as_millis())
    };
    assert_eq!(pauses(ErrorKind::Connect, 0.0), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    assert_eq!(pauses(ErrorKind::Connect, 0.5)[..2], [250, 500]);
    assert_eq!(pauses(ErrorKind::RateLimited, 0.5), [60_000; 7]);
    let mut backoff = SubmitBackoff::default();
    backoff.pause_after(now, &error(ErrorKind::RateLimited).with_retry_after(Some(7 * SECOND)), false, 0.5);
    assert_eq!(backoff.opens_in(now), 7 * SECOND);
    assert_eq!(backoff.failing_for(now + 9 * SECOND), Duration::ZERO, "a failure of one job is not an outage");
    backoff.pause_after(now, &error(ErrorKind::Connect), true, 0.5);
    assert_eq!(backoff.failing_for(now + 9 * SECOND), 9 * SECOND);
}

#[test]
fn submits_pause_longer_while_service_fails() {
    let (mut backoff, now) = (SubmitBackoff::default(), Instant::now());
    let lost = |kind| error(kind).mark_maybe_sent(true);
    let mut pause_after = |error: Error| {
        backoff.closed_until = None;
        backoff.job_failed(now, &error, 0.0);
        backoff.opens_in(now).as_secs()
    };
    let lost_kinds = [ErrorKind::Server, ErrorKind::Timeout, ErrorKind::Disconnected, ErrorKind::Server];
    assert_eq!(lost_kinds.map(|kind| pause_after(lost(kind))), [1, 2, 4, 8]);
    assert_eq!(pause_after(lost(ErrorKind::Server).with_retry_after(Some(20 * SECOND))), 20, "the requested pause");
    assert_eq!([(); 2].map(|()| pause_after(lost(ErrorKind::Server))), [30, 30]);
    assert_eq!(pause_after(error(ErrorKind::Rejected).with_status(400)), 0, "the service works again");
    assert_eq!(pause_after(lost(ErrorKind::Disconnected).with_status(200)), 0, "the submit was accepted");
    assert_eq!(pause_after(lost(ErrorKind::Server)), 1);
}

#[test]
fn action_after_each_failure_is_as_in_table() {
    use ErrorKind::*;
    use FailureAction::{Fail, Requeue, Retry, Stop};
    fn respond(response: Response) -> TimedOutcome {
        (Ok(Response { length_known: true, ..response }), SECOND)
    }
    fn is_final(failure: TimedOutcome) -> TimedOutcome {
        (failure.0.map_err(|failure| Failure { is_final: true, ..failure }), SECOND)
    }
    let cut = || {
        let truncated = Some(Failure::new(Disconnected, "cut").with_request_fully_sent(true));
        respond(Response { status: 200, truncated, ..Response::default() })
    };
    let early = || respond(Response { status: 503, arrived_before_upload_end: true, ..Response::default() });
    let credits =
        || respond(Response { status: 400, body: br#"{"error":"No credits"}"#.into(), ..Response::default() });
    //  the outcome of a submit, the action, and the action with `resend_if_unknown`
    let table: [(fn() -> TimedOutcome, _, _); 20] = [
        (|| status(429, None), Requeue, Requeue),
        (|| failure(Connect, false), Requeue, Requeue),
        (|| is_final(failure(Connect, false)), Requeue, Requeue),
        (|| failure(Timeout, false), Retry, Retry),
        (|| failure(Timeout, true), Fail, Retry),
        (|| failure(Disconnected, false), Retry, Retry),
        (|| failure(Disconnected, true), Fail, Retry),
        (cut, Fail, Fail),
        // A response before the end of the upload, and one that may come from a proxy.
        (early, Retry, Retry),
        (|| status(503, Some(1)), Fail, Retry),
        (|| status(500, None), Fail, Retry),
        (|| status(408, None), Fail, Retry),
        (|| status(400, None), Fail, Fail),
        (|| status(404, None), Fail, Fail),
        (|| json("<html>"), Fail, Fail),
        (|| status(401, None), Stop, Stop),
        (|| status(403, None), Stop, Stop),
        (credits, Stop, Stop),
        (|| status(302, None), Stop, Stop),
        (|| failure(Tls, false), Stop, Stop),
    ];
    for (outcome, action, if_resent) in table {
        let shown = format!("{:?}", outcome().0);
        let fixture = Fixture::with("edge-action", RateLimit::unlimited(), move |_, _| outcome());
        for (resend, action) in [(false, action), (true, if_resent)] {
            let client = fixture.client.with_options(|options| options.retries = 0).with_resend_if_unknown(resend);
            let error = client.submit(&Image::from_url("https://x.test/")).unwrap_err();
            assert_eq!(FailureAction::from_error(&error), action, "resend: {resend}, {shown}");
        }
    }
    for (kind, action) in [(InvalidInput, Fail), (Cancelled, Fail), (Config, Stop), (Journal, Stop)] {
        assert_eq!(FailureAction::from_error(&error(kind)), action, "{kind}");
    }
}
