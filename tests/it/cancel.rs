//! Tests of cancellation: a cancel handle permanently ends the calls of all clones of a client, from any thread.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use identifai::{ErrorKind, Image};
use test_support::{CAT, Connection, ID, Server, accepted, response_with};

/// Cancels a call while `serve` delays its response, and returns the call's error.
fn cancelled_in(serve: impl Fn(&mut Connection) + Send + Sync + 'static) -> identifai::Error {
    let (reached, held_up) = mpsc::channel();
    let server = Server::start(move |connection| {
        connection.request();
        reached.send(()).unwrap();
        serve(connection);
    });
    let client = server.builder().retries(2).build().unwrap();
    let cancel_handle = client.cancel_handle();
    let (error, took) = std::thread::scope(|scope| {
        let call = scope.spawn(|| client.submit(&Image::from_url(CAT)).unwrap_err());
        held_up.recv().unwrap();
        std::thread::sleep(Duration::from_millis(10));
        let start = Instant::now();
        cancel_handle.clone().cancel();
        (call.join().unwrap(), start.elapsed())
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(took < Duration::from_millis(100), "{took:?}");
    let before = server.requests().len();
    let later = client.with_timeout(Duration::from_secs(5)).submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((later.kind(), later.may_have_been_sent()), (ErrorKind::Cancelled, false));
    assert_eq!(server.requests().len(), before);
    error
}

#[test]
fn cancel_while_waiting_for_response_ends_call() {
    let error = cancelled_in(Connection::wait_for_end);
    assert!(error.may_have_been_sent());
}

#[test]
fn cancel_in_the_response_body_ends_call() {
    let error = cancelled_in(|connection| {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n{");
        connection.wait_for_end();
    });
    assert!(error.may_have_been_sent());
}

#[test]
fn cancel_in_until_close_body_returns_no_identifier() {
    let error = cancelled_in(|connection| {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n8d64370a");
        connection.wait_for_end();
    });
    assert!(error.may_have_been_sent() && error.identifier().is_none());
    assert_eq!(error.body(), Some("8d64370a"), "the received part of the body is kept");
}

#[test]
fn cancel_in_retry_pause_ends_call() {
    let error = cancelled_in(|connection| {
        connection.send(&response_with(429, "Retry-After: 60\r\n", ""));
        connection.wait_for_end();
    });
    assert!(!error.may_have_been_sent());
}

#[test]
fn drain_finishes_submits_and_rejects_new_ones() {
    let (reached, held_up) = mpsc::channel();
    let (release, is_released) = mpsc::channel::<()>();
    let is_released = std::sync::Mutex::new(is_released);
    let server = Server::start(move |connection| {
        while connection.request().is_some() {
            reached.send(()).unwrap();
            let _ = is_released.lock().unwrap().recv();
            connection.send(&accepted());
        }
    });
    let client = server.client();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| client.submit(&Image::from_url(CAT)));
        held_up.recv().unwrap();
        client.cancel_handle().drain();
        release.send(()).unwrap();
        assert_eq!(call.join().unwrap().unwrap().identifier().as_str(), ID);
    });
    let later = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((later.kind(), later.may_have_been_sent()), (ErrorKind::Cancelled, false));
    assert_eq!(server.requests().len(), 1);
}
