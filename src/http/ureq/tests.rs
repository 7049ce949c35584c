//! Calls over real sockets: connections that are refused, idle or closed, and uploads that stall.

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

/// The real transport for a port of this machine.
fn http(port: u16, timeouts: Timeouts) -> HttpTransport {
    let mut connection = Settings::new(ApiKey::new("key")).connection;
    connection.base_url = format!("http://127.0.0.1:{port}");
    connection.proxy = Proxy::None;
    HttpTransport::with_timeouts(connection.target(|_| None).unwrap(), timeouts).unwrap()
}

fn over_sockets(port: u16, clock: Arc<FakeClock>) -> Caller {
    Caller::with(Box::new(http(port, Timeouts::default())), clock)
}

#[test]
fn a_refused_connection_is_made_again() {
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
    let caller = over_sockets(port, Arc::clone(&clock));
    let answer = caller.call(&request(), &ApiKey::new("key"), &options(30 * SECOND)).unwrap();
    assert_eq!((answer.response.body.as_slice(), clock.slept().len()), (b"ok".as_slice(), 1));
    server.lock().unwrap().take().unwrap().join().unwrap();
}

#[test]
fn a_port_where_nobody_listens_is_tried_three_times_and_nothing_was_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = FakeClock::new(|_| ());
    let error = over_sockets(port, Arc::clone(&clock)).call(&request(), &ApiKey::new("key"), &options(30 * SECOND));
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent(), clock.slept().len()), (ErrorKind::Connect, false, 2));
    assert!(error.to_string().contains(&format!("could not connect to 127.0.0.1:{port}")), "{error}");
}

#[test]
fn a_submit_uses_no_connection_that_has_idled_too_long_but_a_read_may() {
    let connections_for = |max_idle: Duration, is_idempotent: bool| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(Timeouts::default().submit_max_idle, 3 * SECOND, "as designed");
        let waits = Timeouts { submit_max_idle: max_idle, ..Timeouts::default() };
        let http = http(listener.local_addr().unwrap().port(), waits);
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
            // Head and body may come in two reads, which makes for two answers, so a body is done without.
            let request = Request { content: Some(content(b"")), is_idempotent, ..request() };
            http.send(&request, &ApiKey::new("key"), 30 * SECOND, None).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        *connections.lock().unwrap()
    };
    let short = Duration::from_millis(10);
    assert_eq!((connections_for(60 * SECOND, false), connections_for(short, false)), (1, 2));
    assert_eq!(connections_for(short, true), 1);
}

#[test]
fn a_read_on_a_connection_that_closes_under_it_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        // The first connection ends with its second request; the next one answers it.
        for answers in [1, 1] {
            let mut stream = listener.accept().unwrap().0;
            for _ in 0..answers {
                let _ = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    let clock = FakeClock::new(|_| ());
    let caller = over_sockets(port, Arc::clone(&clock));
    let read = Request { method: Method::Get, content: None, is_idempotent: true, ..request() };
    for _ in 0..2 {
        let answer = caller.call(&read, &ApiKey::new("key"), &options(30 * SECOND)).unwrap();
        assert_eq!(answer.response.body, b"ok");
    }
    assert_eq!(clock.slept().len(), 1);
    drop(caller);
    server.join().unwrap();
}

/// More than the sockets' own buffers take.
const UPLOAD: usize = 16 << 20;

/// Sends an upload to a server of one connection, which is told when it is over, and returns how it ended and how long
/// it took.
fn upload(stall: Option<Stall>, serve: impl FnOnce(TcpStream, Receiver<()>) + Send + 'static) -> (Outcome, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(Timeouts::default().await_continue, SECOND, "as designed");
    let waits = Timeouts { await_continue: Duration::from_millis(20), ..Timeouts::default() };
    let http = http(listener.local_addr().unwrap().port(), waits);
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

/// Reads an upload, with a pause before each of the first blocks, and answers it.
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
fn a_service_that_does_not_say_continue_gets_the_upload_all_the_same() {
    let (outcome, took) = upload(None, |stream, _| serve_upload(stream, 0, Duration::ZERO));
    assert_eq!(outcome.unwrap().body, b"ok");
    assert!(took >= Duration::from_millis(20), "it was asked first");
}

#[test]
fn an_upload_goes_on_while_it_moves_and_ends_once_it_does_not() {
    let stall = Stall { sending: Duration::from_millis(220), answer: Duration::from_millis(300) };
    // Each pause is shorter than the limit, and all of them are longer.
    let (outcome, took) = upload(Some(stall), |stream, _| serve_upload(stream, 6, Duration::from_millis(40)));
    assert!(outcome.is_ok() && took > stall.sending, "{took:?}: {outcome:?}");
    // A peer that reads nothing.
    let (outcome, took) = upload(Some(stall), |stream, is_over| {
        let _ = is_over.recv();
        drop(stream);
    });
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, false));
    assert!(failure.summary.ends_with("stalled: for 220ms nothing moved"), "{failure:?}");
    // The system's own buffers may grow once or twice, and take some more then.
    assert!(took >= stall.sending && took < stall.sending * 4, "{took:?}");
}

#[test]
fn the_answer_to_an_upload_has_a_limit_of_its_own() {
    let stall = Stall { sending: 20 * SECOND, answer: Duration::from_millis(50) };
    let start = Instant::now();
    let (outcome, _) = upload(Some(stall), |mut stream, _| {
        let mut left = UPLOAD;
        let mut block = vec![0; 1 << 16];
        // It ends with the client's end.
        while let Ok(amount @ 1..) = stream.read(&mut block) {
            left = left.saturating_sub(amount);
        }
        assert_eq!(left, 0, "all of it came");
    });
    assert!(start.elapsed() < 10 * SECOND, "{:?}", start.elapsed());
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, true));
    assert!(failure.summary.ends_with("within 50ms after the upload"), "{failure:?}");
}
