//! Tests of responses to a submit: an identifier that arrived completely is returned, even from a truncated response.
//! Invalid HTTP and hostile responses are tested in `torture/`.

use identifai::{ErrorKind, Image, classify_from_url};
use test_support::{CAT, ID, Server, accepted, response, response_with, submitted};

/// Submits to a server that sends `bytes` and closes the connection. Returns the result.
fn submit_against(bytes: &str) -> identifai::Result<identifai::Identifier> {
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
fn truncated_response_keeps_a_complete_identifier() {
    let body = format!("{{\"identifier\":\"{ID}\",\"name\":\"cat.png\"}}");
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let framings = [
        ("a length", format!("Content-Length: {}\r\n\r\n{body}", body.len())),
        ("a length that is too long", format!("Content-Length: 900\r\n\r\n{body}")),
        ("one chunk", format!("Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk(&body))),
        (
            "a chunk and another one",
            format!("Transfer-Encoding: chunked\r\n\r\n{}{}0\r\n\r\n", chunk(&body[..80]), chunk(&body[80..])),
        ),
        ("a chunk that is too long", format!("Transfer-Encoding: chunked\r\n\r\nfff\r\n{body}")),
        ("an invalid chunk after it", format!("Transfer-Encoding: chunked\r\n\r\n{}zz\r\n", chunk(&body))),
        ("a chunk without its end", format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}}}", body.len())),
        ("the end of the connection", format!("Connection: close\r\n\r\n{body}")),
        ("both", format!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{}0\r\n\r\n", chunk(&body))),
    ];
    for (name, bytes) in framings {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{bytes}");
        let closed = bytes.find(ID).unwrap() + ID.len() + 1;
        for end in [closed, closed + 1, closed + 9, bytes.len() - 1, bytes.len()] {
            let outcome = submit_against(&bytes[..end]);
            assert_eq!(outcome.unwrap().as_str(), ID, "{name}, cut at {end} of {}", bytes.len());
        }
        for end in [closed - 1, closed - ID.len()] {
            let error = submit_against(&bytes[..end]).unwrap_err();
            assert!(error.may_have_been_sent() && error.identifier().is_none(), "{name}: {error}");
        }
    }
    for bytes in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"] {
        let error = submit_against(bytes).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true), "{bytes:?} {error}");
    }
}

#[test]
fn interrupted_response_keeps_the_identifier() {
    for framing in ["Content-Length: 900", "Transfer-Encoding: chunked\r\n\r\nfff", "Connection: close"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{{\"identifier\":\"{ID}\",\"na");
        let bytes = bytes.replace("fff\r\n\r\n", "fff\r\n");
        let server = Server::start(move |connection| {
            connection.request();
            connection.send(&bytes);
            connection.wait_for_end();
        });
        let client = server.builder().timeout(std::time::Duration::from_millis(300)).build().unwrap();
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID, "{framing}");
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        connection.request();
        connection.send(&format!("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{{\"identifier\":\"{ID}\","));
        sender.send(()).unwrap();
        connection.wait_for_end();
    });
    let client = server.client();
    let cancel_handle = client.cancel_handle();
    let submit = std::thread::spawn(move || client.submit(&Image::from_url(CAT)));
    receiver.recv().unwrap();
    cancel_handle.cancel();
    match submit.join().unwrap() {
        Ok(sent) => assert_eq!(sent.identifier().as_str(), ID),
        // The call may be cancelled before the identifier arrives.
        Err(error) => assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, true)),
    }
}

#[test]
fn untidy_response_yields_the_identifier() {
    let notice = "<br />\n<b>Notice</b>:  Undefined index: \"x\" in <b>/srv/a.php</b> on line <b>3</b><br />\n";
    for body in [
        format!("{notice}\u{feff}{{\"identifier\":\"{ID}\"}}"),
        format!("{{\"identifier\":\"{ID}\",\"eta\":NaN}}"),
        format!("\"{ID}\""),
        ID.to_owned(),
    ] {
        for content_type in ["Content-Type: text/html; charset=UTF-8\r\n", "Content-Type: application/json\r\n", ""] {
            assert_eq!(
                submit_against(&response_with(200, content_type, &body)).unwrap().as_str(),
                ID,
                "{content_type}{body}"
            );
        }
    }
}

#[test]
fn until_close_response_needs_a_complete_identifier() {
    let plain = |body: &str| submit_against(&format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{body}"));
    assert_eq!(plain(ID).unwrap().as_str(), ID);
    assert_eq!(plain(&ID[..63]).unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    let object = submit_against(&format!("HTTP/1.0 200 OK\r\n\r\n{{\"identifier\":\"{ID}\"}}"));
    assert_eq!(object.unwrap().as_str(), ID);
    assert_eq!(submit_against("HTTP/1.0 200 OK\r\n\r\n{\"identif").unwrap_err().kind(), ErrorKind::UnexpectedResponse);
}

#[test]
fn unusable_transfer_coding_leaves_text_incomplete() {
    for head in ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked"] {
        let error = submit_against(&format!("{head}\r\nContent-Type: text/plain\r\n\r\nabcdef")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{head}: {error}");
    }
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n";
    assert_eq!(submit_against(&format!("{chunked}3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")).unwrap().as_str(), "abcdef");
}

#[test]
fn response_over_the_limit_is_not_read() {
    let object = format!("{{\"identifier\":\"{ID}\",\"more\":\"{}\"}}", "x".repeat(2_000));
    let chunked =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{object}\r\n0\r\n\r\n", object.len());
    for bytes in [response(200, "application/json", &object), chunked, format!("HTTP/1.1 200 OK\r\n\r\n{object}")] {
        let server = Server::responding(bytes.clone());
        let limited =
            server.builder().response_limit(1_000).timeout(std::time::Duration::from_secs(10)).build().unwrap();
        assert_eq!(
            limited.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(),
            ID,
            "the identifier is within the limit"
        );
        let error = limited.with_timeout(std::time::Duration::from_secs(9)).result(&submitted("other")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
        assert!(error.to_string().contains("limit of 1000 bytes"), "{error}");
    }
    let without = format!("{{\"more\":\"{}\",\"identifier\":\"{ID}\"}}", "x".repeat(2_000));
    let server = Server::responding(response(200, "application/json", &without));
    let error = server.builder().response_limit(1_000).build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
    assert!(error.may_have_been_sent() && error.to_string().contains("limit of 1000 bytes"), "{error}");
    assert!(error.body().unwrap().starts_with("{\"more\""), "the received part of the body is available");
    let server = Server::responding(response(200, "application/json", &object));
    let exact = server.builder().response_limit(object.len() as u64).build().unwrap();
    assert_eq!(exact.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
    let huge = format!("HTTP/1.1 400 X\r\nContent-Length: {}\r\n\r\n", u64::MAX);
    assert_eq!(submit_against(&huge).unwrap_err().kind(), ErrorKind::Rejected);
}

#[test]
fn truncated_401_is_unauthorized() {
    let error = submit_against("HTTP/1.1 401 X\r\nContent-Length: 50\r\n\r\n{\"error\":\"Una").unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Unauthorized, false));
}

#[test]
fn submit_with_any_2xx_and_identifier_is_accepted() {
    for status in [200, 201, 202] {
        assert!(submit_against(&accepted().replace("200", &status.to_string())).is_ok());
    }
    assert_eq!(submit_against("HTTP/1.1 204 X\r\n\r\n").unwrap_err().kind(), ErrorKind::UnexpectedResponse);
}
