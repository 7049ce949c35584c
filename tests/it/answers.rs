//! What an answer to a submit is worth: an identifier only if it is one, and what was paid for is kept. What is no
//! HTTP, or hostile, is in `torture/`.

use identifai::{ErrorKind, Image, classify_from_url};

use crate::support::{CAT, ID, Server, accepted, answer};

/// What a submit comes to when the server sends `bytes` and closes.
fn after(bytes: &str) -> identifai::Result<identifai::Identifier> {
    let bytes = bytes.to_owned();
    let server = Server::start(move |connection| {
        connection.request();
        connection.send(&bytes);
    });
    let outcome = classify_from_url(&server.options());
    assert_eq!(server.requests().len(), 1);
    outcome
}

#[test]
fn what_is_cut_off_is_a_lost_connection_and_what_arrived_is_kept() {
    let object = format!("{{\"identifier\":\"{ID}\"}}");
    for bytes in [
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{object}"),
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 65\r\n\r\n{ID}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{object}\r\n", object.len()),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{object}"),
    ] {
        let error = after(&bytes).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true), "{error}");
        assert!(error.body().unwrap().contains(ID), "what arrived can be read from the error");
        let known = error.identifier().map(identifai::Identifier::as_str);
        assert_eq!(known, bytes.contains('{').then_some(ID), "a whole object is believed: {bytes}");
    }
    for bytes in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"] {
        let error = after(bytes).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true), "{bytes:?} {error}");
    }
}

#[test]
fn an_answer_delimited_by_the_end_of_the_connection_is_read_with_care() {
    let plain = |body: &str| after(&format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{body}"));
    assert_eq!(plain(ID).unwrap().as_str(), ID);
    assert_eq!(plain(&ID[..63]).unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    let object = after(&format!("HTTP/1.0 200 OK\r\n\r\n{{\"identifier\":\"{ID}\"}}"));
    assert_eq!(object.unwrap().as_str(), ID);
    assert_eq!(after("HTTP/1.0 200 OK\r\n\r\n{\"identif").unwrap_err().kind(), ErrorKind::UnexpectedResponse);
}

#[test]
fn a_coding_that_delimits_nothing_does_not_make_a_text_whole() {
    for head in ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked"] {
        let error = after(&format!("{head}\r\nContent-Type: text/plain\r\n\r\nabcdef")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{head}: {error}");
    }
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n";
    assert_eq!(after(&format!("{chunked}3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")).unwrap().as_str(), "abcdef");
}

#[test]
fn more_than_the_limit_is_not_read() {
    let object = format!("{{\"identifier\":\"{ID}\",\"more\":\"{}\"}}", "x".repeat(2_000));
    let chunked =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{object}\r\n0\r\n\r\n", object.len());
    for bytes in [answer(200, "application/json", &object), chunked, format!("HTTP/1.1 200 OK\r\n\r\n{object}")] {
        let server = Server::answering(bytes.clone());
        let limited =
            server.builder().response_limit(1_000).timeout(std::time::Duration::from_secs(10)).build().unwrap();
        let error = limited.submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
        assert!(error.to_string().contains("limit of 1000 bytes"), "{error}");
        assert!(error.body().unwrap().contains(ID), "what was paid for can be found");
        assert!(error.may_have_been_sent());
    }
    let server = Server::answering(answer(200, "application/json", &object));
    let exact = server.builder().response_limit(object.len() as u64).build().unwrap();
    assert_eq!(exact.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
    let huge = format!("HTTP/1.1 400 X\r\nContent-Length: {}\r\n\r\n", u64::MAX);
    assert_eq!(after(&huge).unwrap_err().kind(), ErrorKind::Rejected);
}

#[test]
fn a_refusal_is_a_refusal_even_if_its_text_breaks_off() {
    let error = after("HTTP/1.1 401 X\r\nContent-Length: 50\r\n\r\n{\"error\":\"Una").unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Unauthorized, false));
}

#[test]
fn accepted_comes_with_any_2xx() {
    for status in [200, 201, 202] {
        assert!(after(&accepted().replace("200", &status.to_string())).is_ok());
    }
    assert_eq!(after("HTTP/1.1 204 X\r\n\r\n").unwrap_err().kind(), ErrorKind::UnexpectedResponse);
}
