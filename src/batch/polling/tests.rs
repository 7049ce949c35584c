//! Tests of polls: full pages, failed polls, and submissions that are missing in the responses.

use crate::batch::job::Job;
use crate::batch::tests::*;
use crate::call::fake::{SECOND, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::error::ErrorKind;
use crate::http::request::Method;
use crate::model::medium::{Audio, Image, Video};
use crate::wait::WaitOptions;

#[test]
fn poll_covers_up_to_100_submissions_of_one_medium() {
    let fixture = Fixture::plain("batch-media", RateLimit::unlimited());
    let job = |number: usize| -> Job {
        let url = format!("https://x.test/{number}");
        match number % 3 {
            0 => Image::from_url(url).into(),
            1 => Video::from_url(url).into(),
            _ => Audio::from_url(url).into(),
        }
    };
    let batch =
        fixture.client.with_wait(WaitOptions::default().initial_interval(30 * SECOND).max_interval(30 * SECOND));
    let outcomes = by_index(batch.batch((0..450).map(job)).in_flight(450));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    let polls: Vec<String> = fixture.requests(false).into_iter().map(|sent| sent.path).collect();
    for medium in ["", "_video", "_audio"] {
        let path = format!("/api/classifications{medium}?");
        let count = polls.iter().filter(|poll| poll.starts_with(&path)).count();
        // Two polls in each of two rounds, and one for the submissions that were not finished in the second round.
        assert!((2..=5).contains(&count), "{count} polls of {path}");
    }
    assert!(polls.iter().all(|path| path.matches("identifiers[]=").count() <= 100));
}

#[test]
fn polls_failing_do_not_end_wait_before_timeout() {
    let mut polls = 0;
    let fixture = Fixture::with("batch-polls", RateLimit::unlimited(), move |service, request| {
        if request.method == Method::Post {
            return service.respond(request);
        }
        polls += 1;
        match polls {
            1 => status(500, None),
            2 => failure(ErrorKind::Timeout, true),
            3 => json("<html>"),
            4 => status(404, None),
            _ => service.respond(request),
        }
    });
    assert!(by_index(fixture.client.batch(images(3))).iter().all(|outcome| outcome.result.is_ok()));
    let fixture = Fixture::with("batch-late", RateLimit::unlimited(), |service, request| {
        if request.method == Method::Post { service.respond(request) } else { status(502, None) }
    });
    let outcomes = by_index(fixture.client.batch(images(3)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::WaitTimedOut); 3]);
    let error = outcomes[0].result.as_ref().unwrap_err();
    assert!(error.identifier().is_some() && outcomes[0].identifier == error.identifier().cloned());
    assert!(std::error::Error::source(error).unwrap().to_string().contains("502"));
    assert!(fixture.clock.passed() < 320 * SECOND, "{:?}", fixture.clock.passed());
}

#[test]
fn key_revoked_ends_batch_with_all_identifiers() {
    let fixture = Fixture::with("batch-revoked", RateLimit::unlimited(), |service, request| {
        if service.submitted.len() < 5 { service.respond(request) } else { status(401, None) }
    });
    let outcomes = by_index(fixture.client.batch(images(8)).in_flight(5));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Unauthorized); 8]);
    assert!(outcomes[..5].iter().all(|outcome| outcome.identifier.is_some()));
}

#[test]
fn submission_missing_in_lists_is_polled_alone() {
    let fixture = Fixture::with("batch-left-out", RateLimit::unlimited(), |service, request| {
        let is_list = request.path.contains('?');
        match request.method {
            Method::Post => service.respond(request),
            Method::Get if is_list => json("[]"),
            Method::Get | Method::Delete => status(404, None),
        }
    });
    let outcomes = by_index(fixture.client.batch(images(2)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::NotFound); 2]);
}

#[test]
fn submission_polled_alone_may_still_finish() {
    for failing in [500, 408] {
        let mut alone = 0;
        let fixture = Fixture::with("batch-alone", RateLimit::unlimited(), move |service, request| {
            match (request.method, request.path.contains('?')) {
                (Method::Post, _) => service.respond(request),
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
        let outcomes = by_index(fixture.client.batch(images(1)));
        assert!(outcomes[0].result.is_ok(), "{failing}: {:?}", kinds(&outcomes));
        let polls = fixture.requests(false);
        let lists: Vec<bool> = polls.iter().map(|poll| poll.path.contains('?')).collect();
        // The submission is missing in three lists, so it is polled alone. That poll fails. After the next list it is
        // polled alone again and is pending, so three more lists follow.
        let expected = [true, true, true, false, true, false, true, true, true, false];
        assert_eq!(lists, expected, "{failing}");
    }
}

#[test]
fn submissions_with_same_identifier_share_report() {
    let fixture = Fixture::with("batch-equal", RateLimit::unlimited(), |service, request| {
        service.submitted.retain(|_, _| request.method == Method::Get);
        service.respond(request)
    });
    let outcomes = by_index(fixture.client.batch((0..3).map(|_| Image::from_url("https://x.test/"))));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn analysis_failed_is_error_with_service_message() {
    let fixture = Fixture::with("batch-errored", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.respond(request),
        Method::Get | Method::Delete => {
            json(&format!(r#"[{{"identifier":"{:064x}","status":"errored","errors":["Too dark."]}}]"#, 0))
        }
    });
    let outcome = fixture.client.batch(images(1)).next().unwrap();
    let error = outcome.result.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::AnalysisFailed, Some("Too dark.")));
}
