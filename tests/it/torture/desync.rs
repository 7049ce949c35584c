//! Tests that bytes after a response are never read as the next response. Otherwise a call would get the identifier or
//! the report of another submission.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use identifai::{ErrorKind, Image};
use test_support::Server;

use super::{Call, DEADLINE, FIRST, NEW_CONNECTION, SOON, fill, hostile_server, marked, with_each_call};

/// The mark of a response to no request.
const STRAY: super::Mark = 666;

/// Complete responses after which a connection could be reused.
const WHOLE: [&str; 9] = [
    "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: {len}\r\n\r\n{body}",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: {len}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 400 Bad Request\r\nContent-Length: {len}\r\n\r\n{body}",
    "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

/// Returns bytes that a call must not read as its response.
fn extras(call: Call) -> Vec<Vec<u8>> {
    let other = call.good(STRAY);
    vec![
        other[..1].to_vec(),
        other[..20].to_vec(),
        [b"\r\n", &*other].concat(),
        [b"HTTP/1.1 100 Continue\r\n\r\n", &*other].concat(),
        [b"0\r\n\r\n", &*other].concat(),
        other.repeat(300),
        other,
    ]
}

#[test]
fn extra_bytes_with_the_response_are_discarded() {
    with_each_call(|call| {
        for first in WHOLE {
            for extra in extras(call) {
                let bytes = [fill(first.as_bytes(), &call.body(FIRST)), extra].concat();
                let server = hostile_server(call, move |connection| connection.send(&bytes));
                let client = server.builder().timeout(SOON).build().unwrap();
                let _ = call.make(&client);
                assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{call:?} {first}");
                assert_eq!(server.connections(), 2, "{call:?} {first}");
            }
        }
    });
}

#[test]
fn extra_bytes_after_the_response_are_discarded() {
    with_each_call(|call| {
        for first in WHOLE {
            let (response, extra) = (fill(first.as_bytes(), &call.body(FIRST)), call.good(STRAY));
            let (sender, receiver) = mpsc::channel();
            let server = hostile_server(call, move |connection| {
                connection.send(&response);
                std::thread::sleep(Duration::from_millis(20));
                connection.send(&extra);
                sender.send(()).unwrap();
            });
            let client = server.builder().timeout(SOON).build().unwrap();
            let _ = call.make(&client);
            receiver.recv().unwrap();
            assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{call:?} {first}");
            assert_eq!(server.connections(), 2, "{call:?} {first}");
        }
    });
}

#[test]
fn parallel_submits_get_their_own_identifiers() {
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            let form = String::from_utf8(request.body).unwrap();
            let (_, number) = form.split_once("https://x.test/").unwrap();
            let number: u32 = number.split_once("\r\n").unwrap().0.parse().unwrap();
            let mut responses = Call::Submit.good(number);
            if number % 3 != 0 {
                responses.extend(Call::Submit.good(STRAY));
            }
            connection.send(&responses);
        }
    });
    let client = server.client();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let client = &client;
            scope.spawn(move || {
                for number in (0..400).filter(|number| number % 4 == thread) {
                    let sent = client.submit(&Image::from_url(format!("https://x.test/{number}"))).unwrap();
                    assert_eq!(sent.identifier().as_str(), marked(number));
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 400, "each submit was sent once");
}

#[test]
fn response_after_the_deadline_is_discarded() {
    with_each_call(|call| {
        let (response, (sender, receiver)) = (call.good(FIRST), mpsc::channel());
        let (go, may_go) = mpsc::channel();
        let may_go = Mutex::new(may_go);
        let server = hostile_server(call, move |connection| {
            may_go.lock().unwrap().recv().unwrap();
            connection.send(&response);
            sender.send(()).unwrap();
        });
        let client = server.client();
        let error = call.make(&client.with_timeout(DEADLINE)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{call:?} {error}");
        go.send(()).unwrap();
        receiver.recv().unwrap();
        assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{call:?}");
    });
}

#[test]
fn extra_bytes_before_a_retry_are_discarded() {
    with_each_call(|call| {
        let busy = [b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", &*call.good(STRAY)].concat();
        let server = hostile_server(call, move |connection| connection.send(&busy));
        let client = server.builder().retries(1).timeout(SOON).build().unwrap();
        assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{call:?}");
        assert_eq!((server.requests().len(), server.connections()), (2, 2), "{call:?}");
    });
}

#[test]
fn bytes_after_the_response_limit_are_discarded() {
    with_each_call(|call| {
        let long = [&*call.body(FIRST), &[b' '; 2_000], &*call.good(STRAY)].concat();
        for head in
            ["Content-Length: {len}\r\n\r\n{body}", "Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n"]
        {
            let bytes = fill(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes(), &long);
            let server = hostile_server(call, move |connection| connection.send(&bytes));
            let client = server.builder().timeout(SOON).response_limit(1_000).build().unwrap();
            match call.make(&client) {
                // The identifier is within the limit.
                Ok(mark) => assert_eq!((call, mark), (Call::Submit, Some(FIRST)), "{head}"),
                Err(error) => {
                    super::assert_error(call, ErrorKind::UnexpectedResponse, None, &error, head);
                    assert!(error.to_string().contains("limit of 1000 bytes"), "{call:?} {error}");
                }
            }
            assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{call:?} {head}");
        }
    });
}
