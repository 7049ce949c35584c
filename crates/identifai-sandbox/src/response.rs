//! Responses, as the service words them.

use std::time::Duration;

use serde_json::{Value, json};

/// By name; all that are sent are numbers.
pub(super) type Headers = Vec<(&'static str, u64)>;

pub(super) const RETRY_AFTER: &str = "Retry-After";

/// A response, whose framing is the server's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// Beside those of the body and the connection.
    pub(super) headers: Headers,
    pub(super) delay: Duration,
}

impl Response {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, body: body.into(), headers: Headers::new(), delay: Duration::ZERO }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(super) fn error(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "error": text }))
    }

    /// As the framework that the backend seems to run on words it.
    pub(super) fn message(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "message": text }))
    }
}

/// The same for what there is none of and what is not known: how the service tells these apart is not documented.
pub(super) fn unknown() -> Response {
    Response::message(404, "Not Found")
}
