//! Maps status codes to errors, and extracts the error text of the service from the body.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api_key::WHERE_A_KEY_IS;
use crate::error::{Error, ErrorKind, Result};
use crate::http::response::Response;
use crate::model::lenient::json_text;
use crate::util::text::one_line;
use crate::util::url::Url;

/// Returns the response if it is a complete 2xx. Otherwise returns the error for its status code or its missing end.
pub(super) fn success(mut response: Response) -> Result<Response> {
    if !response.is_success() {
        return Err(status_error(&response));
    }
    match response.truncated.take() {
        Some(failure) => Err(describe(failure.into_error(), &response)),
        None => Ok(response),
    }
}

/// Returns the error for a 2xx response that does not have the documented content, for the given reason.
pub(super) fn unexpected(reason: &str, response: &Response) -> Error {
    let reason = match &response.content_encoding {
        Some(content_encoding) => format!("unsupported content encoding {}", one_line(content_encoding)),
        None => reason.to_owned(),
    };
    let error = Error::new(ErrorKind::UnexpectedResponse, format!("unexpected response: {reason}"));
    describe(error.with_message(service_text(response).as_deref()), response)
}

fn status_error(response: &Response) -> Error {
    let status = response.status;
    let message = service_text(response);
    let is_page = message.is_none() && is_html(response);
    let is_out_of_credits = status == 402 || message.as_deref().is_some_and(mentions_credits);
    let (kind, summary): (_, Cow<'_, str>) = match status {
        300..=399 => (ErrorKind::Redirect, redirect(response).into()),
        401 if is_page => (ErrorKind::Unauthorized, BLOCKED_BY_PAGE.into()),
        403 if is_page => (ErrorKind::Forbidden, BLOCKED_BY_PAGE.into()),
        401 => (ErrorKind::Unauthorized, format!("the API key is missing or invalid; {WHERE_A_KEY_IS}").into()),
        400 | 402 if is_out_of_credits => (ErrorKind::OutOfCredits, "no credits left".into()),
        403 => (ErrorKind::Forbidden, "not allowed for this API key, or the terms of service were not accepted".into()),
        404 => (ErrorKind::NotFound, "not found, or the base URL does not point at the API".into()),
        413 => (ErrorKind::Rejected, "the file is too large for the service".into()),
        429 => (ErrorKind::RateLimited, "rate limited by the service".into()),
        400..=499 => (ErrorKind::Rejected, "the service rejected the request".into()),
        500..=599 => (ErrorKind::Server, "the service failed".into()),
        _ => (ErrorKind::UnexpectedResponse, "unexpected status code".into()),
    };
    let error = Error::new(kind, format!("{summary} (HTTP {status})")).with_message(message.as_deref());
    describe(error, response)
}

/// The summary for a 401 or 403 with an HTML page. The API responds with JSON, so a page comes from a firewall, a proxy
/// or a content delivery network in front of it.
const BLOCKED_BY_PAGE: &str = "a challenge, login or firewall in front of the API refused the request with an HTML \
                               page, so the API key and the terms of service are not the cause; use another network, \
                               or ask its administrator";
const NOT_FOLLOWED: &str = "not followed because the API key would be sent along; correct the base URL";

/// Returns `true` if the body is an HTML page, according to its media type or its first character.
fn is_html(response: &Response) -> bool {
    let content_type = response.content_type.as_deref().unwrap_or_default().trim_start();
    let is_named = content_type.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("text/html"));
    is_named || json_text(start(&response.body)).starts_with('<')
}

/// Returns the part of a body that is searched for an error text and kept in an error. With the default limits, only a
/// heatmap can be longer.
fn start(body: &[u8]) -> &[u8] {
    body.get(..4 * 1024 * 1024).unwrap_or(body)
}

/// Adds the status code, request ID, `Retry-After` and body of `response` to `error`.
pub(super) fn describe(error: Error, response: &Response) -> Error {
    error
        .with_status(response.status)
        .with_request_id(response.request_id.as_deref())
        .with_retry_after(response.retry_after)
        .with_body(start(&response.body))
}

/// Returns the summary for a redirect. It names only the host of the location, since the rest is untrusted text and its
/// query may contain secrets.
fn redirect(response: &Response) -> String {
    let location = response.location.as_deref().unwrap_or_default();
    let is_name = |host: &&str| {
        (1..=253).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    let host = Url::split(location).map(|url| url.host).filter(is_name);
    match host {
        Some(host) => format!("unexpected redirect to host {host}, {NOT_FOLLOWED}"),
        None => format!("unexpected redirect, {NOT_FOLLOWED}"),
    }
}

/// Returns `true` if the error text of a 400 mentions credits. The API has no code for an account without credits, so
/// the text is the only sign.
fn mentions_credits(message: &str) -> bool {
    // Only a separate word counts. The text may quote a file name that contains "credits".
    let words = message.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
    words.into_iter().any(|word| ["credit", "credits"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Returns the error text of the service: the field `error` or `message`, as a string or as an object that contains
/// the string as `message`.
fn service_text(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct ErrorResponse<'a> {
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
    let ErrorResponse { error, message } = serde_json::from_str(&body).ok()?;
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
    fn error_status_yields_kind_and_service_text() {
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
    fn unauthorized_page_does_not_blame_the_key() {
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
                assert!(
                    text(status, content_type, body).starts_with("a challenge, login or firewall in front of the API"),
                    "{body}"
                );
            }
            for (content_type, body) in [("text/html", "{\"error\":\"No.\"}"), ("text/plain", "No."), ("", "")] {
                let text = text(status, content_type, body);
                assert!(text.contains("the API key is missing") || text.contains("terms of service"), "{text}");
            }
        }
        assert!(text(401, "", "").contains("profile menu"), "the error explains where to find an API key");
        assert!(text(413, "text/html", "<html>").starts_with("the file is too large for the service (HTTP 413)"));
    }

    #[test]
    fn service_text_beside_unusual_json_is_found() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let unusual = [
            b"{\"trace\":\"caf\xe9\",\"error\":\"No.\"}".to_vec(),
            format!("{{\"error\":\"No.\",\"x\":{deep}}}").into(),
        ];
        for body in unusual {
            assert_eq!(success(Response { body, ..json(400, "") }).unwrap_err().message(), Some("No."));
        }
        let body = format!("{{\"error\":{deep},\"message\":\"No.\"}}");
        assert_eq!(success(json(400, &body)).unwrap_err().message(), Some("No."));
    }

    #[test]
    fn redirect_error_names_only_the_host() {
        let to = |location: &str| {
            let response = Response { location: Some(location.to_owned()), ..json(302, "") };
            success(response).unwrap_err().to_string()
        };
        let error = to("https://user:pw@login.test:8443/path?token=secret#x");
        assert!(error.contains("redirect to host login.test,"), "{error}");
        for secret in ["user", "pw", "path", "token", "secret"] {
            assert!(!error.contains(secret), "{error}");
        }
        for invalid in ["/relative", "", "https://ho\x1bst/", "https://h o/", "javascript:alert(1)"] {
            assert!(to(invalid).contains("unexpected redirect,"), "{invalid}");
        }
    }
}
