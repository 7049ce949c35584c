//! A request as plain data: its method, path and content, and the limits of its attempts.

use std::borrow::Cow;
use std::time::Duration;

use super::upload::Upload;
use crate::model::submission::progress::TaggedWatcher;

/// The methods that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// A request without a host and an API key.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// The path with the query. It begins with a slash.
    pub(crate) path: Cow<'static, str>,
    /// The value of `Accept`. Defaults to JSON if `None`.
    pub(crate) accept: Option<&'static str>,
    pub(crate) content: Option<Content<'a>>,
    /// Secret values that a response may echo, and that are redacted in errors.
    pub(crate) redact: Vec<&'a str>,
    /// If `true`, sending the request several times has the same effect as sending it once (RFC 9110, section 9.2.2).
    /// The request may then be retried even if the service may have acted on the last attempt.
    pub(crate) is_idempotent: bool,
    /// A function that returns `true` if the received bytes name a submission. This proves that the service accepted
    /// it, even if the status code is that of an error or the bytes are not HTTP. The request is then not retried.
    pub(crate) is_accepted: fn(&[u8]) -> bool,
    /// If `true`, the key is sent and the request counts against the rate limit.
    pub(crate) requires_key: bool,
    /// The timeout of the whole call, unless the caller sets one.
    pub(crate) timeout: Timeout,
    /// Maximum duration of one attempt.
    pub(crate) attempt_timeout: Duration,
    /// Maximum size of the response body in bytes, unless the caller sets one.
    pub(crate) response_limit: u64,
}

/// The timeout of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// A limit for the duration of the whole call.
    Whole(Duration),
    /// No limit for the whole call, but limits for the time without progress.
    Stall(Stall),
}

/// Maximum durations without progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    /// The limit while the request is sent.
    pub(crate) sending: Duration,
    /// The limit between the last byte of the request and the response.
    pub(crate) response: Duration,
}

/// The content of a request, with its media type.
#[derive(Debug, Default)]
pub(crate) struct Content<'a> {
    pub(crate) media_type: String,
    /// The files, each with the bytes that precede it.
    pub(crate) files: Vec<(Vec<u8>, Upload<'a>)>,
    /// The bytes after the last file, or the whole content if there is no file.
    pub(crate) tail: Vec<u8>,
    pub(crate) watcher: Option<TaggedWatcher<'a>>,
}

impl Content<'_> {
    pub(crate) fn len(&self) -> u64 {
        let before = self.files.iter().map(|(before, _)| before.len() as u64);
        before.fold(self.files_len().saturating_add(self.tail.len() as u64), u64::saturating_add)
    }

    /// Returns the total length of the files.
    pub(crate) fn files_len(&self) -> u64 {
        self.files.iter().map(|(_, file)| file.len).fold(0, u64::saturating_add)
    }
}

impl Request<'_> {
    /// Returns `true` if a file of the request can be read only once. The request then cannot be sent again.
    pub(crate) fn is_one_shot(&self) -> bool {
        let files = self.content.iter().flat_map(|content| &content.files);
        files.into_iter().any(|(_, file)| file.is_one_shot())
    }
}
