//! Tests of response heads: status lines, headers, interim responses, and endless streams of them.

use std::io::Write;

use identifai::ErrorKind::{self, Redirect, Timeout, UnexpectedResponse};
use test_support::Connection;

use super::{
    DEADLINE, Expected, NEW_CONNECTION, SAME_CONNECTION, SOON, assert_outcome, hostile_server, with_each_call,
};

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}";

#[test]
fn invalid_status_line_is_an_error() {
    let table: [(&[u8], Expected); 13] = [
        (b"HTTP/1.1 200", Expected::Good),
        (b"HTTP/1.1 200 ", Expected::Good),
        (b"HTTP/1.1 200 \xff\xfe\xe9", Expected::Good),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", Expected::Good),
        (b"HTTP/1.0 200 OK", Expected::GoodOnce),
        (b"HTTP/1.1 200 OK\r\nConnection: close", Expected::GoodOnce),
        (b"HTTP/1.1 200 O\0K", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 000 X", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 2000 X", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 20 X", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/1.1 -20 X", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/1.2 200 OK", Expected::Bad(UnexpectedResponse)),
        (b"HTTP/2.0 200 OK", Expected::Bad(UnexpectedResponse)),
    ];
    for (line, expected) in table {
        assert_outcome(&[line, b"\r\nContent-Length: {len}\r\n\r\n{body}"].concat(), SOON, expected);
    }
}

#[test]
fn response_other_than_http_1_is_an_error() {
    let table: [&[u8]; 9] = [
        // An HTTP/0.9 response is a body without a head.
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
        assert_outcome(bytes, SOON, Expected::Bad(UnexpectedResponse));
    }
    assert_outcome(&[b"\r\n\r\n", GOOD].concat(), SOON, Expected::Good);
}

#[test]
fn invalid_header_is_an_error() {
    let table: [(&[u8], Expected); 14] = [
        (b"X:", Expected::Good),
        (b"X: \xff\xfe \xc3", Expected::Good),
        (
            b"X-Request-Id: \xff\r\nRetry-After: \xff\r\nDate: \xff\r\nContent-Type: \xff\r\nLocation: \xff",
            Expected::Good,
        ),
        (
            b"X-RateLimit-Limit: 99999999999999999999\r\nX-RateLimit-Remaining: -1\r\nX-RateLimit-Reset: 1e9",
            Expected::Good,
        ),
        (b"X: a\nY: b", Expected::Good),
        (b"X: a\0b", Expected::Bad(UnexpectedResponse)),
        (b"X: a\rb", Expected::Bad(UnexpectedResponse)),
        (b"X: \x7f", Expected::Bad(UnexpectedResponse)),
        (b"X\0Y: a", Expected::Bad(UnexpectedResponse)),
        (b"X\xff: a", Expected::Bad(UnexpectedResponse)),
        (b"X : a", Expected::Bad(UnexpectedResponse)),
        (b": a", Expected::Bad(UnexpectedResponse)),
        (b"X a", Expected::Bad(UnexpectedResponse)),
        (b"X: a\r\n folded", Expected::Bad(UnexpectedResponse)),
    ];
    for (field, expected) in table {
        assert_outcome(
            &[b"HTTP/1.1 200 OK\r\n", field, b"\r\nContent-Length: {len}\r\n\r\n{body}"].concat(),
            SOON,
            expected,
        );
    }
}

#[test]
fn large_response_head_is_read_up_to_its_limits() {
    // ureq accepts up to 128 headers. The input buffer of this crate limits a head to 16 KiB.
    let with = |fields: Vec<u8>| [b"HTTP/1.1 200 OK\r\n", &*fields, &GOOD[b"HTTP/1.1 200 OK\r\n".len()..]].concat();
    for (count, expected) in [
        (100, Expected::Good),
        (200, Expected::Bad(UnexpectedResponse)),
        (10_000, Expected::BadBeforeBody(UnexpectedResponse)),
    ] {
        assert_outcome(&with(b"X: y\r\n".repeat(count)), SOON, expected);
    }
    for (len, expected) in [
        (15_000, Expected::Good),
        (17_000, Expected::BadBeforeBody(UnexpectedResponse)),
        (70_000, Expected::BadBeforeBody(UnexpectedResponse)),
    ] {
        let long = "x".repeat(len);
        assert_outcome(&with(format!("X: {long}\r\n").into()), SOON, expected);
        assert_outcome(
            &[b"HTTP/1.1 200 ", long.as_bytes(), &GOOD[b"HTTP/1.1 200 OK".len()..]].concat(),
            SOON,
            expected,
        );
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
        assert_outcome(&[interim, GOOD].concat(), SOON, Expected::Good);
    }
    assert_outcome(
        &[b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", GOOD].concat(),
        SOON,
        Expected::BadBeforeBody(UnexpectedResponse),
    );
}

#[test]
fn unknown_status_code_is_an_error() {
    for (status, kind) in [(600, UnexpectedResponse), (999, UnexpectedResponse), (304, Redirect), (399, Redirect)] {
        with_each_call(|call| {
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {{len}}\r\n\r\n{{body}}");
            let response = super::fill(head.as_bytes(), &call.body(super::FIRST));
            let server = hostile_server(call, move |connection| connection.send(&response));
            let client = server.client();
            let error = call.make(&client).unwrap_err();
            super::assert_error(call, kind, (status != 304).then_some(super::FIRST), &error, &status.to_string());
            // A 304 has no body, so the bytes after its head are stray bytes, and its connection is not reused.
            let next = if status == 304 { NEW_CONNECTION } else { SAME_CONNECTION };
            assert!(call.make(&client).unwrap().is_none_or(|mark| mark == next), "{status}");
        });
    }
}

/// Asserts that every kind of call fails with `kind` if the server sends `start`, and then `again` until the client
/// closes the connection.
fn assert_flood_fails(start: &'static [u8], again: &'static [u8], kind: ErrorKind) {
    with_each_call(|call| {
        let flood = again.repeat(64 * 1024 / again.len());
        let server = hostile_server(call, move |connection: &mut Connection| {
            connection.send(start);
            while connection.stream.get_mut().write_all(&flood).is_ok() {}
        });
        let limit = if kind == Timeout { DEADLINE } else { SOON };
        let error = call.make(&server.client().with_timeout(limit)).unwrap_err();
        super::assert_error(call, kind, None, &error, &String::from_utf8_lossy(again));
        assert!(call.make(&server.client()).unwrap().is_none_or(|mark| mark == NEW_CONNECTION));
    });
}

#[test]
fn endless_response_head_ends_at_a_limit() {
    assert_flood_fails(b"HTTP/1.1 200 OK\r\n", b"X-Flood: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 OK\r\nX-Flood: ", b"x", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 OK\r\n", b"x", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 ", b"x", UnexpectedResponse);
    assert_flood_fails(b"", b"x", UnexpectedResponse);
    assert_flood_fails(b"", b"\r\n\r\n", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 103 X\r\nX-Flood: ", b"x", UnexpectedResponse);
    assert_flood_fails(b"", b"HTTP/1.1 100 Continue\r\n\r\n", UnexpectedResponse);
    assert_flood_fails(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x", UnexpectedResponse);
    assert_flood_fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x", UnexpectedResponse);
}

#[test]
fn endless_trailers_end_at_the_deadline() {
    assert_flood_fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", Timeout);
}
