//! It never hangs: one deadline bounds a call, whatever the other side does.

use std::time::{Duration, Instant};

use identifai::{ErrorKind, Image};

use crate::support::{CAT, Connection, Server};

const DEADLINE: Duration = Duration::from_millis(250);

/// The call ends with the deadline, within 50 ms. A machine that is busy with other tests may be late once, not thrice.
fn ends_in_time(serve: fn(&mut Connection)) {
    let server = Server::start(serve);
    let client = server.client().with_timeout(DEADLINE);
    let late = (0..3).map(|_| {
        let start = Instant::now();
        let error = client.submit(&Image::from_url(CAT)).unwrap_err();
        let took = start.elapsed();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, true), "{error}");
        assert!(error.to_string().contains("the deadline of this call is 250ms"), "{error}");
        assert!(took >= DEADLINE, "{took:?}");
        took.saturating_sub(DEADLINE)
    });
    let mut late = late.inspect(|late| assert!(*late < Duration::from_secs(5), "{late:?}"));
    assert!(late.any(|late| late < Duration::from_millis(50)));
}

#[test]
fn no_answer_at_all() {
    ends_in_time(|connection| {
        connection.request();
        connection.wait_for_end();
    });
}

#[test]
fn a_header_that_trickles() {
    ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nX-Slow: ");
        connection.trickle(std::iter::repeat(b'x'));
    });
}

#[test]
fn a_stall_after_the_header() {
    ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n{");
        connection.wait_for_end();
    });
}

#[test]
fn a_body_that_trickles() {
    ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        connection.trickle(std::iter::repeat(b' '));
    });
}

/// An upload to a server that reads as `read` says ends with the deadline, and surely did not arrive.
fn upload_ends_in_time(read: fn(&mut Connection)) {
    let server = Server::start(read);
    // More than the buffers of both ends hold.
    let job = Image::from_url(CAT).ref_id("x".repeat(16 << 20));
    let client = server.client().with_timeout(DEADLINE);
    let late = (0..3).map(|_| {
        let start = Instant::now();
        let error = client.submit(&job).unwrap_err();
        let took = start.elapsed();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
        took.saturating_sub(DEADLINE)
    });
    let late: Vec<_> = late.collect();
    assert!(late.iter().any(|late| *late < Duration::from_millis(50)), "{late:?}");
}

#[test]
fn a_server_that_does_not_read() {
    upload_ends_in_time(|connection| {
        connection.head();
        std::thread::sleep(Duration::from_millis(300));
    });
}

#[test]
fn a_server_that_reads_in_a_trickle() {
    upload_ends_in_time(|connection| {
        connection.head();
        let mut some = vec![0; 32 * 1024];
        for _ in 0..15 {
            let _ = std::io::Read::read(&mut connection.stream, &mut some);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn a_deadline_may_be_as_long_as_there_is_time() {
    let server = Server::answering(crate::support::accepted());
    assert!(server.client().with_timeout(Duration::MAX).submit(&Image::from_url(CAT)).is_ok());
    let error = server.client().with_timeout(Duration::ZERO).submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Timeout, 1));
}
