//! Answers: what each status means, and the identifier in a good one.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::exchange::Response;
use crate::identifier::Identifier;
use crate::url::Url;

/// The identifier in the answer to a submit: `{"identifier": "..."}`, or bare as text.
pub(crate) fn identifier(response: Response) -> Result<Identifier> {
    let response = success(response)?;
    match find_identifier(&response) {
        Ok(identifier) => Ok(identifier),
        Err(what) => {
            let message = service_text(&response.body);
            let error = Error::new(ErrorKind::UnexpectedResponse, format!("not the answer of the API: {what}"));
            Err(describe(error.with_message(message.as_deref()), &response))
        }
    }
}

#[derive(Deserialize)]
struct SubmitAnswer {
    identifier: Option<Value>,
}

fn find_identifier(response: &Response) -> Result<Identifier, &'static str> {
    // A byte order mark, or a byte that is no UTF-8 in some other field, is no reason to lose what was paid for.
    let body = String::from_utf8_lossy(&response.body);
    let body = body.trim_start_matches('\u{feff}').trim();
    let text = if body.is_empty() {
        return Err("it is empty");
    } else if body.starts_with('{') {
        let answer: SubmitAnswer =
            serde_json::from_str(body).map_err(|_| "it is not whole JSON with one identifier")?;
        match answer.identifier {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => return Err("it has no identifier"),
            Some(_) => return Err("its identifier is not a string"),
        }
    } else if is_plain_text(response) {
        // An answer that the end of the connection delimits may have lost its end. What the documentation shows is as
        // long as a SHA-256 in hexadecimal digits; only that is known to be whole.
        if !response.framed && !is_sha256(body) {
            return Err("it has no length, so its end may be missing");
        }
        body.to_owned()
    } else {
        return Err("it is neither JSON nor plain text");
    };
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

/// A 2xx that arrived whole, or the error that the answer stands for.
fn success(mut response: Response) -> Result<Response> {
    if !(200..=299).contains(&response.status) {
        return Err(refusal(&response));
    }
    match response.cut_short.take() {
        Some(failure) => {
            // JSON shows its own end, so an identifier in a whole object is one, whatever was to follow.
            let is_object = response.body.contains(&b'{');
            let identifier = find_identifier(&response).ok().filter(|_| is_object);
            Err(describe(failure.into_error().with_identifier(identifier), &response))
        }
        None => Ok(response),
    }
}

fn refusal(response: &Response) -> Error {
    let status = response.status;
    let message = service_text(&response.body);
    let (kind, summary) = match status {
        300..=399 => (ErrorKind::Redirect, redirect(response)),
        401 => (ErrorKind::Unauthorized, "the API key is missing or not valid".to_owned()),
        402 => (ErrorKind::OutOfCredits, "no credits left".to_owned()),
        400 if message.as_deref().is_some_and(speaks_of_credits) => {
            (ErrorKind::OutOfCredits, "no credits left".to_owned())
        }
        403 => (ErrorKind::Forbidden, "the key may not use this, or the terms of service were not accepted".to_owned()),
        404 => (ErrorKind::NotFound, "not found; is the base URL that of the API?".to_owned()),
        429 => (ErrorKind::RateLimited, "the key's rate limit is reached".to_owned()),
        400..=499 => (ErrorKind::Rejected, "the service refused the request".to_owned()),
        500..=599 => (ErrorKind::Server, "the service failed".to_owned()),
        _ => (ErrorKind::UnexpectedResponse, "not an answer of the API".to_owned()),
    };
    let error = Error::new(kind, format!("{summary} (HTTP {status})")).with_message(message.as_deref());
    describe(error, response)
}

fn describe(error: Error, response: &Response) -> Error {
    error
        .with_status(response.status)
        .with_request_id(response.request_id.as_deref())
        .with_retry_after(response.retry_after)
        .with_body(&response.body)
}

/// Names the host that a redirect points at, and no more of it: it is foreign text, and queries hold secrets.
fn redirect(response: &Response) -> String {
    let location = response.location.as_deref().unwrap_or_default();
    let is_name = |host: &&str| {
        (1..=253).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    let host = Url::split(location).map(|url| url.host).filter(is_name);
    match host {
        Some(host) => format!("a redirect to host {host}, which is not followed as the key would go along"),
        None => "a redirect, which is not followed as the key would go along".to_owned(),
    }
}

/// The API has no code for an empty account, so this goes by the text of a 400.
fn speaks_of_credits(message: &str) -> bool {
    message.to_ascii_lowercase().contains("credit")
}

/// What the service says in words: `error` or `message`, each as text or as an object that holds the text.
fn service_text(body: &[u8]) -> Option<String> {
    let Value::Object(mut answer) = serde_json::from_slice(body).ok()? else { return None };
    ["error", "message"].into_iter().find_map(|name| match answer.remove(name)? {
        Value::String(text) => Some(text),
        Value::Object(mut inner) => match inner.remove("message")? {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Failure;

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

    #[test]
    fn each_status_has_its_kind_and_the_service_its_say() {
        use ErrorKind::*;
        let table = [
            (302, "", Redirect, None),
            (304, "", Redirect, None),
            (400, "{\"error\":\"The file_url field is required.\"}", Rejected, Some("The file_url field is required.")),
            (400, "{\"error\":\"Not enough Credits\"}", OutOfCredits, Some("Not enough Credits")),
            (400, "credits", Rejected, None),
            (401, "{\"error\":\"Unauthorized\"}", Unauthorized, Some("Unauthorized")),
            (402, "", OutOfCredits, None),
            (403, "{\"error\":\"Forbidden\"}", Forbidden, Some("Forbidden")),
            (403, "<h1>Blocked</h1>", Forbidden, None),
            (404, "{\"message\":\"Not Found\"}", NotFound, Some("Not Found")),
            (413, "", Rejected, None),
            (
                422,
                "{\"message\":\"The given data was invalid.\",\"errors\":{}}",
                Rejected,
                Some("The given data was invalid."),
            ),
            (429, "{\"message\":\"Too Many Attempts.\"}", RateLimited, Some("Too Many Attempts.")),
            (500, "{\"error\":{\"message\":\"Oops\"}}", Server, Some("Oops")),
            (502, "<html>", Server, None),
            (599, "{\"error\":7}", Server, None),
            (199, "", UnexpectedResponse, None),
            (600, "", UnexpectedResponse, None),
        ];
        for (status, body, kind, message) in table {
            let error = identifier(json(status, body)).unwrap_err();
            assert_eq!(
                (error.kind(), error.status(), error.message()),
                (kind, Some(status), message),
                "{status} {body}"
            );
            assert!(error.to_string().contains(&format!("HTTP {status}")));
        }
    }

    #[test]
    fn a_redirect_names_the_host_and_no_more() {
        let to = |location: &str| {
            let response = Response { location: Some(location.to_owned()), ..json(302, "") };
            identifier(response).unwrap_err().to_string()
        };
        let error = to("https://user:pw@login.test:8443/path?token=secret#x");
        assert!(error.contains("host login.test,"), "{error}");
        for secret in ["user", "pw", "path", "token", "secret"] {
            assert!(!error.contains(secret), "{error}");
        }
        for odd in ["/relative", "", "https://ho\x1bst/", "https://h o/", "javascript:alert(1)"] {
            assert!(to(odd).contains("a redirect, which"), "{odd}");
        }
    }
}
