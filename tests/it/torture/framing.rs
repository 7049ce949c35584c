//! Tests of the end of a response body: invalid and contradictory lengths, transfer codings and chunks.

use identifai::ErrorKind::{Disconnected, Timeout, UnexpectedResponse};

use super::{
    Call, DEADLINE, Expected, FIRST, NEW_CONNECTION, SOON, assert_error, assert_outcome, fill, hostile_server,
    with_each_call,
};

#[test]
fn invalid_content_length_is_an_error() {
    let table = [
        ("{len}", Expected::Good),
        (" \t{len} \t", Expected::Good),
        ("{len}, {len}", Expected::Good),
        ("{len}\r\nContent-Length: {len}", Expected::Good),
        ("{len}\r\nContent-Length: 5", Expected::Bad(UnexpectedResponse)),
        ("{len}, 5", Expected::Bad(UnexpectedResponse)),
        ("-{len}", Expected::Bad(UnexpectedResponse)),
        ("+{len}", Expected::Bad(UnexpectedResponse)),
        ("0x{hex}", Expected::Bad(UnexpectedResponse)),
        ("{len}.0", Expected::Bad(UnexpectedResponse)),
        ("{len} 5", Expected::Bad(UnexpectedResponse)),
        ("18446744073709551616", Expected::Bad(UnexpectedResponse)),
        ("", Expected::Bad(UnexpectedResponse)),
        ("five", Expected::Bad(UnexpectedResponse)),
    ];
    for (length, expected) in table {
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{body}}");
        assert_outcome(response.as_bytes(), SOON, expected);
    }
}

#[test]
fn connection_is_reused_only_after_plain_chunked() {
    let chunks = "{hex}\r\n{body}\r\n0\r\n\r\n";
    let table = [
        ("1", "Transfer-Encoding: chunked", chunks, Expected::Good),
        ("1", "Transfer-Encoding:  CHUNKED ", chunks, Expected::Good),
        ("1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", chunks, Expected::GoodOnce),
        ("1", "Transfer-Encoding: chunked, chunked", chunks, Expected::GoodOnce),
        ("1", "Transfer-Encoding: gzip, chunked", chunks, Expected::GoodOnce),
        ("1", "Transfer-Encoding: chunked, gzip", chunks, Expected::GoodOnce),
        ("1", "Transfer-Encoding: chunked\r\nContent-Length: 5", chunks, Expected::GoodOnce),
        ("1", "Content-Length: {len}\r\nTransfer-Encoding: chunked", chunks, Expected::GoodOnce),
        ("1", "Transfer-Encoding: identity\r\nContent-Length: {len}", "{body}", Expected::GoodOnce),
        ("1", "Transfer-Encoding: xchunked\r\nContent-Length: {len}", "{body}", Expected::GoodOnce),
        ("1", "Transfer-Encoding: \u{e9}\r\nContent-Length: {len}", "{body}", Expected::GoodOnce),
        (
            "0",
            "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nContent-Length: {len}",
            "{body}",
            Expected::GoodOnce,
        ),
    ];
    for (minor, fields, body, expected) in table {
        assert_outcome(format!("HTTP/1.{minor} 200 OK\r\n{fields}\r\n\r\n{body}").as_bytes(), SOON, expected);
    }
}

#[test]
fn malformed_chunks_are_an_error() {
    let table = [
        ("{hex};name=value\r\n{body}\r\n0;last\r\n\r\n", Expected::Good),
        ("000000000000000000{hex}\r\n{body}\r\n0\r\n\r\n", Expected::Good),
        ("{hex}\r\n{body}\r\n00000000000000000000\r\nX: y\r\nZ: \u{e9}\r\n\r\n", Expected::Good),
        ("zz\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("-{hex}\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("0x{hex}\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("10000000000000000\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("00000000000000000000000000000{hex}\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("{hex};a-name=a-value-that-is-long\r\n{body}\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("{hex}\r\n{body}0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("{hex}\r\n{body}more\r\n0\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("{hex}\r\n{body}\r\nzz\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
        ("{hex}\r\n{body}\r\n-1\r\n\r\n", Expected::BadAfterIdentifier(UnexpectedResponse)),
    ];
    for (chunks, expected) in table {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_outcome(response.as_bytes(), SOON, expected);
    }
}

#[test]
fn incomplete_response_ends_at_the_deadline() {
    for (response, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1{len}\r\n\r\n{body}", Expected::BadAfterIdentifier(Timeout)),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n{body}",
            Expected::BadAfterIdentifier(Timeout),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n",
            Expected::BadAfterIdentifier(Timeout),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n",
            Expected::BadAfterIdentifier(Timeout),
        ),
        ("HTTP/1.1 200 OK\r\n\r\n{body}", Expected::BadAfterIdentifier(Timeout)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}", Expected::Bad(Timeout)),
        ("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n", Expected::Bad(Timeout)),
        ("HTTP/1.1 100 Continue\r\nX: y", Expected::Bad(Timeout)),
        ("HTT", Expected::Bad(Timeout)),
    ] {
        assert_outcome(response.as_bytes(), DEADLINE, expected);
    }
}

#[test]
fn closed_incomplete_response_is_disconnected() {
    for (response, known) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1{len}\r\n\r\n{body}", Some(FIRST)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n{body}", Some(FIRST)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n", Some(FIRST)),
        ("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{", None),
        ("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n", None),
        ("HTTP/1.1 103 Early Hints\r\n\r\n", None),
        ("HTTP/1.1 100 Continue\r\nX: y", None),
        ("", None),
    ] {
        with_each_call(|call| {
            let bytes = fill(response.as_bytes(), &call.body(FIRST));
            let server = hostile_server(call, move |connection| {
                connection.send(&bytes);
                let _ = connection.stream.get_ref().shutdown(std::net::Shutdown::Both);
            });
            let client = server.client().with_timeout(SOON);
            match call.make(&client) {
                Ok(mark) => assert!(call == Call::Submit && mark == known && known.is_some(), "{response}"),
                Err(error) => assert_error(call, Disconnected, None, &error, response),
            }
            assert_eq!(server.requests().len(), 1, "{response}");
            assert!(call.make(&client).unwrap().is_none_or(|mark| mark == NEW_CONNECTION), "{response}");
        });
    }
    for response in [
        "HTTP/1.1 200 OK\r\n\r\n{body}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n",
    ] {
        with_each_call(|call| {
            let bytes = fill(response.as_bytes(), &call.body(FIRST));
            let server = hostile_server(call, move |connection| {
                connection.send(&bytes);
                let _ = connection.stream.get_ref().shutdown(std::net::Shutdown::Both);
            });
            assert!(call.make(&server.client()).unwrap().is_none_or(|mark| mark == FIRST), "{response}");
        });
    }
}

#[test]
fn bad_responses_are_retried_for_reads_only() {
    let table = [
        ("HTTP/1.1 200 OK\r\nRetry-After: 0\r\nContent-Length: 1{len}\r\n\r\n{body}", true),
        ("HTTP/1.1 200 OK\r\nRetry-After: 0\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n", true),
        ("HTTP/1.1 500 X\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnone", false),
        ("HTTP/1.1 200 OK\r\nRetry-After: 0\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false),
        ("HTTP/1.1 200 OK\r\nRetry-After: 0\r\nX\r\n\r\n", false),
    ];
    for (response, helps) in table {
        with_each_call(|call| {
            let bytes = fill(response.as_bytes(), &call.body(FIRST));
            let server = test_support::Server::start(move |connection| {
                connection.request();
                connection.send(&bytes);
            });
            let client = server.builder().timeout(SOON).retries(2).build().unwrap();
            let is_known = call == Call::Submit && response.contains("{body}");
            assert_eq!(call.make(&client).is_ok(), is_known, "{call:?} {response}");
            let attempts = if helps && call != Call::Submit { 3 } else { 1 };
            assert_eq!(server.requests().len(), attempts, "{call:?} {response}");
        });
    }
}
