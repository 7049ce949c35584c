//! Tests of results, heatmaps and overrides: documented requests, parsed responses, and errors. None of these calls is
//! paid for.

use std::time::{Duration, Instant};

use httpmock::{Method::GET, Method::POST, MockServer};
use identifai::{
    Classification, Client, ErrorKind, Identifier, Image, ImageReport, MediaType, RateLimit, State, Submitted,
};
use test_support::{ID, KEY, Server, json, response, response_with, submitted};

const DOCUMENTED: &str = include_str!("../fixtures/image_documented.json");

/// Creates `count` submissions with identifiers of 64 characters.
fn submissions(count: usize) -> Vec<Submitted<Image>> {
    (0..count).map(|number| submitted(&format!("{number:064}"))).collect()
}

/// Builds a response with a report for each of `identifiers`, in reverse order.
fn reports_response(identifiers: &[String]) -> String {
    let reports: Vec<_> = identifiers.iter().rev().map(|id| format!("{{\"identifier\":\"{id}\"}}")).collect();
    json(&format!("[{}]", reports.join(",")))
}

#[test]
fn result_is_requested_by_identifier() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.method(GET)
            .path(format!("/prefix/api/classification/{ID}"))
            .header("X-Api-Key", KEY)
            .header("Accept", "application/json");
        then.status(200).header("Content-Type", "application/json").body(DOCUMENTED);
    });
    let client =
        Client::builder(KEY).base_url(server.url("/prefix")).rate_limit(RateLimit::unlimited()).build().unwrap();
    let report: ImageReport = client.result(&submitted(ID)).unwrap();
    assert_eq!((report.state(), report.verdicts().len(), report.results().len()), (&State::Done, 6, 3));
    assert!(client.poll(&submitted(ID)).unwrap().is_some());
    assert_eq!(mock.calls(), 2);
}

#[test]
fn result_request_matches_the_expected_bytes() {
    let server = Server::responding(json("{}"));
    server.client().result(&submitted(ID)).unwrap();
    let [request] = server.requests().try_into().unwrap();
    let head = request.head.replace(&server.address.to_string(), "HOST").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let expected = format!(
        "GET /api/classification/{ID} HTTP/1.1\r\nhost: HOST\r\nx-api-key: {KEY}\r\n\
         user-agent: identifai-rust/VERSION\r\naccept: application/json\r\n\
         accept-encoding: identity\r\n\r\n"
    );
    assert_eq!(head, expected);
}

#[test]
fn result_of_each_pending_form_is_unfinished() {
    for bytes in [
        json(""),
        json("null"),
        json("[]"),
        json("{}"),
        json(&format!("{{\"identifier\":\"{ID}\",\"status\":\"new\",\"verdict\":null}}")),
        json(&format!("{{\"identifier\":\"{ID}\",\"status\":\"processing\"}}")),
        response(202, "text/plain", "Accepted"),
        "HTTP/1.1 204 X\r\n\r\n".to_owned(),
    ] {
        let server = Server::responding(bytes.clone());
        assert!(server.client().poll(&submitted(ID)).unwrap().is_none(), "{bytes}");
        let report = server.client().result(&submitted(ID)).unwrap();
        assert!(!report.is_finished() && report.identifier().as_str() == ID, "{bytes}");
    }
}

#[test]
fn failed_result_names_the_identifier() {
    let table = [
        (response(401, "application/json", "{\"error\":\"Unauthorized\"}"), ErrorKind::Unauthorized),
        (response(404, "application/json", "{\"message\":\"Not Found\"}"), ErrorKind::NotFound),
        (response_with(302, "Location: http://127.0.0.1:9/x\r\n", ""), ErrorKind::Redirect),
        (response(500, "text/html", "<html>"), ErrorKind::Server),
        (json("<html>"), ErrorKind::UnexpectedResponse),
        (json("{\"identifier\":\"another\",\"status\":\"done\"}"), ErrorKind::UnexpectedResponse),
        (
            "HTTP/1.1 200 X\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{\"ident".to_owned(),
            ErrorKind::Disconnected,
        ),
    ];
    for (bytes, kind) in table {
        let server = Server::start(move |connection| {
            connection.request();
            connection.send(&bytes);
        });
        let error = server.client().result(&submitted(ID)).unwrap_err();
        assert_eq!((error.kind(), error.identifier().map(Identifier::as_str)), (kind, Some(ID)), "{error}");
        assert!(!error.may_have_been_sent(), "{error}");
        assert_eq!(error.is_retryable(), matches!(kind, ErrorKind::Server | ErrorKind::Disconnected));
        assert_eq!(server.requests().len(), 1, "the client has no retries");
    }
}

#[test]
fn results_of_250_take_three_requests() {
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            let mut found = request.requested_ids();
            // One report is missing, and one belongs to an identifier that was not requested.
            found.retain(|id| !id.ends_with("0123"));
            found.push("stranger".to_owned());
            connection.send(&reports_response(&found));
        }
    });
    let mut all = submissions(250);
    all.push(all[7].clone());
    let reports = server.client().results(&all).unwrap();
    assert_eq!(reports.len(), 251);
    for (number, (sent, report)) in all.iter().zip(&reports).enumerate() {
        assert_eq!(report.as_ref().map(ImageReport::identifier), (number != 123).then_some(sent.identifier()));
    }
    let requests = server.requests();
    let sizes: Vec<_> = requests.iter().map(|request| request.requested_ids().len()).collect();
    assert_eq!(sizes, [100, 100, 50], "a duplicate identifier is requested once");
    for request in requests {
        assert!(request.head.lines().next().unwrap().len() <= 8_000);
    }
    assert_eq!(server.connections(), 1);
    assert!(server.client().results::<Image>(&[]).unwrap().is_empty());
    assert_eq!(server.connections(), 1, "an empty list needs no request");
}

#[test]
fn results_page_too_long_is_split_in_halves() {
    // The server answers 414 to more than 30 identifiers. The client requests 100, then 50, then 25 at a time.
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            let found = request.requested_ids();
            connection.send(&if found.len() > 30 { response(414, "text/html", "") } else { reports_response(&found) });
        }
    });
    let reports_of = |client: Client, count| client.results(&submissions(count)).unwrap().into_iter().flatten().count();
    assert_eq!(reports_of(server.client(), 110), 110);
    let sizes: Vec<_> = server.requests().iter().map(|request| request.requested_ids().len()).collect();
    assert_eq!(sizes, [100, 50, 25, 25, 25, 25, 10]);

    // A response over the client's limit is split in the same way.
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            connection.send(&reports_response(&request.requested_ids()));
        }
    });
    let client = server.builder().response_limit(2_000).build().unwrap();
    assert_eq!(reports_of(client, 40), 40);
    let sizes: Vec<_> = server.requests().iter().map(|request| request.requested_ids().len()).collect();
    assert_eq!(sizes, [40, 20, 20]);

    // An error response over the limit is not retried with fewer identifiers.
    let server = Server::responding(response(401, "text/html", &"x".repeat(3_000)));
    let error = server.builder().response_limit(1_000).build().unwrap().results(&submissions(100)).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Unauthorized, 1));

    // A request for a single identifier cannot be split.
    let server = Server::responding(response(414, "text/html", ""));
    let error = server.client().results(&submissions(3)).unwrap_err();
    assert_eq!((error.kind(), error.status(), server.requests().len()), (ErrorKind::Rejected, Some(414), 2));
}

#[test]
fn heatmap_that_is_not_a_whole_png_is_an_error() {
    let png = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0crc_"[..],
        &[0xff; 5_000],
        b"\0\0\0\0IEND\xae\x42\x60\x82",
    ]
    .concat();
    let server = MockServer::start();
    let client = |limit: u64| {
        Client::builder(KEY)
            .base_url(server.base_url())
            .rate_limit(RateLimit::unlimited())
            .response_limit(limit)
            .retries(0)
            .build()
    };
    let path = format!("/api/classification/heatmap/{ID}");
    let mut mock = server.mock(|when, then| {
        when.method(GET).path(&path).header("Accept", "image/png, application/json;q=0.9").header("X-Api-Key", KEY);
        then.status(200).header("Content-Type", "image/png").body(&png);
    });
    let heatmap = client(10_000).unwrap().heatmap(&submitted(ID)).unwrap();
    assert_eq!((heatmap.as_bytes(), heatmap.width(), heatmap.height()), (png.as_slice(), 2, 3));
    let error = client(5_000).unwrap().heatmap(&submitted(ID)).unwrap_err();
    assert!(error.kind() == ErrorKind::UnexpectedResponse && error.to_string().contains("limit"), "{error}");
    mock.delete();
    let table = [
        (404, "{\"message\":\"Not Found\"}".into(), ErrorKind::NotFound, "heatmap not found"),
        (200, Vec::new(), ErrorKind::NotFound, "heatmap not found"),
        (200, png[..png.len() - 4].to_vec(), ErrorKind::UnexpectedResponse, "a truncated PNG"),
        (200, "<html>".into(), ErrorKind::UnexpectedResponse, "not a PNG"),
        (401, "{\"error\":\"Unauthorized\"}".into(), ErrorKind::Unauthorized, "Unauthorized"),
    ];
    for (status, body, kind, summary) in table {
        let mut mock = server.mock(|when, then| {
            when.method(GET).path(&path);
            then.status(status).body(&body);
        });
        let error = client(10_000).unwrap().heatmap(&submitted(ID)).unwrap_err();
        assert_eq!((error.kind(), error.identifier().map(Identifier::as_str)), (kind, Some(ID)), "{error}");
        assert!(error.to_string().contains(summary), "{error}");
        mock.delete();
    }
}

#[test]
fn override_is_sent_with_the_file_hash() {
    let hash = "1122bc92d1aa7b52a1a19ca1ef4a4a1b0c7e5b1dd0a44d5cd1b8ad7fe0dd0c4e";
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.method(POST)
            .path(format!("/api/classification/{hash}/override"))
            .header("Content-Type", "application/json")
            .header("X-Api-Key", KEY)
            .body("{\"classification\":\"artificial\"}");
        then.status(201).body(format!("{{\"classification\":\"artificial\",\"type\":\"image\",\"hash\":\"{hash}\"}}"));
    });
    let client = Client::builder(KEY).base_url(server.base_url()).rate_limit(RateLimit::unlimited()).build().unwrap();
    client.override_verdict(MediaType::Image, hash, &Classification::Artificial).unwrap();
    mock.assert();
    let partly = Classification::Other("partly".to_owned());
    for (hash, classification, field) in [
        ("", &Classification::Human, "hash: "),
        ("f617faae", &Classification::Human, "hash: "),
        (&hash.replace('1', "/"), &Classification::Human, "hash: "),
        (hash, &partly, "classification: "),
    ] {
        let error = client.override_verdict(MediaType::Image, hash, classification).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().starts_with(field), "{error}");
    }
    assert_eq!(mock.calls(), 1);
}

#[test]
fn override_after_lost_connection_is_retryable() {
    let hash = "1122bc92d1aa7b52a1a19ca1ef4a4a1b0c7e5b1dd0a44d5cd1b8ad7fe0dd0c4e";
    let server = Server::start(|connection| drop(connection.request()));
    let error = server.client().override_verdict(MediaType::Image, hash, &Classification::Human).unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_sent(), "an override can safely be sent twice: {error}");
}

#[test]
fn report_redacts_key_and_redirect_is_not_followed() {
    let echo = json(&format!("{{\"status\":\"done\",\"name\":\"{KEY}\",\"new\":\"{}\"}}", KEY.replace('/', "\\/")));
    // The response arrives in one write, and split inside the key.
    for pause in [0, 20] {
        let echo = echo.clone();
        let server = Server::start(move |connection| {
            connection.request();
            let (start, end) = echo.split_at(echo.find("\"name").unwrap() + 15);
            connection.send(if pause == 0 { echo.as_str() } else { start });
            std::thread::sleep(Duration::from_millis(pause));
            connection.send(if pause == 0 { "" } else { end });
        });
        let report = server.client().result(&submitted(ID)).unwrap();
        let again = serde_json::to_string(&report).unwrap();
        for shown in [report.raw_json(), report.name().unwrap(), &again] {
            assert!(!shown.contains("planted") && !shown.contains("+x"), "{shown}");
        }
        assert!(report.raw_json().contains("[api key]"), "{}", report.raw_json());
    }
    let other = Server::responding(json("{}"));
    let redirect = response_with(302, &format!("Location: {}/x\r\n", other.base_url()), "");
    let error = Server::responding(redirect).client().result(&submitted(ID)).unwrap_err();
    assert_eq!((error.kind(), other.connections()), (ErrorKind::Redirect, 0));
}

#[test]
fn identifier_that_holds_the_key_is_rejected() {
    let server = Server::responding(json("{}"));
    let key = "abcdef0123456789abcdef";
    let client = Client::builder(key).base_url(server.base_url()).rate_limit(RateLimit::unlimited()).build().unwrap();
    let errors = [
        client.result(&submitted(key)).unwrap_err(),
        client.results(&[submitted(ID), submitted(key)]).unwrap_err(),
        client.wait(&submitted(key)).unwrap_err(),
        client.heatmap(&submitted(key)).unwrap_err(),
        client.override_verdict(MediaType::Image, key, &Classification::Human).unwrap_err(),
    ];
    for error in errors {
        assert!(
            error.kind() == ErrorKind::InvalidInput && error.to_string().ends_with("must not contain the API key"),
            "{error}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn duplicate_reports_yield_the_finished_one() {
    let done = format!("{{\"identifier\":\"{ID}\",\"status\":\"done\",\"verdict\":{{\"classification\":\"human\"}}}}");
    let new = format!("{{\"identifier\":\"{ID}\",\"status\":\"new\"}}");
    for body in [format!("[{done},{new}]"), format!("[{new},{done}]")] {
        let reports = Server::responding(json(&body)).client().results(&[submitted(ID)]).unwrap();
        assert_eq!(reports[0].as_ref().unwrap().is_artificial(), Some(false));
    }
}

#[test]
fn results_timeout_error_states_the_deadline() {
    let server = Server::start(|connection| {
        let mut first = true;
        while let Some(request) = connection.request() {
            if std::mem::take(&mut first) {
                connection.send(&reports_response(&request.requested_ids()));
            }
        }
    });
    let error = server.client().with_timeout(Duration::from_millis(100)).results(&submissions(150)).unwrap_err();
    assert!(error.to_string().contains("deadline of 100ms exceeded"), "{error}");
}

#[test]
fn results_deadline_covers_all_pages() {
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            std::thread::sleep(Duration::from_millis(40));
            connection.send(&reports_response(&request.requested_ids()));
        }
    });
    let client = server.client().with_timeout(Duration::from_millis(100));
    let start = Instant::now();
    let error = client.results(&submissions(1_000)).unwrap_err();
    assert!(start.elapsed() < Duration::from_millis(300), "{:?}", start.elapsed());
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let none = Client::builder(KEY).base_url(server.base_url()).rate_limit(RateLimit::unlimited()).build().unwrap();
    assert!(none.with_timeout(Duration::ZERO).results(&submissions(1)).is_err());
}
