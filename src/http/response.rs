//! The response to one attempt, or the reason why it failed.

use std::time::Duration;

use crate::error::{Cause, Error, ErrorKind};

/// A response with any status code. Its body was read up to its end, up to the size limit, or up to an error.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// The `Content-Encoding`, if the service applied one although the request does not accept any.
    pub(crate) content_encoding: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The headers about the rate limit.
    pub(crate) rate_limit: RateLimitHeaders,
    pub(crate) body: Vec<u8>,
    /// If `true`, the message itself specifies the end of the body (RFC 9112, section 6.3). Otherwise the end of the
    /// connection is the end of the body.
    pub(crate) length_known: bool,
    /// If `true`, the response arrived before the request was completely sent.
    pub(crate) arrived_before_upload_end: bool,
    /// If `true`, the body is longer than the size limit, and reading stopped there.
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
    /// If `false`, the request was not completely sent, so the service cannot have acted on it.
    pub(crate) request_fully_sent: bool,
    /// If `false`, no byte of the request was sent, because there was no connection.
    pub(crate) connected: bool,
    /// The received bytes that are not a valid response, as far as they were read.
    pub(crate) received: Vec<u8>,
    /// If `true`, the request is not retried, even if errors of this kind usually are.
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

/// The headers about the rate limit. The web framework of the service sends them. The API does not document them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    /// The value of `X-RateLimit-Limit`.
    pub(crate) limit: Option<u32>,
    /// The value of `X-RateLimit-Remaining`.
    pub(crate) remaining: Option<u32>,
    /// The time from now until the limit is reset, from `Retry-After` or else from `X-RateLimit-Reset`.
    pub(crate) reset: Option<Duration>,
}
