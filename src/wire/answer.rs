//! What good answers hold: an identifier, reports, a heatmap.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::response::{describe, success, unexpected};
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Answer, Response};
use crate::identifier::Identifier;
use crate::media::Medium;
use crate::report::{Classification, Heatmap, Report, TicketsReport, json_text};

/// The identifier in the answer to a submit: `{"identifier": "..."}`, or bare as text.
pub(crate) fn identifier(response: Response) -> Result<Identifier> {
    let found =
        success(response).and_then(|response| find_identifier(&response).map_err(|what| unexpected(what, &response)));
    found.map_err(|error| {
        // JSON shows its own end, so an identifier in a whole object is one, whatever follows it or was to follow.
        let is_refusal = matches!(error.status(), Some(300..=499));
        let known = error.body().filter(|_| !is_refusal).and_then(in_first_object);
        error.with_identifier(known)
    })
}

fn in_first_object(body: &str) -> Option<Identifier> {
    let body = json_text(body.as_bytes());
    if !body.starts_with('{') {
        return None;
    }
    let SubmitAnswer { identifier } = serde_json::Deserializer::from_str(&body).into_iter().next()?.ok()?;
    serde_json::from_str(identifier?.get()).ok()
}

#[derive(Deserialize)]
struct SubmitAnswer<'a> {
    #[serde(borrow)]
    identifier: Option<&'a RawValue>,
}

fn find_identifier(response: &Response) -> Result<Identifier, &'static str> {
    // A byte order mark, or a byte that is no UTF-8 in some other field, is no reason to lose what was paid for.
    let body = json_text(&response.body);
    let text = if body.is_empty() {
        return Err("it is empty");
    } else if body.starts_with('{') {
        let SubmitAnswer { identifier } =
            serde_json::from_str(&body).map_err(|_| "it is not whole JSON with one identifier")?;
        let json = identifier.ok_or("it has no identifier")?.get();
        serde_json::from_str(json).map_err(|_| "its identifier is not a string")?
    } else if response.coding.is_some() {
        return Err("it is no JSON");
    } else if is_plain_text(response) {
        // An answer that the end of the connection delimits may have lost its end. What the documentation shows is as
        // long as a SHA-256 in hexadecimal digits; only that is known to be whole.
        if !response.framed && !is_sha256(&body) {
            return Err("it has no length, so its end may be missing");
        }
        body.into_owned()
    } else {
        return Err("it is neither JSON nor plain text");
    };
    checked(text)
}

fn checked(text: String) -> Result<Identifier, &'static str> {
    Identifier::try_from(text).map_err(|_| "its identifier is empty, too long or unsafe")
}

/// RFC 9110, section 8.3.1: the media type is what stands before a semicolon, in any case of letters.
fn is_plain_text(response: &Response) -> bool {
    let content_type = response.content_type.as_deref().unwrap_or_default();
    content_type.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/plain"))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What `read` makes of a good answer in JSON. The error knows whether the request may have been accepted all the same.
pub(crate) fn typed<T>(answer: Answer, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Result<T> {
    let outcome = success(answer.response).and_then(|response| {
        let json = json_text(&response.body);
        read(&json).map_err(|reason| unexpected(reason, &response))
    });
    outcome.map_err(|error| error.or_sent(answer.may_have_been_sent))
}

/// The report on a batch of tickets; see [`report`].
pub(crate) fn tickets(response: Response, asked: &Identifier) -> Result<TicketsReport> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(TicketsReport::pending(asked));
    }
    TicketsReport::read(&json, asked).map_err(|reason| unexpected(reason, &response))
}

/// The report on the submission `asked`. What was not analysed yet, or has nothing to tell yet, is pending.
pub(crate) fn report<M: Medium>(response: Response, asked: &Identifier) -> Result<Report<M>> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(Report::pending(&json, asked));
    }
    Report::read(&json, Some(asked)).map_err(|reason| unexpected(reason, &response))
}

/// The reports in the answer to a question for many, in no certain order, but for those that were not asked for.
///
/// What cannot be told whose it is counts as left out, so that one odd report does not hide the others; unless all
/// are odd.
pub(crate) fn reports<M: Medium>(response: Response, asked: impl Fn(&Identifier) -> bool) -> Result<Vec<Report<M>>> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(Vec::new());
    }
    let mut reports = Vec::new();
    let (mut odd, mut any) = (None, false);
    let is_list = Report::read_each(&json, asked, |read| match read {
        Ok(report) => (any = true, reports.extend(report)).1,
        Err(reason) => odd = odd.or(Some(reason)),
    });
    if !is_list {
        return Err(unexpected("it is not a whole list in JSON", &response));
    }
    match odd {
        Some(reason) if !any => Err(unexpected(reason, &response)),
        _ => Ok(reports),
    }
}

/// Our reading, as no page shows what comes before a result: 202, or nothing. PHP writes an empty object as `[]`.
fn is_pending(response: &Response, json: &str) -> bool {
    response.status == 202 || matches!(json, "" | "null" | "[]")
}

/// The heatmap, or a plain word that there is none. How the service says so is not documented.
pub(crate) fn heatmap(response: Response) -> Result<Heatmap> {
    let is_empty = matches!(response.status, 200..=299) && response.cut_short.is_none() && response.body.is_empty();
    if response.status == 404 || is_empty {
        let status = response.status;
        let summary = format!(
            "there is no heatmap: the image was submitted without with_heatmap, is not analysed yet, or is not known \
             (HTTP {status})"
        );
        return Err(describe(Error::new(ErrorKind::NotFound, summary), &response));
    }
    let mut response = success(response)?;
    Heatmap::read(std::mem::take(&mut response.body)).map_err(|(reason, body)| {
        response.body = body;
        unexpected(reason, &response)
    })
}

#[derive(Deserialize)]
struct OverrideAnswer {
    hash: Option<String>,
    classification: Option<Classification>,
}

/// That the verdict on the file with `hash` is overridden, as the answer repeats it.
pub(crate) fn overridden(response: Response, hash: &str, classification: &Classification) -> Result<()> {
    if response.status == 404 {
        let summary = "no file with this hash was submitted, or the base URL is not that of the API (HTTP 404)";
        return Err(describe(Error::new(ErrorKind::NotFound, summary), &response));
    }
    let response = success(response)?;
    let body = json_text(&response.body);
    // A list would do for serde.
    let said: Option<OverrideAnswer> = if body.starts_with('{') { serde_json::from_str(&body).ok() } else { None };
    let is_said = said.is_some_and(|said| {
        said.classification.as_ref() == Some(classification)
            && said.hash.is_none_or(|said| said.eq_ignore_ascii_case(hash))
    });
    if is_said { Ok(()) } else { Err(unexpected("it does not confirm the override", &response)) }
}

#[cfg(test)]
mod tests {
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
}
