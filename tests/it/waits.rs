//! Tests of waiting for a verdict: one submit is paid for, the wait ends in time, and errors keep the identifier.

use std::time::{Duration, Instant};

use identifai::{ErrorKind, Identifier, Image, WaitOptions};
use test_support::{ID, KEY, Server, accepted, json, response, response_with, submitted};

fn fast_polling() -> WaitOptions {
    WaitOptions::default().initial_interval(Duration::from_millis(5)).max_interval(Duration::from_millis(10))
}

#[test]
fn classify_submits_once_and_polls() {
    let verdict = r#"{"status":"done","verdict":{"classification":"artificial","confidence":0.9}}"#;
    let server = Server::start(move |connection| {
        let mut polls = 0;
        while let Some(request) = connection.request() {
            polls += i32::from(request.head.starts_with("GET "));
            connection.send(&match (request.head.starts_with("POST "), polls) {
                (true, _) => accepted(),
                (false, 1) => json("{\"status\":\"new\"}"),
                (false, 2) => response(500, "application/json", "{}"),
                (false, 3) => response_with(429, "Retry-After: 0\r\n", "{\"message\":\"Too Many Attempts.\"}"),
                _ => json(verdict),
            });
        }
    });
    let client = server.builder().wait(fast_polling()).build().unwrap();
    let report = client.classify(&Image::from_url("https://example.com/cat.jpg")).unwrap();
    assert_eq!((report.is_artificial(), report.identifier().as_str()), (Some(true), ID));
    let requests = server.requests();
    assert_eq!(requests.iter().filter(|request| request.head.starts_with("POST ")).count(), 1);
    assert_eq!(requests.len(), 5);
}

#[test]
fn failed_analysis_error_keeps_the_identifier() {
    let token = "s1gned-token";
    let errored = format!("{{\"status\":\"errored\",\"errors\":\"cannot read /cat.jpg?sig={token} for {KEY}\"}}");
    let server = Server::start(move |connection| {
        while let Some(request) = connection.request() {
            connection.send(&if request.head.starts_with("POST ") { accepted() } else { json(&errored) });
        }
    });
    let client = server.builder().wait(fast_polling()).build().unwrap();
    let job = Image::from_url(format!("https://example.com/cat.jpg?sig={token}"));
    let apart = client.submit(&job).unwrap();
    let error = client.wait(&apart.clone()).unwrap_err();
    assert!(!error.to_string().contains(token) && !error.may_have_been_sent(), "{error}");
    let error = client.classify(&job).unwrap_err();
    assert_eq!((error.kind(), error.identifier().map(Identifier::as_str)), (ErrorKind::AnalysisFailed, Some(ID)));
    assert!(error.may_have_been_sent() && !error.is_retryable(), "another classify call would be paid for again");
    let shown = format!("{error} {error:?}");
    assert!(error.message().unwrap().starts_with("cannot read ") && !shown.contains(token), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

#[test]
fn wait_with_a_stalled_service_ends_at_its_timeout() {
    let server = Server::start(test_support::Connection::wait_for_end);
    let timeout = Duration::from_millis(300);
    let client = server.builder().wait(fast_polling().timeout(timeout)).build().unwrap();
    let start = Instant::now();
    let error = client.wait(&submitted(ID)).unwrap_err();
    assert!(start.elapsed() < timeout + Duration::from_millis(200), "{:?}", start.elapsed());
    assert_eq!((error.kind(), error.last_state()), (ErrorKind::WaitTimedOut, None));
    assert_eq!(error.identifier().map(Identifier::as_str), Some(ID));
}

#[test]
fn wait_cancelled_by_another_thread_ends_at_once() {
    let (polled, was_polled) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        while connection.request().is_some() {
            connection.send(&json("{\"status\":\"new\"}"));
            polled.send(()).unwrap();
        }
    });
    let client = server.client();
    let cancel_handle = client.cancel_handle();
    let start = Instant::now();
    let error = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.wait(&submitted(ID)).unwrap_err());
        was_polled.recv().unwrap();
        cancel_handle.cancel();
        waiting.join().unwrap()
    });
    assert!(start.elapsed() < Duration::from_secs(1), "the pause would have been at least 1.6 s");
    assert_eq!((error.kind(), error.identifier().map(Identifier::as_str)), (ErrorKind::Cancelled, Some(ID)));
}

#[test]
fn state_with_an_echoed_signed_url_is_redacted() {
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            let echo = json("{\"status\":\"cannot fetch ?sig=T0KENT0KEN\"}");
            connection.send(&if request.head.starts_with("POST ") { accepted() } else { echo });
        }
    });
    let client = server.builder().wait(fast_polling().timeout(Duration::from_millis(50))).build().unwrap();
    let error = client.classify(&Image::from_url("https://x.test/a.jpg?sig=T0KENT0KEN")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimedOut);
    assert!(!format!("{error} {error:?}").contains("T0KEN"), "{error:?}");
}

#[test]
fn wait_error_truncates_the_failed_poll_response() {
    let server =
        Server::responding(response(500, "application/json", &format!("{{\"error\":\"{}\"}}", "x".repeat(100_000))));
    let client = server.builder().wait(fast_polling().timeout(Duration::from_millis(300))).build().unwrap();
    // The last poll may also fail because the timeout ends it, and then has no response.
    let refused = (0..10).find_map(|_| {
        let error = client.wait(&submitted(ID)).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().downcast_ref::<identifai::Error>().unwrap();
        Some((cause.body()?.len(), cause.message()?.len()))
    });
    let (body, message) = refused.unwrap();
    assert!(body <= 4_096 && message <= 1_003, "{body} {message}");
}
