//! Responses, with the texts of the service.

use std::time::Duration;

use serde_json::{Value, json};

/// Headers by name. All headers that are sent have numbers as values.
pub(super) type Headers = Vec<(&'static str, u64)>;

pub(super) const RETRY_AFTER: &str = "Retry-After";

/// A response. The server adds the headers about the body and the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// The headers, except those about the body and the connection.
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

    /// Creates an error with a text in the format of the framework that the backend seems to use.
    pub(super) fn message(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "message": text }))
    }
}

/// Creates the response for an unknown identifier, and for something that does not exist, such as the heatmap of an
/// image without one. The documentation does not say how the service distinguishes the two.
pub(super) fn unknown() -> Response {
    Response::message(404, "Not Found")
}
