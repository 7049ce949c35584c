//! Tests over real sockets: connections that are refused, idle or closed, and uploads that stall.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use super::*;
use crate::call::Caller;
use crate::call::fake::{FakeClock, SECOND};
use crate::call::tests::{content, options, request};
use crate::config::Settings;
use crate::error::ErrorKind;
use crate::http::proxy::Proxy;
use crate::http::request::Method;

/// Returns a transport for a port of this machine.
fn http(port: u16, timeouts: Timeouts) -> HttpTransport {
    let mut connection = Settings::new(ApiKey::new("key")).connection;
    connection.base_url = format!("http://127.0.0.1:{port}");
    connection.proxy = Proxy::None;
    HttpTransport::with_timeouts(connection.target(|_| None).unwrap(), timeouts).unwrap()
}

fn caller(port: u16, clock: Arc<FakeClock>) -> Caller {
    Caller::with(Box::new(http(port, Timeouts::default())), clock)
}

#[test]
fn refused_connection_is_retried() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Arc::new(Mutex::new(None));
    let started = Arc::clone(&server);
    let clock = FakeClock::new(move |_| {
        let mut started = started.lock().unwrap();
        if started.is_none() {
            let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
            *started = Some(std::thread::spawn(move || {
                let mut stream = listener.accept().unwrap().0;
                let _ = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }));
        }
    });
    let caller = caller(port, Arc::clone(&clock));
    let outcome = caller.call(&request(), &ApiKey::new("key"), &options(30 * SECOND)).unwrap();
    assert_eq!((outcome.response.body.as_slice(), clock.slept().len()), (b"ok".as_slice(), 1));
    server.lock().unwrap().take().unwrap().join().unwrap();
}

#[test]
fn refused_connection_fails_after_three_attempts() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = FakeClock::new(|_| ());
    let error = caller(port, Arc::clone(&clock)).call(&request(), &ApiKey::new("key"), &options(30 * SECOND));
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent(), clock.slept().len()), (ErrorKind::Connect, false, 2));
    assert!(error.to_string().contains(&format!("cannot connect to 127.0.0.1:{port}")), "{error}");
}

#[test]
fn submit_does_not_reuse_connection_idle_too_long() {
    let connections_for = |max_idle: Duration, is_idempotent: bool| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(Timeouts::default().submit_max_idle, 3 * SECOND, "the default");
        let timeouts = Timeouts { submit_max_idle: max_idle, ..Timeouts::default() };
        let http = http(listener.local_addr().unwrap().port(), timeouts);
        let connections = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                *counted.lock().unwrap() += 1;
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    }
                });
            }
        });
        for _ in 0..2 {
            // The request has an empty body. Otherwise the server might read the head and the body separately, and send
            // two responses.
            let request = Request { content: Some(content(b"")), is_idempotent, ..request() };
            http.send(&request, &ApiKey::new("key"), 30 * SECOND, None).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        *connections.lock().unwrap()
    };
    let short = Duration::from_millis(10);
    assert_eq!((connections_for(60 * SECOND, false), connections_for(short, false)), (1, 2));
    assert_eq!(connections_for(short, true), 1, "a read may reuse the connection");
}

#[test]
fn read_on_closed_connection_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        // The first connection closes when it receives its second request. The second connection responds to that one.
        for responses in [1, 1] {
            let mut stream = listener.accept().unwrap().0;
            for _ in 0..responses {
                let _ = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    let clock = FakeClock::new(|_| ());
    let caller = caller(port, Arc::clone(&clock));
    let read = Request { method: Method::Get, content: None, is_idempotent: true, ..request() };
    for _ in 0..2 {
        let outcome = caller.call(&read, &ApiKey::new("key"), &options(30 * SECOND)).unwrap();
        assert_eq!(outcome.response.body, b"ok");
    }
    assert_eq!(clock.slept().len(), 1);
    drop(caller);
    server.join().unwrap();
}

/// The size of an upload. It is larger than the buffers of the sockets.
const UPLOAD: usize = 16 << 20;

/// Sends an upload to a server that serves one connection. Returns the outcome and the duration. The channel of `serve`
/// is closed when the upload has ended.
fn upload(stall: Option<Stall>, serve: impl FnOnce(TcpStream, Receiver<()>) + Send + 'static) -> (Outcome, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(Timeouts::default().await_continue, SECOND, "the default");
    let timeouts = Timeouts { await_continue: Duration::from_millis(20), ..Timeouts::default() };
    let http = http(listener.local_addr().unwrap().port(), timeouts);
    let (over, is_over) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0, is_over));
    let request = Request { content: Some(content(&vec![7; UPLOAD])), ..request() };
    let start = Instant::now();
    let outcome = http.send(&request, &ApiKey::new("key"), 30 * SECOND, stall);
    let took = start.elapsed();
    drop((http, over));
    server.join().unwrap();
    (outcome, took)
}

/// Reads an upload and responds to it. Pauses before each of the first `pauses` blocks.
fn serve_upload(mut stream: TcpStream, pauses: u32, pause: Duration) {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    let mut block = vec![0; UPLOAD / 64];
    for number in 0..64 {
        if number < pauses {
            std::thread::sleep(pause);
        }
        reader.read_exact(&mut block).unwrap();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn upload_without_100_continue_is_sent_after_timeout() {
    let (outcome, took) = upload(None, |stream, _| serve_upload(stream, 0, Duration::ZERO));
    assert_eq!(outcome.unwrap().body, b"ok");
    assert!(took >= Duration::from_millis(20), "the upload waits for `100 Continue` first");
}

#[test]
fn upload_times_out_only_without_progress() {
    let stall = Stall { sending: Duration::from_millis(220), response: Duration::from_millis(300) };
    // Each pause is shorter than the limit, but their sum is longer.
    let (outcome, took) = upload(Some(stall), |stream, _| serve_upload(stream, 6, Duration::from_millis(40)));
    assert!(outcome.is_ok() && took > stall.sending, "{took:?}: {outcome:?}");
    // This peer reads nothing.
    let (outcome, took) = upload(Some(stall), |stream, is_over| {
        let _ = is_over.recv();
        drop(stream);
    });
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, false));
    assert!(failure.summary.ends_with("stalled: no data sent for 220ms"), "{failure:?}");
    // The socket buffers of the system may grow once or twice. Each time counts as progress and extends the limit.
    assert!(took >= stall.sending && took < stall.sending * 4, "{took:?}");
}

#[test]
fn response_after_upload_has_its_own_limit() {
    let stall = Stall { sending: 20 * SECOND, response: Duration::from_millis(50) };
    let start = Instant::now();
    let (outcome, _) = upload(Some(stall), |mut stream, _| {
        let mut left = UPLOAD;
        let mut block = vec![0; 1 << 16];
        // The loop ends when the client closes the connection.
        while let Ok(amount @ 1..) = stream.read(&mut block) {
            left = left.saturating_sub(amount);
        }
        assert_eq!(left, 0, "the whole upload arrived");
    });
    assert!(start.elapsed() < 10 * SECOND, "{:?}", start.elapsed());
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, true));
    assert!(failure.summary.ends_with("within 50ms after the upload"), "{failure:?}");
}
