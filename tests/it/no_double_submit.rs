//! Tests that no submit is paid for twice: a submit that the service may have accepted is not repeated, and the error
//! reports that.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use identifai::{Attempt, Client, ErrorKind, Image, RateLimit, classify_from_url};
use test_support::{ID, KEY, Server, accepted, response, response_with};

#[test]
fn submit_on_lost_connection_is_not_repeated() {
    let server = Server::start(|connection| {
        connection.request();
    });
    let error = classify_from_url(&server.options().retries(5)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true));
    assert!(!error.is_retryable() && error.to_string().contains("may have accepted the request"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn submit_reset_in_the_body_was_not_sent() {
    // Closing a socket with unread bytes sends a reset.
    let server = Server::start(|connection| drop(connection.head()));
    let job = Image::from_url("https://x.test/").ref_id("x".repeat(16 << 20));
    let error = server.client().submit(&job).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, false), "{error}");
    assert!(error.is_retryable());
}

#[test]
fn submit_on_lost_reused_connection_is_not_repeated() {
    let server = Server::start(|connection| {
        connection.request();
        connection.send(&accepted());
        connection.request();
    });
    let opts = server.options().retries(5);
    assert_eq!(classify_from_url(&opts).unwrap().as_str(), ID);
    let error = classify_from_url(&opts).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true));
    assert_eq!((server.requests().len(), server.connections()), (2, 1));
}

#[test]
fn submit_after_503_is_not_repeated() {
    // The responses of Varnish, if its backend is slower than `first_byte_timeout`, and of nginx.
    let varnish =
        response_with(503, "Server: Varnish\r\nRetry-After: 5\r\n", "<title>503 Backend fetch failed</title>");
    for bytes in [varnish, response_with(503, "Retry-After: 0\r\n", ""), response(503, "text/html", "<html>")] {
        let server = Server::responding(bytes.clone());
        let error = classify_from_url(&server.options().retries(5)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Server, true), "{bytes}");
        assert!(!error.is_retryable() && !error.to_string().contains("retry after"), "{error}");
        assert_eq!(server.requests().len(), 1, "a cache or proxy may have forwarded the submit: {bytes}");
    }
}

#[test]
fn error_response_with_identifier_is_not_retried() {
    for status in [409, 429, 500, 503] {
        let body = format!("{{\"identifier\":\"{ID}\"}}");
        let server = Server::responding(response_with(status, "Retry-After: 0\r\n", &body));
        let job = Image::from_url("https://x.test/");
        let client = server.builder().retries(5).resend_if_unknown(true).build().unwrap();
        let error = client.submit(&job).unwrap_err();
        assert_eq!((error.status(), error.identifier().unwrap().as_str()), (Some(status), ID));
        assert!(error.may_have_been_sent() && !error.is_retryable(), "{error}");
        assert!(!error.to_string().contains("retry after"), "it would be paid for twice: {error}");
        assert_eq!(server.requests().len(), 1, "the identifier proves that the submit was accepted, despite {status}");
    }
}

#[test]
fn upload_after_417_is_sent_without_expect() {
    let large = || Image::from_bytes([b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 2 << 20]].concat());
    let reader = || {
        Image::from_reader(
            std::io::Cursor::new([b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 2 << 20]].concat()),
            (2 << 20) + 8,
        )
    };
    for job in [large(), reader()] {
        let server = Server::start(|connection| {
            let Some(head) = connection.head() else { return };
            if head.contains("expect: ") {
                return connection.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
            }
            let len = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            connection.bytes(len.parse().unwrap()).unwrap();
            connection.send(&accepted());
        });
        // The second request does not count as a retry, so it is sent although `retries` is 0.
        assert_eq!(server.client().submit(&job).unwrap().identifier().as_str(), ID);
        assert_eq!(server.connections(), 2);
    }
    // A server that answers every request with 417 gets two requests and no more.
    let server = Server::start(|connection| {
        connection.head();
        connection.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
        connection.wait_for_end();
    });
    let error = server.client().submit(&large()).unwrap_err();
    assert_eq!((error.status(), error.may_have_been_sent(), server.connections()), (Some(417), false, 2));
    // A 417 with an identifier means that the submit was accepted.
    let server = Server::start(|connection| {
        connection.head();
        connection.send(&response(417, "application/json", &format!("{{\"identifier\":\"{ID}\"}}")));
        connection.wait_for_end();
    });
    let error = server.client().submit(&large()).unwrap_err();
    assert_eq!((error.identifier().unwrap().as_str(), server.connections()), (ID, 1));
    // A 417 to a request without an Expect header is a final error.
    let server = Server::responding(response(417, "text/html", ""));
    assert_eq!(classify_from_url(&server.options()).unwrap_err().status(), Some(417));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn slot_of_a_417_stays_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let builder = Client::builder(KEY).base_url(format!("http://{}", listener.local_addr().unwrap())).retries(0);
    let server = thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        drop(listener);
        let head = BufReader::new(&connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        assert!(head.count() > 0);
        let refusal = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        (&connection).write_all(refusal).unwrap();
    });
    let client = builder.rate_limit(RateLimit::per_minute(1, 1)).timeout(Duration::from_secs(20)).build().unwrap();
    let job = Image::from_bytes([b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 2 << 20]].concat());
    // The second request cannot connect, but the service has already counted the first one.
    assert_eq!(client.submit(&job).unwrap_err().kind(), ErrorKind::Connect);
    let error = client.submit(&job).unwrap_err();
    assert!(error.kind() == ErrorKind::RateLimited && error.retry_after() > Some(Duration::from_secs(20)), "{error}");
    server.join().unwrap();
}

#[test]
fn submit_after_429_is_retried_unchanged() {
    let server = Server::start(|connection| {
        connection.request();
        connection.send(&response_with(429, "Retry-After: 0\r\n", "{\"message\":\"Too Many Attempts.\"}"));
        connection.request();
        connection.send(&accepted());
    });
    assert_eq!(classify_from_url(&server.options().retries(1)).unwrap().as_str(), ID);
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!((first.head, first.body), (second.head, second.body));
}

#[test]
fn retry_after_beyond_the_deadline_fails_at_once() {
    let server = Server::responding(response_with(429, "Retry-After: 3600\r\n", ""));
    let error = classify_from_url(&server.options().retries(2)).unwrap_err();
    assert_eq!((error.kind(), error.retry_after().unwrap().as_secs()), (ErrorKind::RateLimited, 3600));
    assert!(error.to_string().contains("retry after 3600 s"), "{error}");
    assert!(error.is_retryable());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn resend_if_unknown_repeats_a_lost_submit() {
    let server = Server::start(|connection| {
        connection.request();
    });
    let job = Image::from_url("https://x.test/");
    let client = server.builder().retries(1).resend_if_unknown(true).build().unwrap();
    assert_eq!(client.submit(&job).unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(server.requests().len(), 2);
    assert!(client.with_resend_if_unknown(false).submit(&job).is_err());
    assert_eq!(server.requests().len(), 3);
    assert!(client.with_resend_if_unknown(false).with_resend_if_unknown(true).submit(&job).is_err());
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn on_attempt_reports_each_attempt() {
    let server = Server::start(|connection| {
        connection.request();
        connection.send(&response_with(429, "Retry-After: 0\r\n", ""));
        connection.request();
        connection.send(&accepted());
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let opts = server.options().retries(1).on_attempt(move |attempt: &Attempt| {
        log.lock().unwrap().push((attempt.number, attempt.status, attempt.pause.is_some()));
    });
    classify_from_url(&opts).unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, Some(429), true), (2, Some(200), false)]);
    assert!(format!("{opts:?}").contains("Observer"));
}
