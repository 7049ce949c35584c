//! Answers: what each status means, and what the service says in words.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api_key::WHERE_A_KEY_IS;
use crate::error::{Error, ErrorKind, Result};
use crate::http::response::Response;
use crate::model::lenient::json_text;
use crate::util::text::one_line;
use crate::util::url::Url;

/// A 2xx that arrived whole, or the error that the answer stands for.
pub(super) fn success(mut response: Response) -> Result<Response> {
    if !response.is_success() {
        return Err(refusal(&response));
    }
    match response.truncated.take() {
        Some(failure) => Err(describe(failure.into_error(), &response)),
        None => Ok(response),
    }
}

/// The error of a 2xx that is not what was asked for.
pub(super) fn unexpected(what: &str, response: &Response) -> Error {
    let what = match &response.content_encoding {
        Some(content_encoding) => format!("it is encoded as {}, which was not asked for", one_line(content_encoding)),
        None => what.to_owned(),
    };
    let error = Error::new(ErrorKind::UnexpectedResponse, format!("not the answer of the API: {what}"));
    describe(error.with_message(service_text(response).as_deref()), response)
}

fn refusal(response: &Response) -> Error {
    let status = response.status;
    let message = service_text(response);
    let is_page = message.is_none() && is_html(response);
    let is_out_of_credits = status == 402 || message.as_deref().is_some_and(speaks_of_credits);
    let (kind, summary): (_, Cow<'_, str>) = match status {
        300..=399 => (ErrorKind::Redirect, redirect(response).into()),
        401 if is_page => (ErrorKind::Unauthorized, IN_FRONT.into()),
        403 if is_page => (ErrorKind::Forbidden, IN_FRONT.into()),
        401 => (ErrorKind::Unauthorized, format!("the API key is missing or not valid; {WHERE_A_KEY_IS}").into()),
        400 | 402 if is_out_of_credits => (ErrorKind::OutOfCredits, "no credits left".into()),
        403 => (ErrorKind::Forbidden, "the key may not use this, or the terms of service were not accepted".into()),
        404 => (ErrorKind::NotFound, "the service knows no such thing, or the base URL is not that of the API".into()),
        413 => (ErrorKind::Rejected, "the file is too large for the service".into()),
        429 => (ErrorKind::RateLimited, "the key's rate limit is reached".into()),
        400..=499 => (ErrorKind::Rejected, "the service refused the request".into()),
        500..=599 => (ErrorKind::Server, "the service failed".into()),
        _ => (ErrorKind::UnexpectedResponse, "not an answer of the API".into()),
    };
    let error = Error::new(kind, format!("{summary} (HTTP {status})")).with_message(message.as_deref());
    describe(error, response)
}

/// The API speaks JSON, so a page comes from a firewall, a proxy or a content delivery network.
const IN_FRONT: &str = "something in front of the API refused the request with an HTML page (a challenge, a login or a \
                        firewall), so neither the key nor the terms are at fault; try from another network, or ask its \
                        administrator";

/// Returns `true` for a page, by its media type or by its first character.
fn is_html(response: &Response) -> bool {
    let content_type = response.content_type.as_deref().unwrap_or_default().trim_start();
    let is_named = content_type.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("text/html"));
    is_named || json_text(start(&response.body)).starts_with('<')
}

/// What of a body may be told in an error. Of all answers, only heatmaps are longer.
fn start(body: &[u8]) -> &[u8] {
    body.get(..4 * 1024 * 1024).unwrap_or(body)
}

pub(super) fn describe(error: Error, response: &Response) -> Error {
    error
        .with_status(response.status)
        .with_request_id(response.request_id.as_deref())
        .with_retry_after(response.retry_after)
        .with_body(start(&response.body))
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
    // As a word of its own, and not in the name of a file.
    let words = message.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
    words.into_iter().any(|word| ["credit", "credits"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// What the service says in words: `error` or `message`, each as text or as an object that holds the text.
fn service_text(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct CallResponse<'a> {
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Inner {
        message: String,
    }
    let body = json_text(start(&response.body));
    let CallResponse { error, message } = serde_json::from_str(&body).ok()?;
    [error, message].into_iter().flatten().map(RawValue::get).find_map(|json| {
        let text = serde_json::from_str(json);
        text.or_else(|_| serde_json::from_str(json).map(|Inner { message }| message)).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(status: u16, body: &str) -> Response {
        Response { status, body: body.into(), length_known: true, ..Response::default() }
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
            (401, "<h1>Login</h1>", Unauthorized, None),
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
            let error = success(json(status, body)).unwrap_err();
            assert_eq!(
                (error.kind(), error.status(), error.message()),
                (kind, Some(status), message),
                "{status} {body}"
            );
            assert!(error.to_string().contains(&format!("HTTP {status}")));
        }
    }

    #[test]
    fn a_refusal_by_a_page_blames_neither_key_nor_terms() {
        let text = |status, content_type: &str, body: &str| {
            let content_type = Some(content_type.to_owned()).filter(|name| !name.is_empty());
            success(Response { content_type, ..json(status, body) }).unwrap_err().to_string()
        };
        for status in [401, 403] {
            for (content_type, body) in [
                ("text/html", "Just a moment..."),
                ("Text/HTML; charset=UTF-8", ""),
                ("", "\u{feff}\n<!DOCTYPE html><title>Attention Required!</title>"),
                ("text/plain", "<html>"),
            ] {
                assert!(text(status, content_type, body).starts_with("something in front of the API"), "{body}");
            }
            for (content_type, body) in [("text/html", "{\"error\":\"No.\"}"), ("text/plain", "No."), ("", "")] {
                let text = text(status, content_type, body);
                assert!(text.contains("the API key is missing") || text.contains("terms of service"), "{text}");
            }
        }
        assert!(text(401, "", "").contains("profile menu"), "a reader learns where a key is");
        assert!(text(413, "text/html", "<html>").starts_with("the file is too large for the service (HTTP 413)"));
    }

    #[test]
    fn what_else_is_in_a_refusal_hides_no_words() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let odd = [
            b"{\"trace\":\"caf\xe9\",\"error\":\"No.\"}".to_vec(),
            format!("{{\"error\":\"No.\",\"x\":{deep}}}").into(),
        ];
        for body in odd {
            assert_eq!(success(Response { body, ..json(400, "") }).unwrap_err().message(), Some("No."));
        }
        let body = format!("{{\"error\":{deep},\"message\":\"No.\"}}");
        assert_eq!(success(json(400, &body)).unwrap_err().message(), Some("No."));
    }

    #[test]
    fn a_redirect_names_the_host_and_no_more() {
        let to = |location: &str| {
            let response = Response { location: Some(location.to_owned()), ..json(302, "") };
            success(response).unwrap_err().to_string()
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
