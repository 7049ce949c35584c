//! Tests of response bodies that are not valid text, not valid JSON, or extremely large or deeply nested.

use identifai::ErrorKind::{self, Server as Failed, UnexpectedResponse};
use identifai::{AnyReport, AudioReport, Identifier, Image, ImageReport, VideoReport, WaitOptions};
use serde_json::Value;
use test_support::{CAT, ID, Server, submitted};

use super::{Call, NEW_CONNECTION, SOON, hostile_server, with_each_call};

const DEPTH: usize = 10_000;

fn deep(open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(DEPTH), close.repeat(DEPTH))
}

/// Builds a response with this body.
fn response(status: u16, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Replaces `placeholder` in `text` with `token`.
fn with(token: &[u8], text: &str, placeholder: &str) -> Vec<u8> {
    let (before, after) = text.split_once(placeholder).unwrap();
    [before.as_bytes(), token, after.as_bytes()].concat()
}

/// Returns JSON values, and invalid JSON, that no field expects.
fn tokens() -> Vec<Vec<u8>> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        text("null"),
        text("\"a\\u0000b\\u001b[31m\\u202e\""),
        text("\"\\ud800\""),
        text("\"\\udc00\\ud800\""),
        text("\"\u{0}\""),
        b"\"\xff\xfe\xc3\"".to_vec(),
        text("1e999999"),
        text("-1e999999"),
        text("-0"),
        text(&format!("1{}", "0".repeat(400))),
        text(&format!("0.{}1", "0".repeat(10_000))),
        text(&deep("[", "]")),
        text(&deep("{\"a\":", "}").replace(":}", ":0}")),
        text(&format!("[{}]", vec!["{}"; 1_000].join(","))),
        text(&format!("\"{}\"", "x".repeat(10_000))),
        text("{\"a\":1,\"a\":2}"),
        text("[[],{},\"\",0,true,null]"),
    ]
}

#[test]
fn identifier_beside_any_value_is_found() {
    for token in tokens() {
        for template in [
            "{\"x\":@,\"identifier\":\"ID\"}",
            "{\"identifier\":\"ID\",\"x\":@}",
            "\u{feff}\r\n {\"identifier\":\"ID\",\"x\":[@]}\0",
        ] {
            let body = with(&token, &template.replace("ID", ID), "@");
            let outcome = Server::responding(response(200, &body)).client().submit(&Image::from_url(CAT));
            // Invalid JSON before or after the identifier does not hide it.
            assert!(outcome.as_ref().is_ok_and(|sent| sent.identifier().as_str() == ID), "{outcome:?}");
        }
    }
}

#[test]
fn invalid_identifier_is_an_error() {
    let utf_16 =
        |text: &str, low: usize| text.bytes().flat_map(|byte| if low == 0 { [byte, 0] } else { [0, byte] }).collect();
    let object = format!("{{\"identifier\":\"{ID}\"}}");
    let mut bodies: Vec<Vec<u8>> = tokens().iter().map(|token| with(token, "{\"identifier\":@}", "@")).collect();
    bodies.extend([
        utf_16(&object, 0),
        utf_16(ID, 1),
        [b"\xff\xfe".to_vec(), utf_16(&object, 0)].concat(),
        [b"\x1f\x8b\x08\0".to_vec(), vec![0xe7; 100]].concat(),
        format!("{ID}\0").into(),
        format!("\0{ID}").into(),
        format!("{ID} {ID}").into(),
        [ID.as_bytes(), b"\xff"].concat(),
        format!("{{\"identifier\":\"{ID}\\u0000\"}}").into(),
        format!("{{\"identifier\":[\"{ID}\"]}}").into(),
        format!("{{\"error\":{}}}", Value::from(object.as_str())).into(),
        b"[".repeat(4 << 20),
        b"{\"identifier\":".repeat(300_000),
    ]);
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let server = hostile_server(Call::Submit, move |connection| connection.send(&response(200, &body)));
        let error = server.client().with_timeout(SOON).submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (UnexpectedResponse, true), "{shown:?}: {error}");
        assert_eq!(error.identifier(), None, "{shown:?}");
    }
}

#[test]
fn unrequested_content_encoding_is_an_error() {
    with_each_call(|call| {
        for coding in ["gzip", "br", "deflate", "zstd, gzip"] {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: {coding}\r\n");
            let body = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[0xe7; 90]].concat();
            let bytes = [head.as_bytes(), format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
            let server = hostile_server(call, move |connection| connection.send(&bytes));
            let error = call.make(&server.client()).unwrap_err();
            super::assert_error(call, UnexpectedResponse, None, &error, coding);
            assert!(error.to_string().contains("unsupported content encoding"), "{error}");
        }
    });
}

#[test]
fn error_response_with_any_body_keeps_its_kind() {
    for token in tokens() {
        for template in
            ["{\"error\":@}", "{\"message\":@}", "{\"error\":{\"message\":@}}", "{\"x\":@,\"error\":\"No.\"}", "@"]
        {
            let body = with(&token, template, "@");
            for (status, kind) in [(400, ErrorKind::Rejected), (500, Failed)] {
                let server = Server::responding(response(status, &body));
                let error = server.client().submit(&Image::from_url(CAT)).unwrap_err();
                assert_eq!(
                    (error.kind(), error.status(), error.may_have_been_sent()),
                    (kind, Some(status), status == 500)
                );
                let shown = error.to_string();
                assert!(!shown.chars().any(char::is_control) && shown.len() < 2_000, "{shown}");
                assert!(error.body().is_none_or(|body| body.len() <= 4_096));
                if template.ends_with("\"No.\"}") && !token.contains(&0) {
                    assert_eq!(error.message(), Some("No."), "{shown}");
                }
            }
        }
    }
}

/// Calls `see` with `value` once for each of its parts, in which that part is replaced by `"@"`, and with the path of
/// the part.
fn each_replaced(value: &Value, path: &str, see: &mut dyn FnMut(&str, Value)) {
    see(path, Value::from("@"));
    let parts: Vec<String> = match value {
        Value::Array(list) => (0..list.len()).map(|index| format!("/{index}")).collect(),
        Value::Object(fields) => fields.keys().map(|name| format!("/{name}")).collect(),
        _ => Vec::new(),
    };
    for part in parts {
        each_replaced(value.pointer(&part).unwrap(), &format!("{path}{part}"), &mut |path, inner| {
            let mut whole = value.clone();
            *whole.pointer_mut(&part).unwrap() = inner;
            see(path, whole);
        });
    }
}

/// Parses a report and formats everything that can be read of it.
fn read(medium: &str, json: &[u8]) -> Result<String, identifai::Error> {
    match medium {
        "image" => ImageReport::from_json(json)
            .map(|report| format!("{report} {report:?} {:?} {:?}", report.details(), report.c2pa())),
        "video" => VideoReport::from_json(json).map(|report| format!("{report} {report:?} {:?}", report.images())),
        "audio" => AudioReport::from_json(json).map(|report| format!("{report} {report:?} {:?}", report.segments())),
        _ => AnyReport::from_json(json).map(|report| format!("{report} {report:?}")),
    }
}

#[test]
fn report_with_any_field_value_is_parsed() {
    let image = include_str!("../../fixtures/image_newest.json");
    let model = "{\"model\":\"a\",\"classification\":[{\"label\":\"human\",\"score\":1}]}";
    let verdict = "{\"classification\":\"human\",\"confidence\":0.5,\"models\":[\"a\"],\"count\":1}";
    let segment = format!("{{\"index\":1,\"start\":0,\"end\":1.5,\"results\":[{model}],\"verdict\":{verdict}}}");
    let sound = format!("\"verdict\":{verdict},\"results\":[{model}],\"chunk_details\":[{segment}]");
    let video = format!(
        "{{\"identifier\":\"{ID}\",\"results\":{{\"images\":[{{\"verdict\":{verdict}}}],\"audios\":[{{{sound}}}]}}}}"
    );
    let audio = format!("{{\"identifier\":\"{ID}\",{sound}}}");
    let tokens = tokens();
    for (medium, report) in [("image", image), ("video", &*video), ("audio", &*audio)] {
        each_replaced(&serde_json::from_str(report).unwrap(), "", &mut |path, value| {
            let text = value.to_string();
            // Large tokens are slow to parse, so they are tried in a few places only.
            let takes_all = medium == "image" && (path.matches('/').count() < 2 || path == "/c2pa/manifests");
            for token in tokens.iter().filter(|token| takes_all || token.len() < 1_000) {
                let json = with(token, &text, "\"@\"");
                let is_parsed = read(medium, &json).is_ok();
                assert!(is_parsed || ["", "/identifier"].contains(&path) || token.contains(&0), "{medium} {path}");
                // The media type is detected from the report. The result is not checked, but it must not panic.
                let _ = read("any", &json);
            }
        });
    }
}

#[test]
fn wait_outlasts_only_temporary_errors() {
    let quick = || {
        WaitOptions::default()
            .initial_interval(std::time::Duration::from_millis(1))
            .max_interval(std::time::Duration::from_millis(1))
    };
    for (hostile, ends) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"identi", false),
        ("HTTP/1.1 500 X\r\nContent-Length: 500\r\n\r\n[[[[[", false),
        ("", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[[[[[", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", true),
    ] {
        let server = hostile_server(Call::Result, move |connection| {
            connection.send(hostile);
            let _ = connection.stream.get_ref().shutdown(std::net::Shutdown::Both);
        });
        let outcome = server.builder().wait(quick().timeout(SOON)).build().unwrap().wait(&submitted(ID));
        match outcome {
            Ok(report) => assert!(!ends && report.name() == Some(&*NEW_CONNECTION.to_string()), "{hostile}"),
            Err(error) => {
                assert!(ends && error.kind() == UnexpectedResponse, "{hostile} {error}");
                assert_eq!(error.identifier().map(Identifier::as_str), Some(ID));
            }
        }
    }
}
