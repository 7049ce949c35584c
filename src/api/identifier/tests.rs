//! Finding identifiers in responses that match the documentation, and in responses of faulty servers.

use super::*;
use crate::error::ErrorKind;
use crate::http::response::Failure;

const ID: &str = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";

fn response(status: u16, content_type: &str, body: &str) -> Response {
    let content_type = Some(content_type.to_owned());
    Response { status, content_type, body: body.into(), length_known: true, ..Response::default() }
}

fn json(status: u16, body: &str) -> Response {
    response(status, "application/json", body)
}

/// Returns the identifier of a success, or the one that an error carries.
fn found(outcome: &Result<Identifier>) -> Option<&str> {
    match outcome {
        Ok(identifier) => Some(identifier.as_str()),
        Err(error) => error.identifier().map(Identifier::as_str),
    }
}

fn accepted(status: u16, body: &str) -> bool {
    identifier(json(status, body)).is_ok_and(|identifier| identifier.as_str() == ID)
}

fn reason(outcome: Result<Identifier>) -> String {
    outcome.map_err(|error: Error| error.to_string()).unwrap_err()
}

#[test]
fn documented_response_yields_identifier() {
    let documented = format!("{{\"identifier\": \"{ID}\"}}");
    let with_more = format!("\r\n{{\"new\":[1,{{}}],\"identifier\":\"{ID}\",\"x\":null}}\n");
    for body in [documented, with_more] {
        for content_type in ["application/json", "text/html", ""] {
            assert_eq!(identifier(response(200, content_type, &body)).unwrap().as_str(), ID);
        }
        assert!(accepted(201, &body));
    }
    for content_type in ["text/plain", "Text/Plain; charset=UTF-8"] {
        assert_eq!(identifier(response(200, content_type, &format!("{ID}\n"))).unwrap().as_str(), ID);
        assert_eq!(identifier(response(200, content_type, "abc")).unwrap().as_str(), "abc");
    }
}

#[test]
fn invalid_utf8_beside_identifier_is_tolerated() {
    assert!(accepted(200, &format!("\u{feff}{{\"identifier\":\"{ID}\"}}")));
    let mut latin = format!("{{\"identifier\":\"{ID}\",\"name\":\"caf_\"}}").into_bytes();
    let at = latin.len() - 3;
    latin[at] = 0xe9;
    assert_eq!(identifier(Response { body: latin, ..json(200, "") }).unwrap().as_str(), ID);
}

#[test]
fn closed_identifier_in_truncated_body_counts() {
    let documents = [
        format!("{{\"identifier\":\"{ID}\",\"name\":\"cat \\\"1\\\".png\",\"list\":[1,{{\"a\":null}}]}}"),
        format!("{{\"data\" : {{ \"x\": 1,\r\n\t\"identifier\" : \"{ID}\" }}, \"status\": \"new\"}}"),
        format!("[{{\"identifier\":\"{ID}\"}}]"),
    ];
    for document in documents {
        let closed = document.find(ID).unwrap() + ID.len() + 1;
        for end in 0..=document.len() {
            for kind in [ErrorKind::Disconnected, ErrorKind::Timeout, ErrorKind::Cancelled] {
                let truncated = Some(Failure::new(kind, "cut"));
                let outcome = identifier(Response { truncated, length_known: false, ..json(200, &document[..end]) });
                assert_eq!(outcome.is_ok(), end >= closed, "{outcome:?} at {end} of {document}");
                if let Err(error) = outcome {
                    assert_eq!((error.kind(), error.status(), error.identifier()), (kind, Some(200), None));
                }
            }
        }
    }
}

#[test]
fn closed_identifier_before_malformed_json_counts() {
    for rest in [
        ",\"eta\":NaN}",
        ",\"eta\":}",
        ",\"eta\":1e999999}",
        ",'x':1}",
        ",\"x\":\"\n\"}",
        ",\"x\":\"\\q\"}",
        ",}",
        "]",
        "}}",
        "}\0\0",
        "}<br />Warning: ...",
        "} {\"id\":\"other\"}",
        "}\u{feff}",
        ",\"identifier\":null}",
        &format!(",\"identifier\":\"{ID}\"}}"),
        &format!(",\"x\":{}", "[".repeat(10_000)),
    ] {
        assert!(accepted(200, &format!("{{\"identifier\":\"{ID}\"{rest}")), "{rest}");
        assert!(accepted(200, &format!("{{\"eta\":NaN,\"identifier\":\"{ID}\"{rest}")), "{rest}");
    }
}

#[test]
fn identifier_after_notice_text_counts() {
    for before in [
        "<br />\n<b>Notice</b>:  Undefined index: \"name\" in <b>/var/www/a.php</b> on line <b>7</b><br />\n",
        "Warning: fopen(\"x): failed to open stream {in /a.php on line 3\n\u{feff}",
        "\u{feff}\u{feff}",
        "Deprecated: {\"message\":\"old\"}\n",
        ")]}',\n",
        "\u{1f}\0",
    ] {
        for content_type in ["application/json", "text/html; charset=UTF-8", "text/plain", ""] {
            let body = format!("{before}{{\"identifier\":\"{ID}\"}}");
            assert_eq!(identifier(response(200, content_type, &body)).unwrap().as_str(), ID, "{body}");
            assert_eq!(identifier(response(200, content_type, &body[..body.len() - 1])).unwrap().as_str(), ID);
        }
    }
    for around in [format!("<br />\n<b>Notice</b>: x\n{ID}"), format!("\"{ID}\"\n<br />"), format!("{ID}\r\nWarning")] {
        assert_eq!(identifier(response(200, "text/html", &around)).unwrap().as_str(), ID, "{around}");
    }
}

#[test]
fn bare_identifier_needs_quotes_or_hash_length() {
    for (content_type, body, expected) in [
        ("application/json", "\"abc\"", Some("abc")),
        ("text/html", " \"abc\"\n", Some("abc")),
        ("application/json", "\"ab\\u0063\"", Some("abc")),
        ("application/json", "\"abc", None),
        ("application/json", "\"not one\"", None),
        ("text/html", ID, Some(ID)),
        ("", ID, Some(ID)),
        ("application/json", ID, Some(ID)),
        ("application/octet-stream", ID, Some(ID)),
        ("text/html", "abc", None),
        ("", "abc", None),
        ("text/html", &ID[1..], None),
    ] {
        let outcome = identifier(response(200, content_type, body));
        assert_eq!(found(&outcome), expected, "{content_type}: {body}");
        assert_eq!(outcome.is_ok(), expected.is_some());
    }
}

#[test]
fn plain_text_with_unknown_end_is_not_identifier() {
    let whole = || response(200, "text/plain", "abc");
    assert!(identifier(whole()).is_ok());
    let unframed = identifier(Response { length_known: false, ..whole() });
    assert!(reason(unframed).contains("which may be truncated"));
    let cut = || Some(Failure::new(ErrorKind::Disconnected, "cut"));
    let error = identifier(Response { truncated: cut(), ..whole() }).unwrap_err();
    assert_eq!((error.kind(), error.identifier()), (ErrorKind::Disconnected, None));
    // The length of a SHA-256 proves that it is complete.
    for response in [response(200, "text/plain", ID), response(200, "text/html", &format!("{ID}\r"))] {
        let outcome = identifier(Response { length_known: false, truncated: cut(), ..response });
        assert_eq!(outcome.unwrap().as_str(), ID);
    }
}

#[test]
fn error_status_with_identifier_carries_it() {
    let object = format!("{{\"error\":\"Already submitted.\",\"identifier\":\"{ID}\"}}");
    let hash = format!("\"{ID}\"");
    for status in [302, 400, 409, 422, 429, 500, 502, 503, 504, 599] {
        for body in [&object[..], &object[..object.len() - 1], &hash, ID] {
            let response = json(status, body);
            assert!(is_accepted(&response.body, Field::Identifier), "{status} {body}");
            let error = identifier(response).unwrap_err();
            assert_eq!((error.status(), error.may_have_been_sent()), (Some(status), true));
            assert_eq!(error.identifier().unwrap().as_str(), ID, "{status} {body}");
        }
        // A text without a field name may be any word.
        for body in ["Forbidden", "\"Forbidden\"", "{\"error\":\"x\"}", ""] {
            let response = response(status, "text/plain", body);
            assert!(!is_accepted(&response.body, Field::Identifier), "{status} {body}");
            assert_eq!(identifier(response).unwrap_err().identifier(), None, "{status} {body}");
        }
    }
}

#[test]
fn identifier_quoted_in_json_string_does_not_count() {
    let quoted = serde_json::to_string(&format!("got {{\"identifier\":\"{ID}\"}}, \"identifier\":\"{ID}\"")).unwrap();
    for body in [
        format!("{{\"error\":{quoted}}}"),
        format!("{{\"error\":{quoted},\"eta\":NaN}}"),
        format!("Notice\n{{\"error\":{quoted}"),
        format!("{{\"{{\":{quoted}}}"),
        format!("Notice: undefined \"identifier\":\"{ID}\""),
        format!("[\"identifier\":\"{ID}\"]"),
        quoted,
    ] {
        for status in [200, 409, 500] {
            assert_eq!(found(&identifier(json(status, &body))), None, "{status} {body}");
        }
    }
}

#[test]
fn several_different_identifiers_are_an_error() {
    for body in ["{\"identifier\":\"a\",\"identifier\":\"b\"}", "[{\"identifier\":\"a\"},{\"identifier\":\"b\"}]"] {
        let error = identifier(json(200, body)).unwrap_err();
        assert!(error.to_string().contains("several different identifiers: a, b"), "{error}");
        assert_eq!((error.identifier().unwrap().as_str(), error.may_have_been_sent()), ("a", true));
    }
    // In complete JSON, the field of the outermost object is the identifier of the response.
    let nested = format!("{{\"x\":{{\"identifier\":\"a\"}},\"identifier\":\"{ID}\"}}");
    assert!(accepted(200, &nested));
}

#[test]
fn success_page_with_identifier_is_error_with_it() {
    for page in [
        "<!DOCTYPE html><script type=\"application/ld+json\">{\"identifier\":\"7\"}</script>",
        "\r\n<HTML><body><script>x = {\"a\":1,\"identifier\":\"7\"}</script></body></HTML>",
    ] {
        let error = identifier(response(200, "text/html", page)).unwrap_err();
        assert_eq!((error.kind(), error.identifier().unwrap().as_str()), (ErrorKind::UnexpectedResponse, "7"));
        assert!(error.to_string().contains("an HTML page"), "{error}");
    }
}

#[test]
fn identifier_in_error_page_does_not_count() {
    let script = "<script>x = {\"a\":1,\"identifier\":\"7\"}</script>";
    for page in [
        format!("<!DOCTYPE html><html><head>{script}</head></html>"),
        format!("<HTML>\n{script}"),
        format!("<body>{script}</body>"),
        script.to_owned(),
        "<!-- {\"identifier\":\"7\"} -->".to_owned(),
        format!("<html><p>Incident\n{ID}\n</p></html>"),
    ] {
        for status in [302, 401, 403, 404, 413, 429, 500, 502, 503] {
            let error_page = response(status, "text/html", &page);
            assert!(!is_accepted(&error_page.body, Field::Identifier), "{status} {page}");
            let error = identifier(error_page).unwrap_err();
            assert_eq!(error.identifier(), None, "{status} {page}");
            assert!(!error.may_have_been_sent(), "{status} {page}: the status code shows that the submit was rejected");
        }
        assert_eq!(identifier(response(200, "text/html", &page)).unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    }
    let batch = json(403, &script.replace("identifier", "batch_id"));
    assert!(!is_accepted(&batch.body, Field::BatchId));
}

#[test]
fn identifier_outside_of_page_counts() {
    let (object, page) = (format!("{{\"identifier\":\"{ID}\"}}"), "<html>{\"identifier\":\"7\"}</html>");
    let dump = "<script>Sfdump = {\"a\":1}</script><style>pre{}</style>\n";
    for body in [format!("{object}{page}"), format!("<html>x</html>\n{object}"), format!("{dump}{object}")] {
        assert!(accepted(200, &body), "{body}");
    }
    for body in [format!("{object}{page}"), format!("{page}{object}"), format!("{dump}{object}")] {
        assert_eq!(found(&identifier(response(500, "text/html", &body))), Some(ID), "{body}");
    }
    let quoted = format!("{{\"error\":\"<html><script>\",\"identifier\":\"{ID}\"}}");
    for body in [format!("Notice: x\n{quoted}"), quoted] {
        assert_eq!(found(&identifier(response(500, "text/html", &body))), Some(ID), "{body}");
    }
}

#[test]
fn identifier_in_page_or_among_several_is_uncertain() {
    let carried = |status, body: &str| identifier(response(status, "text/html", body)).unwrap_err();
    let object = format!("{{\"error\":\"x\",\"identifier\":\"{ID}\"}}");
    for (status, body, expected) in [
        (409, &object[..], true),
        (500, ID, true),
        (200, "<html>{\"identifier\":\"7\"}</html>", false),
        (200, "[{\"identifier\":\"a\"},{\"identifier\":\"b\"}]", false),
        (200, &format!("<html>\n{ID}\n</html>"), false),
    ] {
        let error = carried(status, body);
        assert!(error.identifier().is_some(), "{status} {body}");
        assert_eq!(is_certain(&error), expected, "{status} {body}");
    }
}

#[test]
fn text_with_content_encoding_is_not_identifier() {
    let content_encoding =
        |body: &str| Response { content_encoding: Some("br".to_owned()), ..response(200, "text/plain", body) };
    for body in ["abc", "\u{1f}"] {
        let error = identifier(content_encoding(body)).unwrap_err();
        assert!(error.to_string().contains("unsupported content encoding br"), "{error}");
    }
    // A proxy may have decoded the body and kept the header.
    assert!(identifier(content_encoding(&format!("{{\"identifier\":\"{ID}\"}}"))).is_ok());
    assert!(identifier(content_encoding(ID)).is_ok());
}

#[test]
fn response_without_identifier_explains_the_reason() {
    let long = format!("{{\"identifier\":\"{}\"}}", "a".repeat(129));
    let table = [
        ("text/html", "<html>Sign in</html>", "an HTML page"),
        ("text/html", "<h1>Sign in</h1>", "neither JSON nor plain text"),
        ("application/json", "", "empty"),
        ("text/plain", " \r\n", "empty"),
        ("application/json", "{\"identifier\":\"8d6437", "without a complete `identifier`"),
        ("application/json", "[]", "neither JSON nor plain text"),
        ("application/json", "{}", "without a complete `identifier`"),
        ("application/json", "{\"identifier\":null}", "without a complete `identifier`"),
        ("application/json", "{\"identifier\":7}", "not a string"),
        ("application/json", "{\"identifier\":\"\"}", "unsafe"),
        ("application/json", "{\"identifier\":\"../credits\"}", "unsafe"),
        ("application/json", "{\"identifier\":\"../credits\"", "unsafe"),
        ("application/json", long.as_str(), "unsafe"),
        ("text/plain", "Service temporarily unavailable", "unsafe"),
    ];
    for (content_type, body, reason) in table {
        let error = identifier(response(200, content_type, body)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
        assert_eq!((error.status(), error.identifier()), (Some(200), None));
        assert!(error.to_string().contains(reason), "{body}: {error}");
        assert_eq!(error.body().unwrap_or_default(), body);
    }
    let binary = Response { body: vec![0xff, 0xfe], ..json(200, "") };
    assert!(reason(identifier(binary)).contains("neither JSON nor plain text"));
    let error = identifier(json(200, "{\"error\":\"Busy\"}")).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::UnexpectedResponse, Some("Busy")));
    // The status code of an error is more useful than the fact that its body was truncated.
    let truncated = Some(Failure::new(ErrorKind::Disconnected, "cut"));
    let error = identifier(Response { truncated, ..json(401, "{\"err") }).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Unauthorized, false));
}

#[test]
fn batch_id_in_any_response_counts() {
    for body in [
        "{\"batch_id\":\"65f0\",\"submissions\":[{\"identifier\":\"a1\"",
        "Notice: x\n{\"total_tickets\":NaN,\"batch_id\": \"65f0\"}",
        "{\"error\":\"x\",\"batch_id\":\"65f0\"}",
    ] {
        assert!(is_accepted(body.as_bytes(), Field::BatchId));
        let error = add_to(Error::new(ErrorKind::Server, "").with_body(body.as_bytes()), Field::BatchId);
        assert_eq!((error.identifier().unwrap().as_str(), error.may_have_been_sent()), ("65f0", true), "{body}");
    }
    for other in ["{\"submissions\":[{\"identifier\":\"a1\"}]}", ID] {
        assert!(!is_accepted(other.as_bytes(), Field::BatchId), "{other}");
    }
}
