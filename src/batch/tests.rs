//! Tests of batches on a fake clock with scripted responses: duration, memory, progress and stopping.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Batch;
use super::job::Job;
use super::outcome::{BatchProgress, Outcome};
use crate::api_key::ApiKey;
use crate::call::Caller;
use crate::call::cancel::Cancel;
use crate::call::fake::{FakeClock, SECOND, Scripted, Sent, TimedOutcome, json};
use crate::call::rate_limit::config::RateLimit;
use crate::client::Client;
use crate::config::Settings;
use crate::error::{Error, ErrorKind};
use crate::http::request::{Method, Request};
use crate::model::medium::Image;

/// A service on a fake clock. Each response takes 50 ms.
pub(super) struct Service {
    pub(super) clock: Arc<FakeClock>,
    /// The duration of an analysis.
    pub(super) analysis: Duration,
    /// The time of each submit, by its identifier.
    pub(super) submitted: HashMap<String, Duration>,
}

impl Service {
    /// Accepts a submit of any medium, or returns the reports that a poll requests.
    pub(super) fn respond(&mut self, request: &Request<'_>) -> TimedOutcome {
        let now = self.clock.passed();
        let (outcome, _) = match request.method {
            Method::Post => {
                let identifier = format!("{:064x}", self.submitted.len());
                self.submitted.insert(identifier.clone(), now);
                json(&format!(r#"{{"identifier":"{identifier}"}}"#))
            }
            Method::Get | Method::Delete => {
                let (_, query) = request.path.split_once('?').unwrap();
                let requested = query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap());
                let report = |identifier| match self.submitted.get(identifier) {
                    Some(at) if now >= *at + self.analysis => {
                        format!(
                            r#"{{"identifier":"{identifier}","status":"done","verdict":{{"classification":"human"}}}}"#
                        )
                    }
                    Some(_) => format!(r#"{{"identifier":"{identifier}","status":"new"}}"#),
                    None => "null".to_owned(),
                };
                json(&format!("[{}]", requested.map(report).collect::<Vec<_>>().join(",")))
            }
        };
        (outcome, Duration::from_millis(50))
    }
}

pub(super) struct Fixture {
    pub(super) client: Client,
    pub(super) clock: Arc<FakeClock>,
    pub(super) sent: Arc<Mutex<Vec<Sent>>>,
}

impl Fixture {
    /// Creates a fixture in which `script` responds to submits and polls. It may use the [`Service`].
    pub(super) fn with(
        key: &str,
        rate_limit: RateLimit,
        mut script: impl FnMut(&mut Service, &Request<'_>) -> TimedOutcome + Send + 'static,
    ) -> Self {
        let clock = FakeClock::new(|_| ());
        let mut service = Service { clock: Arc::clone(&clock), analysis: 20 * SECOND, submitted: HashMap::new() };
        let (caller, sent) = Scripted::caller(&clock, move |request| script(&mut service, request));
        Self { client: client(key, rate_limit, caller), clock, sent }
    }

    pub(super) fn plain(key: &str, rate_limit: RateLimit) -> Self {
        Self::with(key, rate_limit, Service::respond)
    }

    pub(super) fn requests(&self, is_submit: bool) -> Vec<Sent> {
        let is = |sent: &&Sent| sent.path.contains("_fromurl") == is_submit;
        self.sent.lock().unwrap().iter().filter(is).cloned().collect()
    }
}

pub(super) fn client(key: &str, rate_limit: RateLimit, caller: Caller) -> Client {
    let mut settings = Settings::new(ApiKey::new(key));
    settings.options.rate_limit = rate_limit;
    Client::over(Arc::new(caller), &settings).unwrap()
}

pub(super) fn images(count: usize) -> impl Iterator<Item = Job> {
    (0..count).map(|number| {
        let image = Image::from_url(format!("https://x.test/{number}")).ref_id(number.to_string());
        image.tag(format!("image {number}")).into()
    })
}

/// Returns the outcomes in the order of their indexes, and asserts that each job has exactly one.
pub(super) fn by_index<I>(batch: Batch<I>) -> Vec<Outcome>
where
    Batch<I>: Iterator<Item = Outcome>,
{
    let mut outcomes: Vec<_> = batch.collect();
    outcomes.sort_by_key(|outcome| outcome.index);
    for (index, outcome) in (0..).zip(&outcomes) {
        assert_eq!(outcome.index, index);
    }
    outcomes
}

pub(super) fn kinds(outcomes: &[Outcome]) -> Vec<Option<ErrorKind>> {
    outcomes.iter().map(|outcome| outcome.result.as_ref().err().map(Error::kind)).collect()
}

#[test]
fn batch_of_3000_takes_as_long_as_rate_limit_requires() {
    let fixture = Fixture::plain("batch-3000", RateLimit::default());
    let outcomes = by_index(fixture.client.batch(images(3_000)));
    assert!(outcomes.len() == 3_000 && outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert!(outcomes.iter().all(|outcome| outcome.ref_id.as_ref() == Some(&outcome.index.to_string())));
    assert!(outcomes.iter().all(|outcome| outcome.tag == Some(format!("image {}", outcome.index))));
    let floor = SECOND * 3_000 * 60 / 30 + 20 * SECOND;
    let took = fixture.clock.passed();
    assert!(took <= floor + floor / 50, "{took:?} instead of {floor:?}");
    let requests = fixture.sent.lock().unwrap().len();
    assert!(requests <= 3_450, "{requests} requests");
    // All requests are within the limits of the service, so it would have sent no 429.
    for (is_submit, limit, gap) in [(true, 30, SECOND), (false, 60, SECOND / 2)] {
        let times: Vec<Duration> = fixture.requests(is_submit).iter().map(|sent| sent.at).collect();
        assert!(times.windows(2).all(|pair| pair[1] > pair[0] + gap));
        assert!(times.windows(limit + 1).all(|window| window[limit] > window[0] + 60 * SECOND));
    }
}

#[test]
fn batch_of_ten_ends_soon_after_last_analysis() {
    let fixture = Fixture::plain("batch-few", RateLimit::default());
    let outcomes: Vec<_> = fixture.client.batch(images(10)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    // Ten submits at intervals of a second, an analysis of 20 seconds, and at most one interval between polls.
    assert!(fixture.clock.passed() < 10 * SECOND + 20 * SECOND + 10 * SECOND, "{:?}", fixture.clock.passed());
    assert!(fixture.requests(false).len() <= 6);
}

#[test]
fn jobs_are_taken_only_below_in_flight_limit() {
    let fixture = Fixture::plain("batch-in-flight", RateLimit::unlimited());
    let taken = Arc::new(Mutex::new(0_u64));
    let jobs = {
        let taken = Arc::clone(&taken);
        images(1_000).inspect(move |_| *taken.lock().unwrap() += 1)
    };
    let (mut most, mut ended) = (0, 0);
    let mut batch = fixture.client.batch(jobs).in_flight(7);
    for _ in batch.by_ref() {
        ended += 1;
        most = most.max(*taken.lock().unwrap() + 1 - ended);
    }
    assert_eq!((ended, most), (1_000, 7));
    assert!(batch.next().is_none() && batch.progress().done == 1_000);
}

#[test]
fn batch_stopped_collects_reports_but_cancelled_not() {
    let fixture = Fixture::plain("batch-stopped", RateLimit::unlimited());
    let mut batch = fixture.client.batch(images(10)).in_flight(4);
    let stop_handle = batch.stop_handle();
    batch = batch.on_progress(move |progress| {
        if progress.submitted == 3 {
            stop_handle.stop();
        }
    });
    let outcomes = by_index(batch);
    let mut expected = vec![None; 3];
    expected.extend([Some(ErrorKind::Cancelled); 7]);
    assert_eq!(kinds(&outcomes), expected);

    let fixture = Fixture::plain("batch-cancelled", RateLimit::unlimited());
    let cancel_handle = fixture.client.cancel_handle();
    let batch = fixture.client.batch(images(10)).in_flight(4);
    let outcomes = by_index(batch.on_progress(move |progress| {
        if progress.submitted == 3 {
            cancel_handle.cancel();
        }
    }));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Cancelled); 10]);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.identifier.is_some()).count(), 3);
    assert!(fixture.requests(false).is_empty());
}

#[test]
fn watcher_sees_each_progress_once() {
    let fixture = Fixture::plain("batch-progress", RateLimit::default());
    let seen = Arc::<Mutex<Vec<BatchProgress>>>::default();
    let log = Arc::clone(&seen);
    let batch = fixture.client.batch(images(3)).on_progress(move |progress| log.lock().unwrap().push(progress));
    assert_eq!(batch.count(), 3);
    let seen = seen.lock().unwrap();
    let submitted: Vec<u64> = seen.iter().map(|progress| progress.submitted).collect();
    assert_eq!(submitted, [1, 2, 3, 3], "three submits, and one poll that finishes all");
    assert_eq!(seen.last().map(|progress| (progress.pending, progress.done)), Some((0, 3)));
}

#[test]
fn job_pending_does_not_delay_outcomes() {
    let fixture = Fixture::plain("batch-slow", RateLimit::unlimited());
    let clock = Arc::clone(&fixture.clock);
    let mut number = 0;
    let jobs = std::iter::from_fn(move || {
        if number == 5 {
            return None;
        }
        // A new job every 100 seconds.
        if clock.passed() < 100 * SECOND * number {
            return Some(Job::pending());
        }
        number += 1;
        Some(Image::from_url(format!("https://x.test/{number}")).into())
    });
    let mut times = Vec::new();
    for (index, outcome) in (0..).zip(fixture.client.batch(jobs)) {
        assert!(outcome.result.is_ok() && outcome.index == index);
        times.push(fixture.clock.passed().as_secs() / 100);
    }
    assert_eq!(times, [0, 1, 2, 3, 4], "each outcome precedes the next job");
}

#[test]
fn batch_cancelled_while_pausing_ends() {
    let clock = FakeClock::new(Cancel::set);
    let (caller, _) = Scripted::caller(&clock, |_| json(r#"{"identifier":"abc"}"#));
    let outcomes = by_index(client("batch-pause", RateLimit::default(), caller).batch(images(3)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Cancelled); 3]);
}

/// Runs in a process of its own, because the other tests also use memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_of_large_batch_is_as_of_small_one() {
    const ALONE: &str = "IDENTIFAI_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["batch::tests::memory_of_large_batch_is_as_of_small_one", "--exact", "--test-threads=1"]);
        assert!(child.env(ALONE, "1").status().unwrap().success());
        return;
    }
    pub(super) fn peak() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
    let run = |key: &str, count: usize| {
        let mut number = 0;
        let fixture = Fixture::with(key, RateLimit::unlimited(), move |_, request| match request.method {
            Method::Post => {
                number += 1;
                json(&format!(r#"{{"identifier":"{number}"}}"#))
            }
            Method::Get | Method::Delete => {
                let (_, query) = request.path.split_once('?').unwrap();
                let requested = query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap());
                let reports = requested.map(|id| format!(r#"{{"identifier":"{id}","status":"done"}}"#));
                json(&format!("[{}]", reports.collect::<Vec<_>>().join(",")))
            }
        });
        let batch = fixture.client.batch(images(count));
        let done = batch.filter(|outcome| outcome.result.is_ok()).count();
        assert_eq!(done, count);
        peak()
    };
    let few = run("batch-memory-1", 12_000);
    // A million jobs take too long in a debug build.
    let many = run("batch-memory-2", if cfg!(debug_assertions) { 36_000 } else { 1_000_000 });
    assert!(many < few + 512, "{few} KiB for 12,000 jobs, {many} KiB for many");
}
