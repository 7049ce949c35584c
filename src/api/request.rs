//! Builders for the requests of all endpoints.

use std::borrow::Cow;
use std::time::Duration;

use crate::http::request::{Content, Method, Request, Stall, Timeout};
use crate::util::encodings::percent_encoded;

/// The limits of an upload. Its duration depends on the file and the network, so an upload has no timeout as long as it
/// makes progress.
pub(super) const UPLOAD_TIMEOUT: Timeout =
    Timeout::Stall(Stall { sending: Duration::from_secs(60), response: Duration::from_secs(120) });
/// The default timeout of a call that is not a submit, with all its attempts.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout of one attempt. It is shorter than that of the call, so there is time for a retry.
const READ_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum size of a JSON response, in bytes.
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
        attempt_timeout: READ_ATTEMPT_TIMEOUT,
        response_limit: JSON_LIMIT,
    }
}

/// Returns a request that is not idempotent.
pub(super) fn post(path: impl Into<Cow<'static, str>>, content: Content<'_>) -> Request<'_> {
    Request { method: Method::Post, content: Some(content), is_idempotent: false, ..get(path) }
}

/// Returns `path` with `parameters` as its percent-encoded query.
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
