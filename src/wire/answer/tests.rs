//! Answers as the documentation shows them, and as nobody would have them.

use serde_json::Value;

use super::*;
use crate::exchange::Failure;
use crate::media::Image;

const ID: &str = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";

fn answer(status: u16, content_type: &str, body: &str) -> Response {
    let content_type = Some(content_type.to_owned());
    Response { status, content_type, body: body.into(), framed: true, ..Response::default() }
}

fn json(status: u16, body: &str) -> Response {
    answer(status, "application/json", body)
}

#[test]
fn both_documented_answers_are_understood() {
    let documented = format!("{{\"identifier\": \"{ID}\"}}");
    let with_more = format!("\r\n{{\"new\":[1,{{}}],\"identifier\":\"{ID}\",\"x\":null}}\n");
    for body in [documented, with_more] {
        for content_type in ["application/json", "text/html", ""] {
            assert_eq!(identifier(answer(200, content_type, &body)).unwrap().as_str(), ID);
        }
        assert_eq!(identifier(json(201, &body)).unwrap().as_str(), ID);
    }
    for content_type in ["text/plain", "Text/Plain; charset=UTF-8"] {
        assert_eq!(identifier(answer(200, content_type, &format!("{ID}\n"))).unwrap().as_str(), ID);
        assert_eq!(identifier(answer(200, content_type, "abc")).unwrap().as_str(), "abc");
    }
}

#[test]
fn an_odd_encoding_elsewhere_loses_no_identifier() {
    let with_mark = format!("\u{feff}{{\"identifier\":\"{ID}\"}}");
    assert_eq!(identifier(json(200, &with_mark)).unwrap().as_str(), ID);
    let mut latin = format!("{{\"identifier\":\"{ID}\",\"name\":\"caf_\"}}").into_bytes();
    let at = latin.len() - 3;
    latin[at] = 0xe9;
    assert_eq!(identifier(Response { body: latin, ..json(200, "") }).unwrap().as_str(), ID);
}

#[test]
fn an_identifier_in_a_whole_object_is_not_lost_whatever_follows() {
    let known = |status, body: String| {
        let error = identifier(json(status, &body)).unwrap_err();
        error.identifier().map(Identifier::to_string)
    };
    let object = format!("{{\"identifier\":\"{ID}\"}}");
    for rest in ["\0\0", "<br />Warning: ...", "{\"identifier\":\"other\"}", "}", "\u{feff}"] {
        assert_eq!(known(200, format!("{object}{rest}")).as_deref(), Some(ID), "{rest}");
    }
    assert_eq!(known(500, object.clone()).as_deref(), Some(ID));
    assert_eq!(known(400, object.clone()), None, "a refusal is none");
    for other in [format!("[{object}]"), format!("[\"{ID}\"]"), object.replace('}', ",\"identifier\":\"other\"}")] {
        assert_eq!(known(200, other), None);
    }
}

#[test]
fn what_is_encoded_is_not_taken_for_text_and_the_error_says_so() {
    let coding = |body| Response { coding: Some("br".to_owned()), ..answer(200, "text/plain", body) };
    for body in [ID, "abc", "\u{1f}"] {
        let error = identifier(coding(body)).unwrap_err();
        assert!(error.to_string().contains("encoded as br, which was not asked for"), "{error}");
    }
    // A proxy may have decoded it, and left the label.
    assert!(identifier(coding(&format!("{{\"identifier\":\"{ID}\"}}"))).is_ok());
}

#[test]
fn text_whose_end_may_be_missing_is_no_identifier_unless_its_length_proves_it() {
    let unframed = |body: &str| identifier(Response { framed: false, ..answer(200, "text/plain", body) });
    assert_eq!(unframed(ID).unwrap().as_str(), ID);
    assert_eq!(unframed(&ID[1..]).unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    // JSON shows its own end.
    let object = Response { framed: false, ..json(200, &format!("{{\"identifier\":\"{ID}\"}}")) };
    assert_eq!(identifier(object).unwrap().as_str(), ID);
}

#[test]
fn what_is_no_answer_of_the_api_is_told_apart_and_kept() {
    let long = format!("{{\"identifier\":\"{}\"}}", "a".repeat(129));
    let table = [
        ("text/html", "<html>Sign in</html>", "neither JSON nor plain text"),
        ("application/json", "", "empty"),
        ("text/plain", " \r\n", "empty"),
        ("application/json", "{\"identifier\":\"8d6437", "not whole JSON"),
        ("application/json", "[]", "neither JSON nor plain text"),
        ("application/json", "{}", "no identifier"),
        ("application/json", "{\"identifier\":null}", "no identifier"),
        ("application/json", "{\"identifier\":7}", "not a string"),
        ("application/json", "{\"identifier\":\"\"}", "unsafe"),
        ("application/json", "{\"identifier\":\"../credits\"}", "unsafe"),
        ("application/json", long.as_str(), "unsafe"),
        ("application/json", "{\"identifier\":\"a\",\"identifier\":\"b\"}", "not whole JSON with one identifier"),
        ("text/plain", "Service temporarily unavailable", "unsafe"),
    ];
    for (content_type, body, reason) in table {
        let error = identifier(answer(200, content_type, body)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
        assert_eq!(error.status(), Some(200));
        assert!(error.to_string().contains(reason), "{body}: {error}");
        assert_eq!(error.body().unwrap_or_default(), body);
    }
    let binary = Response { body: vec![0xff, 0xfe], ..json(200, "") };
    assert!(identifier(binary).unwrap_err().to_string().contains("neither JSON nor plain text"));
    let refused = identifier(json(200, "{\"error\":\"Busy\"}")).unwrap_err();
    assert_eq!((refused.kind(), refused.message()), (ErrorKind::UnexpectedResponse, Some("Busy")));
}

#[test]
fn a_body_that_broke_off_is_the_transport_s_failure() {
    for kind in [ErrorKind::Disconnected, ErrorKind::Timeout, ErrorKind::UnexpectedResponse] {
        let cut_short = Some(Failure::new(kind, "cut"));
        let error =
            identifier(Response { cut_short, ..json(200, &format!("{{\"identifier\":\"{ID}\"}}")) }).unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(200)));
        assert_eq!(error.identifier().unwrap().as_str(), ID, "what was paid for is not lost");
        let cut_short = Some(Failure::new(kind, "cut"));
        let error = identifier(Response { cut_short, ..answer(200, "text/plain", ID) }).unwrap_err();
        assert_eq!(error.identifier(), None, "more may have followed");
        // The status of a refusal says more than that its text broke off.
        let cut_short = Some(Failure::new(kind, "cut"));
        let error = identifier(Response { cut_short, ..json(401, "{\"err") }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
    }
}

fn read(response: Response) -> Result<Report<Image>> {
    report(response, &"abc".parse().unwrap())
}

#[test]
fn what_has_nothing_to_tell_yet_is_pending() {
    for (status, body) in [
        (200, ""),
        (200, " \r\n"),
        (200, "null"),
        (200, "[]"),
        (200, "{}"),
        (200, "{\"message\":\"Still working.\"}"),
        (200, "{\"identifier\":\"abc\",\"status\":\"new\"}"),
        (200, "{\"status\":null,\"verdict\":null,\"verdicts\":[],\"results\":[]}"),
        (202, ""),
        (202, "Accepted"),
        (202, "{\"identifier\":\"abc\",\"status\":\"done\"}"),
        (202, "{\"message\":\"Still working.\"}"),
        (204, ""),
    ] {
        let report = read(json(status, body)).unwrap();
        assert!(!report.is_finished(), "{status} {body}");
        assert_eq!(report.identifier().as_str(), "abc");
        assert!(serde_json::from_str::<Value>(report.raw_json()).is_ok(), "{}", report.raw_json());
        let again = serde_json::to_string(&report).unwrap();
        assert!(again.contains("\"identifier\":\"abc\""), "{again}");
    }
}

#[test]
fn what_is_no_report_is_told_apart() {
    let table = [
        ("<html>Sign in</html>", "not whole JSON"),
        ("{\"identifier\":\"abc\"", "not whole JSON"),
        ("[{\"identifier\":\"abc\"}]", "not a JSON object"),
        ("7", "not a JSON object"),
        ("{\"identifier\":7}", "`identifier` is not a string"),
        ("{\"identifier\":\"../credits\"}", "`identifier` is empty, too long or unsafe"),
        ("{\"identifier\":\"abd\",\"status\":\"done\"}", "another submission"),
        ("{\"error\":\"Busy\"}", "no report but an error: Busy"),
    ];
    for (body, reason) in table {
        let error = read(json(200, body)).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(200)));
        assert!(error.to_string().contains(reason), "{body}: {error}");
        assert_eq!(error.body(), Some(body));
    }
    assert_eq!(read(json(404, "")).unwrap_err().kind(), ErrorKind::NotFound, "not taken for pending");
}

#[test]
fn of_many_reports_an_odd_one_hides_no_other() {
    let many = |response| {
        let reports: Vec<Report<Image>> = reports(response, |asked| asked.as_str() != "c")?;
        Ok::<_, Error>(reports.iter().map(|report| report.identifier().to_string()).collect::<Vec<_>>())
    };
    for (status, body) in [(200, ""), (200, "null"), (200, "[]"), (200, "[null]"), (202, "Accepted")] {
        assert!(many(json(status, body)).unwrap().is_empty(), "{status} {body}");
    }
    let body = r#"[{"identifier":"b"}, null, {"identifier":7}, 7, {}, {"identifier":"a"}, {"identifier":"c"}]"#;
    assert_eq!(many(json(200, body)).unwrap(), ["b", "a"]);
    for (body, reason) in [
        ("{\"error\":\"Busy\"}", "not a whole list in JSON: Busy"),
        ("[{\"identifier\":\"a\"}", "not a whole list in JSON"),
        ("[7, {}]", "not a JSON object"),
        ("[{\"identifier\":7}]", "`identifier` is not a string"),
    ] {
        assert!(many(json(200, body)).unwrap_err().to_string().contains(reason), "{body}");
    }
}

#[test]
fn where_there_is_no_heatmap_that_is_said() {
    for response in [json(404, "{\"message\":\"Not Found\"}"), json(204, ""), json(200, ""), json(202, "")] {
        let status = response.status;
        let error = heatmap(response).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(status)));
        assert!(error.to_string().starts_with("there is no heatmap: "), "{error}");
    }
    let error = heatmap(json(200, "{\"error\":\"No heatmap.\"}")).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::UnexpectedResponse, Some("No heatmap.")));
    assert_eq!(heatmap(json(401, "")).unwrap_err().kind(), ErrorKind::Unauthorized);
    let cut_short = Some(Failure::new(ErrorKind::Disconnected, "cut"));
    let error = heatmap(Response { cut_short, ..json(200, "") }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
}

#[test]
fn an_override_must_be_confirmed() {
    let said = |status, body: &str| overridden(json(status, body), "89ff", &Classification::Human);
    for status in [200, 201] {
        said(status, r#"{"classification":"human","type":"image","hash":"89FF"}"#).unwrap();
    }
    said(200, r#"{"classification":"human"}"#).unwrap();
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"classification":"artificial","hash":"89ff"}"#,
        r#"{"classification":"human","hash":"0000"}"#,
        r#"["89ff", "human"]"#,
        r#"{"error":"Busy"}"#,
    ] {
        assert_eq!(said(200, body).unwrap_err().kind(), ErrorKind::UnexpectedResponse, "{body}");
    }
    let error = said(404, "").unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().starts_with("no file with this hash"));
}
