//! Parsing of responses that match the documentation, and of responses of faulty servers.

use serde_json::Value;

use super::*;
use crate::http::response::Failure;

fn json(status: u16, body: &str) -> Response {
    Response { status, body: body.into(), length_known: true, ..Response::default() }
}

fn read(response: Response) -> Result<AnyReport> {
    report(response, MediaType::Image, &"abc".parse().unwrap())
}

#[test]
fn report_without_result_is_pending() {
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
        let serialized = serde_json::to_string(&report).unwrap();
        assert!(serialized.contains("\"identifier\":\"abc\""), "{serialized}");
    }
}

#[test]
fn report_that_is_invalid_explains_the_reason() {
    let table = [
        ("<html>Sign in</html>", "invalid or truncated JSON"),
        ("{\"identifier\":\"abc\"", "invalid or truncated JSON"),
        ("[{\"identifier\":\"abc\"}]", "not a JSON object"),
        ("7", "not a JSON object"),
        ("{\"identifier\":7}", "`identifier` is not a string"),
        ("{\"identifier\":\"../credits\"}", "`identifier` is empty, too long or has unsafe characters"),
        ("{\"identifier\":\"abd\",\"status\":\"done\"}", "another submission"),
        ("{\"error\":\"Busy\"}", "an error instead of a report: Busy"),
    ];
    for (body, reason) in table {
        let error = read(json(200, body)).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(200)));
        assert!(error.to_string().contains(reason), "{body}: {error}");
        assert_eq!(error.body(), Some(body));
    }
    assert_eq!(read(json(404, "")).unwrap_err().kind(), ErrorKind::NotFound, "a 404 does not mean pending");
}

#[test]
fn reports_with_invalid_element_keep_the_others() {
    let many = |response| {
        let reports = reports(response, MediaType::Image, |requested| requested.as_str() != "c")?;
        Ok::<_, Error>(reports.iter().map(|report| report.identifier().to_string()).collect::<Vec<_>>())
    };
    for (status, body) in [(200, ""), (200, "null"), (200, "[]"), (200, "[null]"), (202, "Accepted")] {
        assert!(many(json(status, body)).unwrap().is_empty(), "{status} {body}");
    }
    let body = r#"[{"identifier":"b"}, null, {"identifier":7}, 7, {}, {"identifier":"a"}, {"identifier":"c"}]"#;
    assert_eq!(many(json(200, body)).unwrap(), ["b", "a"]);
    for (body, reason) in [
        ("{\"error\":\"Busy\"}", "invalid or truncated JSON list: Busy"),
        ("[{\"identifier\":\"a\"}", "invalid or truncated JSON list"),
        ("[7, {}]", "not a JSON object"),
        ("[{\"identifier\":7}]", "`identifier` is not a string"),
    ] {
        assert!(many(json(200, body)).unwrap_err().to_string().contains(reason), "{body}");
    }
}

#[test]
fn heatmap_that_is_missing_is_not_found() {
    for response in [json(404, "{\"message\":\"Not Found\"}"), json(204, ""), json(200, ""), json(202, "")] {
        let status = response.status;
        let error = heatmap(response).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(status)));
        assert!(error.to_string().starts_with("heatmap not found: "), "{error}");
    }
    let error = heatmap(json(200, "{\"error\":\"No heatmap.\"}")).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::UnexpectedResponse, Some("No heatmap.")));
    assert_eq!(heatmap(json(401, "")).unwrap_err().kind(), ErrorKind::Unauthorized);
    let truncated = Some(Failure::new(ErrorKind::Disconnected, "cut"));
    let error = heatmap(Response { truncated, ..json(200, "") }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
}

#[test]
fn override_without_confirmation_is_an_error() {
    let outcome = |status, body: &str| overridden(json(status, body), "89ff", &Classification::Human);
    for status in [200, 201] {
        outcome(status, r#"{"classification":"human","type":"image","hash":"89FF"}"#).unwrap();
    }
    outcome(200, r#"{"classification":"human"}"#).unwrap();
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"classification":"artificial","hash":"89ff"}"#,
        r#"{"classification":"human","hash":"0000"}"#,
        r#"["89ff", "human"]"#,
        r#"{"error":"Busy"}"#,
    ] {
        assert_eq!(outcome(200, body).unwrap_err().kind(), ErrorKind::UnexpectedResponse, "{body}");
    }
    let error = outcome(404, "").unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().starts_with("no submitted file has this hash"));
}
