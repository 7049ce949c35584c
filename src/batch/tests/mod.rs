//! On time and answers that the tests own.

mod odd;
#[cfg(feature = "journal")]
mod resumed;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Batch, Job, Outcome};
use crate::api_key::ApiKey;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::exchange::fake::{Cancel, FakeClock, SECOND, Scripted, Sent, Try, failure, json, status};
use crate::exchange::{Exchange, Method, Pace, Response};
use crate::media::{Audio, Image, Video};
use crate::settings::Settings;
use crate::wait::Wait;
use crate::wire::request::Request;

/// A service on fake time. Analyses take `analysis`; every answer 50 ms.
struct Service {
    clock: Arc<FakeClock>,
    analysis: Duration,
    /// When each was submitted, by its identifier.
    submitted: HashMap<String, Duration>,
}

impl Service {
    /// Accepts a submit of whichever medium, and says of everything that is asked for how it stands.
    fn answer(&mut self, request: &Request<'_>) -> Try {
        let now = self.clock.passed();
        let (outcome, _) = match request.method {
            Method::Post => {
                let identifier = format!("{:064x}", self.submitted.len());
                self.submitted.insert(identifier.clone(), now);
                json(&format!(r#"{{"identifier":"{identifier}"}}"#))
            }
            Method::Get | Method::Delete => {
                let (_, query) = request.path.split_once('?').unwrap();
                let asked = query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap());
                let report = |identifier| match self.submitted.get(identifier) {
                    Some(at) if now >= *at + self.analysis => {
                        format!(
                            r#"{{"identifier":"{identifier}","status":"done","verdict":{{"classification":"human"}}}}"#
                        )
                    }
                    Some(_) => format!(r#"{{"identifier":"{identifier}","status":"new"}}"#),
                    None => "null".to_owned(),
                };
                json(&format!("[{}]", asked.map(report).collect::<Vec<_>>().join(",")))
            }
        };
        (outcome, Duration::from_millis(50))
    }
}

struct World {
    client: Client,
    clock: Arc<FakeClock>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl World {
    /// One in which `script` answers submits and looks, with the [`Service`] at hand.
    fn with(key: &str, pace: Pace, mut script: impl FnMut(&mut Service, &Request<'_>) -> Try + Send + 'static) -> Self {
        let clock = FakeClock::new(|_| ());
        let mut service = Service { clock: Arc::clone(&clock), analysis: 20 * SECOND, submitted: HashMap::new() };
        let (exchange, sent) = Scripted::exchange(&clock, move |request| script(&mut service, request));
        Self { client: client(key, pace, exchange), clock, sent }
    }

    fn plain(key: &str, pace: Pace) -> Self {
        Self::with(key, pace, Service::answer)
    }

    fn requests(&self, is_submit: bool) -> Vec<Sent> {
        let is = |sent: &&Sent| sent.path.contains("_fromurl") == is_submit;
        self.sent.lock().unwrap().iter().filter(is).cloned().collect()
    }
}

fn client(key: &str, pace: Pace, exchange: Exchange) -> Client {
    let mut settings = Settings::new(ApiKey::new(key));
    settings.terms.pace = pace;
    Client::over(Arc::new(exchange), &settings).unwrap()
}

fn images(count: usize) -> impl Iterator<Item = Job> {
    (0..count).map(|number| Image::from_url(format!("https://x.test/{number}")).ref_id(number.to_string()).into())
}

/// What became of each job, by its index: each has exactly one outcome.
fn by_index<I>(batch: Batch<I>) -> Vec<Outcome>
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

fn kinds(outcomes: &[Outcome]) -> Vec<Option<ErrorKind>> {
    outcomes.iter().map(|outcome| outcome.result.as_ref().err().map(Error::kind)).collect()
}

#[test]
fn three_thousand_images_take_what_the_key_s_rate_takes() {
    let world = World::plain("batch-3000", Pace::default());
    let outcomes = by_index(world.client.batch(images(3_000)));
    assert!(outcomes.len() == 3_000 && outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert!(outcomes.iter().all(|outcome| outcome.reference.as_ref() == Some(&outcome.index.to_string())));
    let floor = SECOND * 3_000 * 60 / 30 + 20 * SECOND;
    let took = world.clock.passed();
    assert!(took <= floor + floor / 50, "{took:?} instead of {floor:?}");
    let requests = world.sent.lock().unwrap().len();
    assert!(requests <= 3_450, "{requests} requests");
    // Within the limits: the service would have answered 429 to what is beyond them.
    for (is_submit, limit, gap) in [(true, 30, SECOND), (false, 60, SECOND / 2)] {
        let times: Vec<Duration> = world.requests(is_submit).iter().map(|sent| sent.at).collect();
        assert!(times.windows(2).all(|pair| pair[1] > pair[0] + gap));
        assert!(times.windows(limit + 1).all(|window| window[limit] > window[0] + 60 * SECOND));
    }
}

#[test]
fn a_few_are_done_as_soon_as_they_can_be() {
    let world = World::plain("batch-few", Pace::default());
    let outcomes: Vec<_> = world.client.batch(images(10)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    // Ten submits, a second apart, an analysis of 20 seconds, and no more than a pause between two looks.
    assert!(world.clock.passed() < 10 * SECOND + 20 * SECOND + 10 * SECOND, "{:?}", world.clock.passed());
    assert!(world.requests(false).len() <= 6);
}

#[test]
fn one_look_is_for_a_hundred_of_a_medium() {
    let world = World::plain("batch-media", Pace::off());
    let job = |number: usize| -> Job {
        let url = format!("https://x.test/{number}");
        match number % 3 {
            0 => Image::from_url(url).into(),
            1 => Video::from_url(url).into(),
            _ => Audio::from_url(url).into(),
        }
    };
    let batch = world.client.with_wait(Wait::default().first_pause(30 * SECOND).longest_pause(30 * SECOND));
    let outcomes = by_index(batch.batch((0..450).map(job)).in_flight(450));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    let looks: Vec<String> = world.requests(false).into_iter().map(|sent| sent.path).collect();
    for medium in ["", "_video", "_audio"] {
        let path = format!("/api/classifications{medium}?");
        let count = looks.iter().filter(|look| look.starts_with(&path)).count();
        // Two of them for each of two rounds, and one for what was not finished at the second.
        assert!((2..=5).contains(&count), "{count} looks at {path}");
    }
    assert!(looks.iter().all(|path| path.matches("identifiers[]=").count() <= 100));
}

#[test]
fn jobs_are_taken_only_as_there_is_room_for_them() {
    let world = World::plain("batch-room", Pace::off());
    let taken = Arc::new(Mutex::new(0_u64));
    let jobs = {
        let taken = Arc::clone(&taken);
        images(1_000).inspect(move |_| *taken.lock().unwrap() += 1)
    };
    let (mut most, mut ended) = (0, 0);
    let mut batch = world.client.batch(jobs).in_flight(7);
    for _ in batch.by_ref() {
        ended += 1;
        most = most.max(*taken.lock().unwrap() + 1 - ended);
    }
    assert_eq!((ended, most), (1_000, 7));
    assert!(batch.next().is_none() && batch.tally().done == 1_000);
}

#[test]
fn a_429_costs_no_item_and_no_try() {
    let mut refusals = 0;
    let world = World::with("batch-429", Pace::off(), move |service, request| {
        refusals += 1;
        match request.method {
            Method::Post if refusals % 3 != 0 => status(429, (refusals % 2 == 0).then_some(5)),
            Method::Get if refusals % 2 == 0 => status(429, None),
            _ => service.answer(request),
        }
    });
    let patient = world.client.with_wait(Wait::default().timeout(3_600 * SECOND));
    let outcomes = by_index(patient.batch(images(30)));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{:?}", kinds(&outcomes));
}

#[test]
fn an_item_that_alone_is_refused_again_and_again_fails_in_the_end_and_the_others_pass_it() {
    let world = World::with("batch-forced", Pace::off(), |service, request| {
        let body = request.content.as_ref().map(|content| String::from_utf8_lossy(&content.tail).into_owned());
        match body {
            Some(body) if body.contains("x.test/1\r\n") => status(429, Some(1)),
            _ => service.answer(request),
        }
    });
    let outcomes = by_index(world.client.batch(images(5)));
    let mut expected = vec![None; 5];
    expected[1] = Some(ErrorKind::RateLimited);
    assert_eq!(kinds(&outcomes), expected);
    let took = world.clock.passed();
    assert!(took > 300 * SECOND && took < 400 * SECOND, "{took:?}");
    assert!(world.requests(true).len() < 30, "ever more rarely");
}

#[test]
fn an_item_that_is_merely_unlucky_does_not_fail() {
    // Refused eight times over eight minutes, or thirty times in no time, while others get through.
    for (times, pause) in [(8, 60), (30, 0)] {
        let mut refused = 0;
        let world = World::with("batch-unlucky", Pace::off(), move |service, request| {
            let body = request.content.as_ref().map(|content| String::from_utf8_lossy(&content.tail).into_owned());
            if body.is_some_and(|body| body.contains("x.test/1\r\n")) && refused < times {
                refused += 1;
                return status(429, Some(pause));
            }
            service.answer(request)
        });
        let outcomes = by_index(world.client.batch(images(50)).in_flight(5));
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{times}: {:?}", kinds(&outcomes));
    }
}

#[test]
fn a_network_that_is_down_for_a_while_costs_nothing() {
    let world = World::with("batch-down", Pace::off(), |service, request| match service.clock.passed() {
        now if now > 10 * SECOND && now < 200 * SECOND => (failure(ErrorKind::Connect, false).0, SECOND),
        _ => service.answer(request),
    });
    let outcomes = by_index(world.client.batch(images(1_000)).in_flight(20));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn if_nothing_gets_through_submitting_ends() {
    for (failing, kind) in [
        (failure as fn(ErrorKind, bool) -> Try, ErrorKind::Connect),
        (|_, _| status(429, None), ErrorKind::RateLimited),
    ] {
        let world = World::with("batch-gone", Pace::off(), move |_, _| failing(ErrorKind::Connect, false));
        let outcomes = by_index(world.client.batch(images(10)));
        assert_eq!(kinds(&outcomes), vec![Some(kind); 10]);
        let took = world.clock.passed();
        assert!(took >= 300 * SECOND && took < 400 * SECOND, "{took:?}");
        let errors = outcomes.iter().map(|outcome| outcome.result.as_ref().unwrap_err());
        let unsent =
            errors.filter(|error| !error.may_have_been_sent() && error.to_string().starts_with("not submitted"));
        assert_eq!(unsent.count(), 9, "all but the one that was tried last");
    }
}

#[test]
fn what_all_would_fare_by_ends_submitting_and_what_is_pending_is_collected() {
    let credits = r#"{"error":"You do not have enough credits."}"#;
    type Refuse = fn(&str) -> Try;
    let refusals: [(Refuse, ErrorKind); 5] = [
        (|_| status(401, None), ErrorKind::Unauthorized),
        (|_| status(403, None), ErrorKind::Forbidden),
        (
            |credits| (Ok(Response { status: 400, body: credits.into(), ..Response::default() }), SECOND),
            ErrorKind::OutOfCredits,
        ),
        (|_| failure(ErrorKind::Tls, false), ErrorKind::Tls),
        (|_| status(302, None), ErrorKind::Redirect),
    ];
    for (refuse, kind) in refusals {
        let world = World::with("batch-stop", Pace::off(), move |service, request| {
            if request.method == Method::Post && service.submitted.len() == 4 {
                refuse(credits)
            } else {
                service.answer(request)
            }
        });
        let outcomes = by_index(world.client.batch(images(10)));
        let mut expected = vec![None; 4];
        expected.extend([Some(kind); 6]);
        assert_eq!(kinds(&outcomes), expected);
        assert_eq!(world.requests(true).len(), 5, "{kind}");
        for outcome in &outcomes[5..] {
            let error = outcome.result.as_ref().unwrap_err();
            assert!(error.to_string().starts_with("not submitted: ") && !error.may_have_been_sent(), "{error}");
        }
    }
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    use ErrorKind::{Disconnected, InvalidInput, Rejected, Server, Timeout, UnexpectedResponse};
    let mut number = 0;
    let world = World::with("batch-faults", Pace::off(), move |service, request| {
        if request.method == Method::Get {
            return service.answer(request);
        }
        number += 1;
        match number {
            1 => status(400, None),
            2 => failure(Disconnected, true),
            3 => status(500, None),
            // Three tries, none of which arrived whole.
            4..=6 => failure(Disconnected, false),
            // Two of them, and then it passes.
            7 | 8 => failure(Timeout, false),
            // And one that is let in, 9.
            10 => json("<html>"),
            11 => json(r#"{"identifier":"00000000000000000000000000000000000000000000000000000000000000ff""#),
            _ => service.answer(request),
        }
    });
    let jobs = images(7).chain([Image::from_url("no URL").into(), Image::from_path("/no/such/file").into()]);
    let outcomes = by_index(world.client.batch(jobs).in_flight(1));
    let expected =
        [Some(Rejected), Some(Disconnected), Some(Server), Some(Disconnected), None, Some(UnexpectedResponse)];
    assert_eq!(kinds(&outcomes)[..6], expected);
    assert_eq!(kinds(&outcomes)[7..], [Some(InvalidInput); 2]);
    let sent = |index: usize| outcomes[index].result.as_ref().unwrap_err().may_have_been_sent();
    assert_eq!([0, 1, 2, 3, 5].map(sent), [false, true, true, false, true]);
}

#[test]
fn looks_that_fail_do_not_end_the_wait_and_time_does() {
    let mut looks = 0;
    let world = World::with("batch-looks", Pace::off(), move |service, request| {
        if request.method == Method::Post {
            return service.answer(request);
        }
        looks += 1;
        match looks {
            1 => status(500, None),
            2 => failure(ErrorKind::Timeout, true),
            3 => json("<html>"),
            4 => status(404, None),
            _ => service.answer(request),
        }
    });
    assert!(by_index(world.client.batch(images(3))).iter().all(|outcome| outcome.result.is_ok()));
    let world = World::with("batch-late", Pace::off(), |service, request| {
        if request.method == Method::Post { service.answer(request) } else { status(502, None) }
    });
    let outcomes = by_index(world.client.batch(images(3)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::WaitTimedOut); 3]);
    let error = outcomes[0].result.as_ref().unwrap_err();
    assert!(error.identifier().is_some() && outcomes[0].identifier == error.identifier().cloned());
    assert!(std::error::Error::source(error).unwrap().to_string().contains("502"));
    assert!(world.clock.passed() < 320 * SECOND, "{:?}", world.clock.passed());
}

#[test]
fn a_key_that_is_refused_for_looks_ends_it_with_every_identifier() {
    let world = World::with("batch-revoked", Pace::off(), |service, request| {
        if service.submitted.len() < 5 { service.answer(request) } else { status(401, None) }
    });
    let outcomes = by_index(world.client.batch(images(8)).in_flight(5));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Unauthorized); 8]);
    assert!(outcomes[..5].iter().all(|outcome| outcome.identifier.is_some()));
}

#[test]
fn what_the_service_leaves_out_is_asked_for_by_itself() {
    let world = World::with("batch-left-out", Pace::off(), |service, request| {
        let is_list = request.path.contains('?');
        match request.method {
            Method::Post => service.answer(request),
            Method::Get if is_list => json("[]"),
            Method::Get | Method::Delete => status(404, None),
        }
    });
    let outcomes = by_index(world.client.batch(images(2)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::NotFound); 2]);
}

#[test]
fn one_that_is_left_out_more_than_twice_is_asked_for_by_itself_and_may_still_come() {
    for failing in [500, 408] {
        let mut alone = 0;
        let world = World::with("batch-alone", Pace::off(), move |service, request| {
            match (request.method, request.path.contains('?')) {
                (Method::Post, _) => service.answer(request),
                (_, true) => json("[]"),
                (_, false) => {
                    alone += 1;
                    match alone {
                        1 => status(failing, None),
                        2 => json(r#"{"status":"new"}"#),
                        _ => json(r#"{"status":"done"}"#),
                    }
                }
            }
        });
        let outcomes = by_index(world.client.batch(images(1)));
        assert!(outcomes[0].result.is_ok(), "{failing}: {:?}", kinds(&outcomes));
        let looks = world.requests(false);
        let lists: Vec<bool> = looks.iter().map(|look| look.path.contains('?')).collect();
        // Three lists, one by itself that fails and so another one; then it is known to be pending.
        let expected = [true, true, true, false, true, false, true, true, true, false];
        assert_eq!(lists, expected, "{failing}");
    }
}

#[test]
fn equal_submissions_with_one_identifier_all_get_its_report() {
    let world = World::with("batch-equal", Pace::off(), |service, request| {
        service.submitted.retain(|_, _| request.method == Method::Get);
        service.answer(request)
    });
    let outcomes = by_index(world.client.batch((0..3).map(|_| Image::from_url("https://x.test/"))));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn a_failed_analysis_is_an_error_with_the_service_s_words() {
    let world = World::with("batch-errored", Pace::off(), |service, request| match request.method {
        Method::Post => service.answer(request),
        Method::Get | Method::Delete => {
            json(&format!(r#"[{{"identifier":"{:064x}","status":"errored","errors":["Too dark."]}}]"#, 0))
        }
    });
    let outcome = world.client.batch(images(1)).next().unwrap();
    let error = outcome.result.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::AnalysisFailed, Some("Too dark.")));
}

#[test]
fn a_batch_that_is_stopped_collects_and_one_that_is_cancelled_does_not() {
    let world = World::plain("batch-stopped", Pace::off());
    let mut batch = world.client.batch(images(10)).in_flight(4);
    let stopper = batch.stopper();
    batch = batch.on_progress(move |tally| {
        if tally.submitted == 3 {
            stopper.stop();
        }
    });
    let outcomes = by_index(batch);
    let mut expected = vec![None; 3];
    expected.extend([Some(ErrorKind::Cancelled); 7]);
    assert_eq!(kinds(&outcomes), expected);

    let world = World::plain("batch-cancelled", Pace::off());
    let canceller = world.client.canceller();
    let batch = world.client.batch(images(10)).in_flight(4);
    let outcomes = by_index(batch.on_progress(move |tally| {
        if tally.submitted == 3 {
            canceller.cancel();
        }
    }));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Cancelled); 10]);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.identifier.is_some()).count(), 3);
    assert!(world.requests(false).is_empty());
}

#[test]
fn a_source_that_has_nothing_yet_holds_nothing_up() {
    let world = World::plain("batch-slow", Pace::off());
    let clock = Arc::clone(&world.clock);
    let mut number = 0;
    let jobs = std::iter::from_fn(move || {
        if number == 5 {
            return None;
        }
        // A new one each 100 seconds.
        if clock.passed() < 100 * SECOND * number {
            return Some(Job::not_yet());
        }
        number += 1;
        Some(Image::from_url(format!("https://x.test/{number}")).into())
    });
    let mut times = Vec::new();
    for (index, outcome) in (0..).zip(world.client.batch(jobs)) {
        assert!(outcome.result.is_ok() && outcome.index == index);
        times.push(world.clock.passed().as_secs() / 100);
    }
    assert_eq!(times, [0, 1, 2, 3, 4], "each before the next one came");
}

#[test]
fn what_cannot_be_sent_takes_no_turn() {
    let world = World::plain("batch-broken", Pace::default());
    let jobs = (0..50).map(|_| Image::from_url("no URL"));
    assert_eq!(kinds(&by_index(world.client.batch(jobs))), [Some(ErrorKind::InvalidInput); 50]);
    assert_eq!(world.clock.passed(), Duration::ZERO);
}

#[test]
fn a_reader_is_sent_once() {
    let world = World::with("batch-reader", Pace::off(), |_, _| failure(ErrorKind::Disconnected, false));
    let job = Image::from_reader(&b"\x89PNG\r\n\x1a\n0000"[..], 12);
    assert_eq!(kinds(&by_index(world.client.batch([job]))), [Some(ErrorKind::Disconnected)]);
    assert_eq!(world.sent.lock().unwrap().len(), 1);
}

#[test]
fn a_cancelled_pause_ends_it() {
    let clock = FakeClock::new(Cancel::set);
    let (exchange, _) = Scripted::exchange(&clock, |_| json(r#"{"identifier":"abc"}"#));
    let outcomes = by_index(client("batch-pause", Pace::default(), exchange).batch(images(3)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Cancelled); 3]);
}

/// In a process of its own, whose memory nobody else uses.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_flat_from_a_thousand_jobs_to_a_million() {
    const ALONE: &str = "IDENTIFAI_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["batch::tests::memory_is_flat_from_a_thousand_jobs_to_a_million", "--exact", "--test-threads=1"]);
        assert!(child.env(ALONE, "1").status().unwrap().success());
        return;
    }
    fn peak() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
    let run = |key: &str, count: usize| {
        let mut number = 0;
        let world = World::with(key, Pace::off(), move |_, request| match request.method {
            Method::Post => {
                number += 1;
                json(&format!(r#"{{"identifier":"{number}"}}"#))
            }
            Method::Get | Method::Delete => {
                let (_, query) = request.path.split_once('?').unwrap();
                let asked = query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap());
                let reports = asked.map(|id| format!(r#"{{"identifier":"{id}","status":"done"}}"#));
                json(&format!("[{}]", reports.collect::<Vec<_>>().join(",")))
            }
        });
        let done = world.client.batch(images(count)).filter(|outcome| outcome.result.is_ok()).count();
        assert_eq!(done, count);
        peak()
    };
    let few = run("batch-memory-1", 12_000);
    // A million takes a while unless it is built for speed.
    let many = run("batch-memory-2", if cfg!(debug_assertions) { 60_000 } else { 1_000_000 });
    assert!(many < few + 1_024, "{few} KiB for 12,000 jobs, {many} KiB for many");
}
