//! Tests that the key is not leaked: it appears in no text that this crate creates, and is sent to the API's host only.

mod logs;
#[cfg(target_os = "linux")]
mod memory;
mod panics;

use std::error::Error as _;
use std::fmt::Debug;

use identifai::{ApiKey, Client, ErrorKind, Image, RateLimit, Submitted, UrlOptions, classify_from_url};
use test_support::secrets::assert_no_key;
use test_support::{CAT, ID, KEY, Server, accepted, response, response_with};

/// Returns all text that an error exposes, including its sources.
fn everything(error: &identifai::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    for part in [error.message(), error.request_id(), error.body()].into_iter().flatten() {
        text += part;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        text.extend([cause.to_string(), format!("{cause:?}")]);
        source = cause.source();
    }
    text
}

#[test]
fn debug_output_hides_the_key() {
    let shown = |value: &dyn Debug| format!("{value:?} {value:#?}");
    let server = Server::responding(accepted());
    let client = server.client();
    let swapped = Image::from_url(KEY).ref_id(KEY).webhook_url(KEY);
    let values: [&dyn Debug; 10] = [
        &ApiKey::new(KEY),
        &UrlOptions::new(KEY, CAT),
        &UrlOptions::new(CAT, KEY)
            .base_url(KEY)
            .rate_limit(RateLimit::unlimited())
            .ref_id(KEY)
            .webhook_url(KEY)
            .user_agent(KEY)
            .proxy(KEY),
        &UrlOptions::new(KEY, KEY)
            .base_url(format!("https://{KEY}/"))
            .rate_limit(RateLimit::unlimited())
            .user_agent(KEY)
            .proxy(format!("http://{KEY}@p")),
        &Client::builder(KEY).base_url(format!("http://127.0.0.1/{KEY}")).rate_limit(RateLimit::unlimited()),
        &Client::builder(KEY)
            .base_url(format!("http://127.0.0.1/{KEY}"))
            .rate_limit(RateLimit::unlimited())
            .build()
            .unwrap(),
        &client,
        &client.cancel_handle(),
        &swapped,
        &client.submit(&Image::from_url(CAT)).unwrap(),
    ];
    for value in values {
        assert_no_key(&shown(value));
    }
}

#[test]
fn local_errors_hide_the_key() {
    let unreachable = "http://127.0.0.1:1";
    let bad = [
        UrlOptions::new(CAT, KEY).base_url(unreachable).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, KEY).base_url(unreachable).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, CAT).base_url(unreachable).rate_limit(RateLimit::unlimited()).webhook_url(KEY),
        UrlOptions::new(KEY, CAT)
            .base_url(unreachable)
            .rate_limit(RateLimit::unlimited())
            .user_agent(format!("{KEY}\n")),
        UrlOptions::new(KEY, CAT).base_url(unreachable).rate_limit(RateLimit::unlimited()).root_certificates(KEY),
        UrlOptions::new(format!("{KEY}\n"), CAT).base_url(unreachable).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, CAT).base_url(KEY).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, CAT).base_url(format!("https://{KEY}@example.com")).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, CAT).base_url(format!("http://127.0.0.1/?{KEY}")).rate_limit(RateLimit::unlimited()),
        UrlOptions::new(KEY, CAT).proxy(KEY),
    ];
    for opts in bad {
        let error = classify_from_url(&opts).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Config), "{error}");
        assert_no_key(&everything(&error));
    }
}

#[test]
fn service_errors_hide_an_echoed_key() {
    let json_key = KEY.replace('/', "\\/");
    let percent_key = KEY.replace('/', "%2F").replace('+', "%2B");
    let padded = format!("{}{KEY}", "x".repeat(4_090));
    let echoes = [
        response(400, "application/json", &format!("{{\"error\":\"bad key {KEY}\"}}")),
        response(401, "application/json", &format!("{{\"message\":\"bad key {json_key}\"}}")),
        response(500, "text/html", &format!("<a href='/?k={percent_key}'>{KEY}</a>")),
        response(500, "text/html", &padded),
        response(200, "text/html", KEY),
        response(200, "application/json", &format!("{{\"identifier\":\"{KEY}\"}}")),
        response_with(429, &format!("X-Request-Id: {KEY}\r\nRetry-After: {KEY}\r\n"), ""),
        response_with(302, &format!("Location: https://{KEY}.example/{KEY}?{KEY}\r\n"), ""),
        format!("HTTP/1.1 {KEY}\r\n\r\n"),
        format!("{KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n"),
    ];
    for echo in echoes {
        let server = Server::start(move |connection| {
            connection.request();
            connection.send(&echo);
        });
        let error = classify_from_url(&server.options()).unwrap_err();
        assert_no_key(&everything(&error));
    }
}

#[test]
fn service_errors_hide_an_echoed_signed_url() {
    let token = "a=1&X-Signature=pl4nted/t0ken%3D";
    let file_url = format!("https://user:pl4nted@files.test/cat.jpg?{token}#page");
    let fetched = file_url.trim_end_matches("#page").to_owned();
    let parts = "https://pl4nted and pl4nted/t0ken%3D".to_owned();
    for text in [file_url.clone(), fetched, parts, file_url.replace('/', "\\/")] {
        let server =
            Server::responding(response(400, "application/json", &format!("{{\"error\":\"no file at {text}\"}}")));
        let opts = UrlOptions::new(KEY, &file_url)
            .base_url(server.base_url())
            .rate_limit(RateLimit::unlimited())
            .webhook_url(&file_url);
        let error = classify_from_url(&opts).unwrap_err();
        assert!(error.message().unwrap().starts_with("no file at https://"), "{error}");
        let text = everything(&error) + &format!("{opts:?}");
        assert!(!text.contains("pl4nted") && !text.contains("t0ken"), "{text}");
    }
}

#[test]
fn identifier_equal_to_the_key_is_an_error() {
    // A short key is not redacted in responses, because short text may occur there by chance.
    for key in ["a-key-that-could-be-an-identifier", "a-key"] {
        let object = format!("{{\"identifier\":\"{key}\"}}");
        let cut_short = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{object}");
        for bytes in [response(200, "application/json", &object), cut_short] {
            let server = Server::start(move |connection| {
                connection.request();
                connection.send(&bytes);
            });
            let opts = UrlOptions::new(key, CAT).base_url(server.base_url()).rate_limit(RateLimit::unlimited());
            let error = classify_from_url(&opts).unwrap_err();
            assert!(error.may_have_been_sent() && error.identifier().is_none(), "{error:?}");
            assert!(!everything(&error).contains(key), "{error:?}");
        }
    }
}

#[test]
fn redirect_is_an_error_and_is_not_followed() {
    let elsewhere = Server::responding(accepted());
    for status in [301, 302, 303, 307, 308] {
        for host in [elsewhere.base_url(), format!("http://localhost:{}", elsewhere.address.port())] {
            let location = format!("Location: {host}/api/image_fromurl?token=s3cret\r\n");
            let server = Server::responding(response_with(status, &location, ""));
            let error = classify_from_url(&server.options().retries(5)).unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Redirect, Some(status)));
            assert!(
                error.to_string().contains("redirect to host ") && !everything(&error).contains("s3cret"),
                "{error}"
            );
            assert_eq!(server.requests().len(), 1);
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn key_is_sent_only_in_its_header() {
    let server = Server::responding(accepted());
    classify_from_url(&server.options()).unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.head.matches(KEY).count(), 1);
    assert!(!String::from_utf8_lossy(&request.body).contains(KEY));
}

#[test]
fn serialized_submission_holds_no_key() {
    let server = Server::responding(accepted());
    let sent = server.client().submit(&Image::from_url(CAT)).unwrap();
    let stored = serde_json::to_string(&sent).unwrap();
    assert_eq!(stored, format!("{{\"medium\":\"image\",\"identifier\":\"{ID}\"}}"));
    assert_eq!(serde_json::from_str::<Submitted<Image>>(&stored).unwrap(), sent);
}

#[test]
fn results_errors_hide_an_echoed_signed_url() {
    let signed = "https://files.test/cat.jpg?X-Signature=pl4nted-t0ken";
    let sent = Server::responding(accepted()).client().submit(&Image::from_url(signed)).unwrap();
    let echo = response(200, "application/json", &format!("{{\"error\":\"no file at {signed}\"}}"));
    let error = Server::responding(echo).client().results(&[sent]).unwrap_err();
    let text = everything(&error);
    assert!(error.message().unwrap().starts_with("no file at https://") && !text.contains("pl4nted"), "{text}");
}
