//! Tests of `POST /api/image_fromurl`: the exact bytes of the request, and the result of each documented response.

use httpmock::{Method::POST, MockServer};
use identifai::{ErrorKind, Image, RateLimit, UrlOptions, classify_from_url};
use proptest::prelude::*;
use test_support::form::{boundary, parse_multipart};
use test_support::{CAT, ID, KEY, Server, accepted};

#[test]
fn full_submit_matches_the_expected_bytes() {
    let server = Server::responding(accepted());
    let opts = UrlOptions::new("api-key", CAT)
        .base_url(server.base_url())
        .rate_limit(RateLimit::unlimited())
        .user_agent("shop/2")
        .ref_id("order-17")
        .webhook_url("https://example.com/hook")
        .with_morphing(true)
        .with_tampering(false)
        .with_heatmap(true)
        .with_nsfw(true)
        .no_cache(false)
        .prevent_c2pa_forces(true);
    assert_eq!(classify_from_url(&opts).unwrap().as_str(), ID);
    let [request] = server.requests().try_into().unwrap();
    let boundary = boundary(&request).to_owned();
    let bytes = request.head.clone() + std::str::from_utf8(&request.body).unwrap();
    let bytes = bytes
        .replace(&boundary, "BOUNDARY")
        .replace(&server.address.to_string(), "HOST")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let golden = include_str!("../fixtures/full_request.http").replace('\n', "\r\n");
    assert_eq!(bytes, golden);
}

#[test]
fn submit_without_options_sends_only_the_url() {
    let server = Server::responding(accepted());
    classify_from_url(&server.options()).unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(String::from_utf8_lossy(&request.body).matches("Content-Disposition").count(), 1);
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("x-api-key"), Some(KEY));
    assert_eq!(request.header("accept-encoding"), Some("identity"), "the client cannot decompress a response");
}

/// Submits `ref_id` and `path` as text fields, and compares them with the result of an independent parser.
fn round_trip(server: &Server, ref_id: &str, path: &str) {
    let before = server.requests().len();
    let file_url = format!("https://example.com/{path}");
    classify_from_url(&server.options().ref_id(ref_id).no_cache(true)).unwrap();
    let job = Image::from_url(file_url.as_str()).ref_id(ref_id);
    server.client().submit(&job).unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), before + 2);
    let parts = parse_multipart(&requests[before + 1]).into_iter().map(|(name, _, _, value)| (name, value));
    let expected = [("file_url", file_url.as_str()), ("ref_id", ref_id)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    assert!(parts.eq(expected), "the form has exactly these parts");
}

#[test]
fn submit_of_any_values_arrives_unchanged() {
    let server = Server::responding(accepted());
    let mut config = ProptestConfig::with_cases(32);
    config.failure_persistence = None;
    proptest!(config, |(ref_id in "(?s).{0,200}", path in "[^ \\p{Cc}]{0,200}")| {
        round_trip(&server, &ref_id, &path);
    });
    round_trip(&server, "a\"b\r\nc\0d\u{1f408}\r\n--", "?q=\"'[]{}|\\^`<>\u{e9}%20%");
    // Together slightly shorter than the length from which on the client sends `Expect: 100-continue`.
    round_trip(&server, &"\r\n--\u{1f408}x".repeat((1 << 19) / 9 - 200), &"y".repeat((1 << 19) - 1_000));
}

#[test]
fn documented_error_responses_map_to_kinds() {
    let json = |text: &str| ("application/json", text.to_owned());
    let required = "The file_url field is required.";
    let unsupported = "The uploaded file format is not supported.";
    let too_large = "The uploaded file exceeds the maximum allowed size of 50Mb.";
    let table = [
        (400, json(&format!("{{\"error\":\"{required}\"}}")), ErrorKind::Rejected, Some(required), 11),
        (400, json(&format!("{{\"error\":\"{unsupported}\"}}")), ErrorKind::Rejected, Some(unsupported), 11),
        (400, json(&format!("{{\"error\":\"{too_large}\"}}")), ErrorKind::Rejected, Some(too_large), 11),
        (400, json("{\"error\":\"Not enough credits\"}"), ErrorKind::OutOfCredits, Some("Not enough credits"), 12),
        (401, json("{\"error\":\"Unauthorized\"}"), ErrorKind::Unauthorized, Some("Unauthorized"), 8),
        (403, json("{\"error\":\"Forbidden\"}"), ErrorKind::Forbidden, Some("Forbidden"), 9),
        (404, json("{\"message\":\"Not Found\"}"), ErrorKind::NotFound, Some("Not Found"), 10),
        (422, json("{\"message\":\"Invalid.\"}"), ErrorKind::Rejected, Some("Invalid."), 11),
        (429, json("{\"message\":\"Too Many Attempts.\"}"), ErrorKind::RateLimited, Some("Too Many Attempts."), 13),
        (500, json("{\"message\":\"Server Error\"}"), ErrorKind::Server, Some("Server Error"), 14),
        (502, ("text/html", "<html>".to_owned()), ErrorKind::Server, None, 14),
        (200, ("text/html", "<html>".to_owned()), ErrorKind::UnexpectedResponse, None, 15),
    ];
    let server = MockServer::start();
    for (status, (content_type, body), kind, message, code) in table {
        let mut mock = server.mock(|when, then| {
            when.method(POST)
                .path("/api/image_fromurl")
                .header("X-Api-Key", "key")
                .header("Accept", "application/json");
            then.status(status).header("Content-Type", content_type).header("X-Request-Id", "r-1").body(&body);
        });
        let opts =
            UrlOptions::new("key", CAT).base_url(server.base_url()).rate_limit(RateLimit::unlimited()).retries(0);
        let error = classify_from_url(&opts).unwrap_err();
        assert_eq!((error.kind(), error.kind().code(), error.status()), (kind, code, Some(status)), "{error}");
        assert_eq!((error.message(), error.body()), (message, Some(body.as_str())));
        assert_eq!(error.request_id(), Some("r-1"));
        assert_eq!(error.may_have_been_sent(), status >= 500 || status == 200, "{error}");
        mock.assert();
        mock.delete();
    }
}

#[test]
fn json_and_text_responses_yield_the_identifier() {
    let server = MockServer::start();
    for (content_type, body) in
        [("application/json", format!("{{\"identifier\":\"{ID}\"}}")), ("text/plain", ID.to_owned())]
    {
        let mut mock = server.mock(|when, then| {
            when.method(POST).path("/prefix/api/image_fromurl");
            then.status(200).header("Content-Type", content_type).body(&body);
        });
        let opts = UrlOptions::new("key", CAT).base_url(server.url("/prefix/")).rate_limit(RateLimit::unlimited());
        assert_eq!(classify_from_url(&opts).unwrap().as_str(), ID);
        mock.delete();
    }
}
