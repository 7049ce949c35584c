//! Status lines, fields, interim answers, and floods of them.

use std::io::Write;

use identifai::ErrorKind::{self, Redirect, Timeout, UnexpectedResponse};
use test_support::Connection;

use super::{Comes, DEADLINE, FRESH, SAME, SOON, after, comes_to, with_each_call};

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}";

#[test]
fn invalid_status_line_is_an_error() {
    let table: [(&[u8], Comes); 13] = [
        (b"HTTP/1.1 200", Comes::Good),
        (b"HTTP/1.1 200 ", Comes::Good),
        (b"HTTP/1.1 200 \xff\xfe\xe9", Comes::Good),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", Comes::Good),
        (b"HTTP/1.0 200 OK", Comes::GoodOnce),
        (b"HTTP/1.1 200 OK\r\nConnection: close", Comes::GoodOnce),
        (b"HTTP/1.1 200 O\0K", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 000 X", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 2000 X", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 20 X", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 -20 X", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/1.2 200 OK", Comes::Bad(UnexpectedResponse)),
        (b"HTTP/2.0 200 OK", Comes::Bad(UnexpectedResponse)),
    ];
    for (line, expected) in table {
        comes_to(&[line, b"\r\nContent-Length: {len}\r\n\r\n{body}"].concat(), SOON, expected);
    }
}

#[test]
fn response_other_than_http_1_is_an_error() {
    let table: [&[u8]; 9] = [
        // HTTP/0.9 is the body alone.
        b"{body}\r\n\r\n",
        b"<html>Sign in</html>",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\x40\0\0\0\0\x02\0\0\0\0",
        b"\x15\x03\x01\0\x02\x02\x46",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/9.9 banana\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"\xef\xbb\xbfHTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}",
    ];
    for bytes in table {
        comes_to(bytes, SOON, Comes::Bad(UnexpectedResponse));
    }
    comes_to(&[b"\r\n\r\n", GOOD].concat(), SOON, Comes::Good);
}

#[test]
fn invalid_header_is_an_error() {
    let table: [(&[u8], Comes); 14] = [
        (b"X:", Comes::Good),
        (b"X: \xff\xfe \xc3", Comes::Good),
        (b"X-Request-Id: \xff\r\nRetry-After: \xff\r\nDate: \xff\r\nContent-Type: \xff\r\nLocation: \xff", Comes::Good),
        (
            b"X-RateLimit-Limit: 99999999999999999999\r\nX-RateLimit-Remaining: -1\r\nX-RateLimit-Reset: 1e9",
            Comes::Good,
        ),
        (b"X: a\nY: b", Comes::Good),
        (b"X: a\0b", Comes::Bad(UnexpectedResponse)),
        (b"X: a\rb", Comes::Bad(UnexpectedResponse)),
        (b"X: \x7f", Comes::Bad(UnexpectedResponse)),
        (b"X\0Y: a", Comes::Bad(UnexpectedResponse)),
        (b"X\xff: a", Comes::Bad(UnexpectedResponse)),
        (b"X : a", Comes::Bad(UnexpectedResponse)),
        (b": a", Comes::Bad(UnexpectedResponse)),
        (b"X a", Comes::Bad(UnexpectedResponse)),
        (b"X: a\r\n folded", Comes::Bad(UnexpectedResponse)),
    ];
    for (field, expected) in table {
        comes_to(&[b"HTTP/1.1 200 OK\r\n", field, b"\r\nContent-Length: {len}\r\n\r\n{body}"].concat(), SOON, expected);
    }
}

#[test]
fn response_head_is_limited_to_100_headers_and_16_kib() {
    let with = |fields: Vec<u8>| [b"HTTP/1.1 200 OK\r\n", &*fields, &GOOD[b"HTTP/1.1 200 OK\r\n".len()..]].concat();
    for (count, expected) in
        [(100, Comes::Good), (200, Comes::Bad(UnexpectedResponse)), (10_000, Comes::BadInFront(UnexpectedResponse))]
    {
        comes_to(&with(b"X: y\r\n".repeat(count)), SOON, expected);
    }
    for (len, expected) in [
        (15_000, Comes::Good),
        (17_000, Comes::BadInFront(UnexpectedResponse)),
        (70_000, Comes::BadInFront(UnexpectedResponse)),
    ] {
        let long = "x".repeat(len);
        comes_to(&with(format!("X: {long}\r\n").into()), SOON, expected);
        comes_to(&[b"HTTP/1.1 200 ", long.as_bytes(), &GOOD[b"HTTP/1.1 200 OK".len()..]].concat(), SOON, expected);
    }
}

#[test]
fn interim_responses_are_skipped() {
    for interim in [
        &b"HTTP/1.1 100 Continue\r\n\r\n"[..],
        b"HTTP/1.1 100\r\nX-Proxy: a\r\n\r\nHTTP/1.1 100 Continue\r\nX-Proxy: b\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 199 X\r\n\r\n",
        &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000),
        &b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(10_000),
    ] {
        comes_to(&[interim, GOOD].concat(), SOON, Comes::Good);
    }
    comes_to(
        &[b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", GOOD].concat(),
        SOON,
        Comes::BadInFront(UnexpectedResponse),
    );
}

#[test]
fn unknown_status_code_is_an_error() {
    for (status, kind) in [(600, UnexpectedResponse), (999, UnexpectedResponse), (304, Redirect), (399, Redirect)] {
        with_each_call(|call| {
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {{len}}\r\n\r\n{{body}}");
            let answer = super::fill(head.as_bytes(), &call.body(super::FIRST));
            let server = after(call, move |connection| connection.send(&answer));
            let client = server.client();
            let error = call.make(&client).unwrap_err();
            super::is_told(call, kind, (status != 304).then_some(super::FIRST), &error, &status.to_string());
            // Nothing belongs to a 304; what follows it is nobody's.
            let next = if status == 304 { FRESH } else { SAME };
            assert!(call.make(&client).unwrap().is_none_or(|mark| mark == next), "{status}");
        });
    }
}

/// Every call ends as `kind` if the server sends `start`, and `again` until nobody listens.
fn a_flood(start: &'static [u8], again: &'static [u8], kind: ErrorKind) {
    with_each_call(|call| {
        let flood = again.repeat(64 * 1024 / again.len());
        let server = after(call, move |connection: &mut Connection| {
            connection.send(start);
            while connection.stream.get_mut().write_all(&flood).is_ok() {}
        });
        let limit = if kind == Timeout { DEADLINE } else { SOON };
        let error = call.make(&server.client().with_timeout(limit)).unwrap_err();
        super::is_told(call, kind, None, &error, &String::from_utf8_lossy(again));
        assert!(call.make(&server.client()).unwrap().is_none_or(|mark| mark == FRESH));
    });
}

#[test]
fn endless_response_head_ends_at_a_limit() {
    a_flood(b"HTTP/1.1 200 OK\r\n", b"X-Flood: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 OK\r\nX-Flood: ", b"x", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 OK\r\n", b"x", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 ", b"x", UnexpectedResponse);
    a_flood(b"", b"x", UnexpectedResponse);
    a_flood(b"", b"\r\n\r\n", UnexpectedResponse);
    a_flood(b"HTTP/1.1 103 X\r\nX-Flood: ", b"x", UnexpectedResponse);
    a_flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n", UnexpectedResponse);
    a_flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x", UnexpectedResponse);
    a_flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x", UnexpectedResponse);
}

#[test]
fn endless_trailers_end_at_the_deadline() {
    a_flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", Timeout);
}
