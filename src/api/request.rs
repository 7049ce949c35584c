//! The shapes that the requests of all endpoints share.

use std::borrow::Cow;
use std::time::Duration;

use crate::http::request::{Content, Method, Request, Stall, Timeout};
use crate::util::encodings::percent_encoded;

/// How long an upload takes depends on the file and the line, so it may go on for as long as it moves.
pub(super) const UPLOAD_TIMEOUT: Timeout =
    Timeout::Stall(Stall { sending: Duration::from_secs(60), answer: Duration::from_secs(120) });
/// For what asks or sets, with all its tries.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// For one try of it, so that there is time for another one.
const READ_TRY_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest JSON that is read, in bytes.
const JSON_LIMIT: u64 = 4 * 1024 * 1024;

pub(super) fn get(path: impl Into<Cow<'static, str>>) -> Request<'static> {
    Request {
        method: Method::Get,
        path: path.into(),
        accept: None,
        content: None,
        redact: Vec::new(),
        is_idempotent: true,
        is_accepted: |_| false,
        requires_key: true,
        timeout: Timeout::Whole(READ_TIMEOUT),
        try_timeout: READ_TRY_TIMEOUT,
        response_limit: JSON_LIMIT,
    }
}

/// Returns a request that is not idempotent.
pub(super) fn post(path: impl Into<Cow<'static, str>>, content: Content<'_>) -> Request<'_> {
    Request { method: Method::Post, content: Some(content), is_idempotent: false, ..get(path) }
}

/// A path with a query, percent-encoded.
pub(super) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut path = path.to_owned();
    for (number, (name, value)) in parameters.iter().enumerate() {
        path.push(if number == 0 { '?' } else { '&' });
        path += &percent_encoded(name);
        path.push('=');
        path += &percent_encoded(value);
    }
    path
}
