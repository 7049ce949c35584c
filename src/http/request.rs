//! A request as values: method, path, content, and the limits of its attempts.

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

/// A request, without host and key.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Begins with a slash; with the query.
    pub(crate) path: Cow<'static, str>,
    /// The value of `Accept`. JSON, if `None`.
    pub(crate) accept: Option<&'static str>,
    pub(crate) content: Option<Content<'a>>,
    /// Values that a response may echo and that must not be shown.
    pub(crate) redact: Vec<&'a str>,
    /// If `true`, a repetition has the effect of one request (RFC 9110, section 9.2.2), so the request may be repeated
    /// whatever became of the last attempt.
    pub(crate) is_idempotent: bool,
    /// Returns `true` if the bytes that came in response name a submission, so that it was accepted even if the status
    /// code says otherwise, or if they are not HTTP. It is then final, and never sent again.
    pub(crate) is_accepted: fn(&[u8]) -> bool,
    /// If `true`, the key is sent and the request counts against the rate limit.
    pub(crate) requires_key: bool,
    /// The limit of the whole call, if the caller sets none.
    pub(crate) timeout: Timeout,
    /// Maximum duration of one attempt.
    pub(crate) try_timeout: Duration,
    /// Maximum size of the body of the response in bytes, if the caller sets none.
    pub(crate) response_limit: u64,
}

/// The limit of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// A duration for all of it.
    Whole(Duration),
    /// None, as long as the upload progresses.
    Stall(Stall),
}

/// Maximum durations without progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    /// While the request goes out.
    pub(crate) sending: Duration,
    /// From its last byte to the answer.
    pub(crate) answer: Duration,
}

/// The content of a request, with its type.
#[derive(Debug, Default)]
pub(crate) struct Content<'a> {
    pub(crate) media_type: String,
    /// Files, each with what goes before it.
    pub(crate) files: Vec<(Vec<u8>, Upload<'a>)>,
    /// The bytes behind the last file, or the whole content.
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
    /// Returns `true` if a file can be read only once, so that the request cannot be repeated.
    pub(crate) fn is_one_shot(&self) -> bool {
        let files = self.content.iter().flat_map(|content| &content.files);
        files.into_iter().any(|(_, file)| file.is_one_shot())
    }
}
