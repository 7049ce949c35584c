//! The response to one attempt, or the reason why it failed.

use std::time::Duration;

use crate::error::{Cause, Error, ErrorKind};

/// A response of any status, with its body read to the end.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// `Content-Encoding`, although the request accepts none.
    pub(crate) content_encoding: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// Its headers about the rate limit.
    pub(crate) rate_limit: RateLimitHeaders,
    pub(crate) body: Vec<u8>,
    /// If `true`, the message itself says where the body ends (RFC 9112, section 6.3). Else the connection ended there.
    pub(crate) length_known: bool,
    /// If `true`, it arrived before the request was sent to its end.
    pub(crate) arrived_before_upload_end: bool,
    /// If `true`, the body is longer than the limit, and is cut off there.
    pub(crate) is_over_limit: bool,
    /// The reason why the body is incomplete, if it is.
    pub(crate) truncated: Option<Failure>,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }
}

/// The reason why there is no complete response.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) field: Option<&'static str>,
    pub(crate) summary: String,
    /// If `false`, the last byte of the request was not sent, so the service cannot have acted on it.
    pub(crate) request_fully_sent: bool,
    /// If `false`, not a byte of the request left: there was no connection to send it on.
    pub(crate) connected: bool,
    /// The bytes that came in place of a response and are not one, as far as they had been read.
    pub(crate) received: Vec<u8>,
    /// If `true`, the call is not repeated, whatever the kind.
    pub(crate) is_final: bool,
    pub(crate) source: Option<Cause>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, summary: impl Into<String>) -> Self {
        Self {
            kind,
            field: None,
            summary: summary.into(),
            request_fully_sent: false,
            connected: true,
            received: Vec::new(),
            is_final: false,
            source: None,
        }
    }

    pub(crate) fn with_request_fully_sent(mut self, request_fully_sent: bool) -> Self {
        self.request_fully_sent = request_fully_sent;
        self
    }

    pub(crate) fn before_connection(mut self) -> Self {
        self.connected = false;
        self
    }

    pub(crate) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.summary).with_field(self.field).with_body(&self.received);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }

    pub(crate) fn from_error(error: Error) -> Self {
        let (kind, field, summary, source) = error.into_parts();
        Self { field, source, ..Self::new(kind, summary) }
    }
}

/// The headers about the rate limit. The backend's framework sends them, and none is documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    /// `X-RateLimit-Limit`.
    pub(crate) limit: Option<u32>,
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: Option<u32>,
    /// `X-RateLimit-Reset` as the time from now, or `Retry-After`.
    pub(crate) reset: Option<Duration>,
}
