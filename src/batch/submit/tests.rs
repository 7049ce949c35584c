//! Tests of failed submits: their effect on the job itself and on the other jobs.

use std::time::Duration;

use crate::batch::tests::*;
use crate::call::fake::{SECOND, TimedOutcome, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::error::ErrorKind;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::model::medium::Image;
use crate::wait::WaitOptions;

#[test]
fn job_after_429_is_submitted_again() {
    let mut refusals = 0;
    let fixture = Fixture::with("batch-429", RateLimit::unlimited(), move |service, request| {
        refusals += 1;
        match request.method {
            Method::Post if refusals % 3 != 0 => status(429, (refusals % 2 == 0).then_some(5)),
            Method::Get if refusals % 2 == 0 => status(429, None),
            _ => service.respond(request),
        }
    });
    let client = fixture.client.with_wait(WaitOptions::default().timeout(3_600 * SECOND));
    let outcomes = by_index(client.batch(images(30)));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{:?}", kinds(&outcomes));
}

#[test]
fn job_refused_alone_fails_after_five_minutes() {
    let fixture = Fixture::with("batch-forced", RateLimit::unlimited(), |service, request| {
        let body = request.content.as_ref().map(|content| String::from_utf8_lossy(&content.tail).into_owned());
        match body {
            Some(body) if body.contains("x.test/1\r\n") => status(429, Some(1)),
            _ => service.respond(request),
        }
    });
    let outcomes = by_index(fixture.client.batch(images(5)));
    let mut expected = vec![None; 5];
    expected[1] = Some(ErrorKind::RateLimited);
    assert_eq!(kinds(&outcomes), expected);
    let took = fixture.clock.passed();
    assert!(took > 300 * SECOND && took < 400 * SECOND, "{took:?}");
    assert!(fixture.requests(true).len() < 30, "the job is submitted at growing intervals");
}

#[test]
fn job_refused_rarely_or_briefly_does_not_fail() {
    // The job is refused eight times in eight minutes, or thirty times in no time, while others are accepted.
    for (times, pause) in [(8, 60), (30, 0)] {
        let mut refused = 0;
        let fixture = Fixture::with("batch-unlucky", RateLimit::unlimited(), move |service, request| {
            let body = request.content.as_ref().map(|content| String::from_utf8_lossy(&content.tail).into_owned());
            if body.is_some_and(|body| body.contains("x.test/1\r\n")) && refused < times {
                refused += 1;
                return status(429, Some(pause));
            }
            service.respond(request)
        });
        let outcomes = by_index(fixture.client.batch(images(50)).in_flight(5));
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{times}: {:?}", kinds(&outcomes));
    }
}

#[test]
fn network_outage_loses_no_job() {
    let fixture =
        Fixture::with("batch-down", RateLimit::unlimited(), |service, request| match service.clock.passed() {
            now if now > 10 * SECOND && now < 200 * SECOND => (failure(ErrorKind::Connect, false).0, SECOND),
            _ => service.respond(request),
        });
    let outcomes = by_index(fixture.client.batch(images(1_000)).in_flight(20));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn service_outage_loses_few_jobs() {
    let fixture = Fixture::with("batch-503", RateLimit::default(), |service, request| match service.clock.passed() {
        now if now < 600 * SECOND => status(503, None),
        _ => service.respond(request),
    });
    let outcomes = by_index(fixture.client.batch(images(300)));
    let lost = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    assert!((10..50).contains(&lost), "{lost} of the 300 that the rate limit allows in ten minutes");
}

#[test]
fn outage_of_five_minutes_ends_submitting() {
    for (failing, kind) in [
        (failure as fn(ErrorKind, bool) -> TimedOutcome, ErrorKind::Connect),
        (|_, _| status(429, None), ErrorKind::RateLimited),
    ] {
        let fixture =
            Fixture::with("batch-gone", RateLimit::unlimited(), move |_, _| failing(ErrorKind::Connect, false));
        let outcomes = by_index(fixture.client.batch(images(10)));
        assert_eq!(kinds(&outcomes), vec![Some(kind); 10]);
        let took = fixture.clock.passed();
        assert!(took >= 300 * SECOND && took < 400 * SECOND, "{took:?}");
        let errors = outcomes.iter().map(|outcome| outcome.result.as_ref().unwrap_err());
        let unsent =
            errors.filter(|error| !error.may_have_been_sent() && error.to_string().starts_with("not submitted"));
        assert_eq!(unsent.count(), 9, "all jobs except the one that was submitted last");
    }
}

#[test]
fn error_affecting_all_jobs_ends_submitting_only() {
    let credits = r#"{"error":"You do not have enough credits."}"#;
    type Refuse = fn(&str) -> TimedOutcome;
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
        let fixture = Fixture::with("batch-stop", RateLimit::unlimited(), move |service, request| {
            if request.method == Method::Post && service.submitted.len() == 4 {
                refuse(credits)
            } else {
                service.respond(request)
            }
        });
        let outcomes = by_index(fixture.client.batch(images(10)));
        let mut expected = vec![None; 4];
        expected.extend([Some(kind); 6]);
        assert_eq!(kinds(&outcomes), expected);
        assert_eq!(fixture.requests(true).len(), 5, "{kind}");
        for outcome in &outcomes[5..] {
            let error = outcome.result.as_ref().unwrap_err();
            assert!(error.to_string().starts_with("not submitted: ") && !error.may_have_been_sent(), "{error}");
        }
    }
}

#[test]
fn job_failing_does_not_stop_others() {
    use ErrorKind::{Disconnected, InvalidInput, Rejected, Server, Timeout, UnexpectedResponse};
    let mut number = 0;
    let fixture = Fixture::with("batch-faults", RateLimit::unlimited(), move |service, request| {
        if request.method == Method::Get {
            return service.respond(request);
        }
        number += 1;
        match number {
            1 => status(400, None),
            2 => failure(Disconnected, true),
            3 => status(500, None),
            // Three attempts that were not sent completely.
            4..=6 => failure(Disconnected, false),
            // Two attempts that were not sent completely. The third one, number 9, is accepted.
            7 | 8 => failure(Timeout, false),
            10 => json("<html>"),
            11 => match service.respond(request) {
                // The response is truncated after the identifier.
                (Ok(mut response), took) => {
                    response.body.pop();
                    (Ok(response), took)
                }
                failed => failed,
            },
            // A proxy sends `Retry-After` but may have forwarded the submit.
            12 => status(503, Some(1)),
            _ => service.respond(request),
        }
    });
    let jobs = images(8).chain([Image::from_url("no URL").into(), Image::from_path("/no/such/file").into()]);
    let outcomes = by_index(fixture.client.batch(jobs).in_flight(1));
    let expected = [
        Some(Rejected),
        Some(Disconnected),
        Some(Server),
        Some(Disconnected),
        None,
        Some(UnexpectedResponse),
        None,
        Some(Server),
        Some(InvalidInput),
        Some(InvalidInput),
    ];
    assert_eq!(kinds(&outcomes), expected);
    let sent = |index: usize| outcomes[index].result.as_ref().unwrap_err().may_have_been_sent();
    assert_eq!([0, 1, 2, 3, 5, 7].map(sent), [false, true, true, false, true, true]);
}

#[test]
fn identifier_uncertain_is_reported_and_not_polled() {
    for (code, body, identifier) in [
        (200, "[{\"identifier\":\"a\"},{\"identifier\":\"b\"}]", Some("a")),
        (200, "<html><script>x = {\"identifier\":\"a\"}</script>", Some("a")),
        (403, "<html><script>x = {\"identifier\":\"a\"}</script>", None),
    ] {
        let fixture = Fixture::with("batch-uncertain", RateLimit::unlimited(), move |_, _| {
            let (outcome, took) = json(body);
            (outcome.map(|response| Response { status: code, ..response }), took)
        });
        let outcomes = by_index(fixture.client.batch(images(1)));
        let outcome = &outcomes[0];
        assert!(outcome.result.is_err(), "{body}: the verdict of the identifier may be about another file");
        assert_eq!(outcome.identifier.as_ref().map(crate::model::identifier::Identifier::as_str), identifier, "{body}");
        assert!(fixture.requests(false).is_empty(), "{body}");
    }
}

#[test]
fn job_invalid_takes_no_slot() {
    let fixture = Fixture::plain("batch-broken", RateLimit::default());
    let jobs = (0..50).map(|_| Image::from_url("no URL"));
    assert_eq!(kinds(&by_index(fixture.client.batch(jobs))), [Some(ErrorKind::InvalidInput); 50]);
    assert_eq!(fixture.clock.passed(), Duration::ZERO);
}

#[test]
fn job_from_reader_is_sent_once() {
    let fixture = Fixture::with("batch-reader", RateLimit::unlimited(), |_, _| failure(ErrorKind::Disconnected, false));
    let job = Image::from_reader(&b"\x89PNG\r\n\x1a\n0000"[..], 12);
    assert_eq!(kinds(&by_index(fixture.client.batch([job]))), [Some(ErrorKind::Disconnected)]);
    assert_eq!(fixture.sent.lock().unwrap().len(), 1);
}
