//! Looks at what was submitted: many at once, ones that fail, and what the service leaves out.

use crate::batch::job::Job;
use crate::batch::tests::*;
use crate::call::fake::{SECOND, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::error::ErrorKind;
use crate::http::request::Method;
use crate::model::medium::{Audio, Image, Video};
use crate::wait::WaitOptions;

#[test]
fn one_look_is_for_a_hundred_of_a_medium() {
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
        // Two of them for each of two rounds, and one for what was not finished at the second.
        assert!((2..=5).contains(&count), "{count} looks at {path}");
    }
    assert!(polls.iter().all(|path| path.matches("identifiers[]=").count() <= 100));
}

#[test]
fn looks_that_fail_do_not_end_the_wait_and_time_does() {
    let mut polls = 0;
    let fixture = Fixture::with("batch-looks", RateLimit::unlimited(), move |service, request| {
        if request.method == Method::Post {
            return service.answer(request);
        }
        polls += 1;
        match polls {
            1 => status(500, None),
            2 => failure(ErrorKind::Timeout, true),
            3 => json("<html>"),
            4 => status(404, None),
            _ => service.answer(request),
        }
    });
    assert!(by_index(fixture.client.batch(images(3))).iter().all(|outcome| outcome.result.is_ok()));
    let fixture = Fixture::with("batch-late", RateLimit::unlimited(), |service, request| {
        if request.method == Method::Post { service.answer(request) } else { status(502, None) }
    });
    let outcomes = by_index(fixture.client.batch(images(3)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::WaitTimedOut); 3]);
    let error = outcomes[0].result.as_ref().unwrap_err();
    assert!(error.identifier().is_some() && outcomes[0].identifier == error.identifier().cloned());
    assert!(std::error::Error::source(error).unwrap().to_string().contains("502"));
    assert!(fixture.clock.passed() < 320 * SECOND, "{:?}", fixture.clock.passed());
}

#[test]
fn a_key_that_is_refused_for_looks_ends_it_with_every_identifier() {
    let fixture = Fixture::with("batch-revoked", RateLimit::unlimited(), |service, request| {
        if service.submitted.len() < 5 { service.answer(request) } else { status(401, None) }
    });
    let outcomes = by_index(fixture.client.batch(images(8)).in_flight(5));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::Unauthorized); 8]);
    assert!(outcomes[..5].iter().all(|outcome| outcome.identifier.is_some()));
}

#[test]
fn what_the_service_leaves_out_is_asked_for_by_itself() {
    let fixture = Fixture::with("batch-left-out", RateLimit::unlimited(), |service, request| {
        let is_list = request.path.contains('?');
        match request.method {
            Method::Post => service.answer(request),
            Method::Get if is_list => json("[]"),
            Method::Get | Method::Delete => status(404, None),
        }
    });
    let outcomes = by_index(fixture.client.batch(images(2)));
    assert_eq!(kinds(&outcomes), [Some(ErrorKind::NotFound); 2]);
}

#[test]
fn one_that_is_left_out_more_than_twice_is_asked_for_by_itself_and_may_still_come() {
    for failing in [500, 408] {
        let mut alone = 0;
        let fixture = Fixture::with("batch-alone", RateLimit::unlimited(), move |service, request| {
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
        let outcomes = by_index(fixture.client.batch(images(1)));
        assert!(outcomes[0].result.is_ok(), "{failing}: {:?}", kinds(&outcomes));
        let polls = fixture.requests(false);
        let lists: Vec<bool> = polls.iter().map(|poll| poll.path.contains('?')).collect();
        // Three lists, one by itself that fails and so another one; then it is known to be pending.
        let expected = [true, true, true, false, true, false, true, true, true, false];
        assert_eq!(lists, expected, "{failing}");
    }
}

#[test]
fn equal_submissions_with_one_identifier_all_get_its_report() {
    let fixture = Fixture::with("batch-equal", RateLimit::unlimited(), |service, request| {
        service.submitted.retain(|_, _| request.method == Method::Get);
        service.answer(request)
    });
    let outcomes = by_index(fixture.client.batch((0..3).map(|_| Image::from_url("https://x.test/"))));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[test]
fn a_failed_analysis_is_an_error_with_the_service_s_words() {
    let fixture = Fixture::with("batch-errored", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.answer(request),
        Method::Get | Method::Delete => {
            json(&format!(r#"[{{"identifier":"{:064x}","status":"errored","errors":["Too dark."]}}]"#, 0))
        }
    });
    let outcome = fixture.client.batch(images(1)).next().unwrap();
    let error = outcome.result.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::AnalysisFailed, Some("Too dark.")));
}
