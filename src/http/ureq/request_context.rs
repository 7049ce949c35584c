//! The facts about the request that runs on this thread, for the connection below ureq.
//!
//! ureq passes none of them on to a connection; see the documentation of [the module](super).

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::time::{Duration, Instant};

use ::ureq::http::header::{HeaderValue, InvalidHeaderValue};

use super::head_text::lines;
use super::limits::JOINED_MAX;
use super::response_head::Framing;
use crate::api_key::ApiKey;
use crate::http::request::{Request, Stall};
use crate::util::time::saturating_add;

/// The header as ureq writes it.
const KEY_HEADER: &[u8] = b"x-api-key: ";
/// The placeholder for the key consists of this byte alone.
pub(super) const PLACEHOLDER: u8 = b'*';
/// Maximum number of bytes that are kept of a response that ureq could not parse.
const RECEIVED_MAX: usize = 64 * 1024;

thread_local! {
    // A program in C may make calls when the destructors of its thread-local values have run, from a function that it
    // gave to `atexit`. A value without a destructor stays usable then. Between requests there is nothing to drop.
    static CURRENT: ManuallyDrop<RefCell<Option<RequestContext>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// The facts about one request.
pub(super) struct RequestContext {
    /// The deadline. With `stall`, it moves with each write.
    end: Instant,
    /// Maximum times without progress, if that is what bounds the request.
    stall: Option<Stall>,
    /// If `true`, the content was read to its end.
    is_body_done: bool,
    /// Maximum time for which a connection may have been idle before this request uses it.
    max_idle: Duration,
    /// The key, until it is in the request.
    key: Option<ApiKey>,
    /// If `true`, the content is small enough to be sent together with the head.
    joins_content: bool,
    /// The framing of the response, once ureq has parsed the head.
    framing: Option<Framing>,
    /// The bytes of a response that ureq could not parse.
    received: Vec<u8>,
}

impl RequestContext {
    pub(super) fn new(
        request: &Request<'_>,
        key: &ApiKey,
        limit: Duration,
        stall: Option<Stall>,
        max_idle: Duration,
    ) -> Self {
        let limit = stall.map_or(limit, |stall| limit.min(stall.sending));
        Self {
            end: saturating_add(Instant::now(), limit),
            stall,
            is_body_done: false,
            max_idle,
            key: request.requires_key.then(|| key.clone()),
            joins_content: request.content.as_ref().is_some_and(|content| (1..=JOINED_MAX).contains(&content.len())),
            framing: None,
            received: Vec::new(),
        }
    }

    /// Runs a request in this context.
    pub(super) fn enter<T>(self, run: impl FnOnce() -> T) -> T {
        // The content of a request may come from a reader that makes requests of its own.
        let _restore = Restore(CURRENT.with(|current| current.replace(Some(self))));
        run()
    }
}

struct Restore(Option<RequestContext>);

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        CURRENT.with(|current| current.replace(outer));
    }
}

/// Calls `call` with the context, if a request runs.
fn with<T>(call: impl FnOnce(&mut RequestContext) -> T) -> Option<T> {
    CURRENT.with(|current| current.borrow_mut().as_mut().map(call))
}

/// Runs a part of the request that may take `limit`, but no longer than the request.
pub(super) fn with_timeout<T>(limit: Duration, run: impl FnOnce() -> T) -> T {
    let whole = with(|request| {
        let whole = request.end;
        request.end = whole.min(saturating_add(Instant::now(), limit));
        whole
    });
    let outcome = run();
    with(|request| request.end = whole.unwrap_or(request.end));
    outcome
}

/// Returns the time that is left until the deadline.
pub(super) fn left() -> Duration {
    with(|request| request.end.saturating_duration_since(Instant::now())).unwrap_or(Duration::MAX)
}

/// Notes that a part of the request was sent. From the last write of the content on, the response is waited for.
pub(super) fn note_progress() {
    with(|request| {
        if let Some(stall) = request.stall {
            let pause = if request.is_body_done { stall.answer } else { stall.sending };
            request.end = saturating_add(Instant::now(), pause);
        }
    });
}

/// Notes that the content was read to its end.
pub(super) fn body_done() {
    with(|request| request.is_body_done = true);
}

/// Returns the maximum time for which a connection may have been idle before this request uses it.
pub(super) fn max_idle() -> Duration {
    with(|request| request.max_idle).unwrap_or_default()
}

/// Returns `true` if the content is small enough to be sent together with the head.
pub(super) fn joins_content() -> bool {
    with(|request| request.joins_content).unwrap_or_default()
}

/// Notes that ureq has parsed the head of the response.
pub(super) fn note_response(framing: Framing) {
    with(|request| request.framing = Some(framing));
}

/// Returns `true` if ureq has parsed the head of the response.
pub(super) fn has_response() -> bool {
    with(|request| request.framing.is_some()).unwrap_or_default()
}

/// Returns `true` if the end of the response is ambiguous, so that no other one may follow on its connection.
pub(super) fn closes_after() -> bool {
    with(|request| request.framing == Some(Framing::Ambiguous)).unwrap_or_default()
}

/// Keeps the bytes that a connection had received when it ended in the middle of a response. Only the first ones
/// matter.
pub(super) fn keep_received(input: &[u8]) {
    with(|request| request.received = input.get(..RECEIVED_MAX).unwrap_or(input).to_vec());
}

/// Takes the bytes that were kept.
pub(super) fn take_received() -> Vec<u8> {
    with(|request| std::mem::take(&mut request.received)).unwrap_or_default()
}

/// Returns the value that ureq gets in place of the key. It has the length of the key.
pub(super) fn placeholder(key: &ApiKey) -> Result<HeaderValue, InvalidHeaderValue> {
    vec![PLACEHOLDER; key.expose().len()].try_into()
}

/// Puts the key over its placeholder if `output` is the head of the request, and returns where it is now.
///
/// The key is inserted once a request, so that content which looks like a head does not get it.
pub(super) fn insert_key(output: &mut [u8]) -> Option<Range<usize>> {
    with(|request| {
        let key = request.key.as_ref()?.expose().as_bytes();
        let (line, end) = lines(output).find(|(line, _)| line.starts_with(KEY_HEADER))?;
        let start = end.saturating_sub(line.len()).saturating_add(KEY_HEADER.len());
        let range = start..start.saturating_add(key.len());
        let place = output.get_mut(range.clone())?;
        if place.iter().any(|byte| *byte != PLACEHOLDER) {
            return None;
        }
        place.copy_from_slice(key);
        request.key = None;
        Some(range)
    })?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::classification as api;
    use crate::model::media_type::MediaType;

    const HOUR: Duration = Duration::from_secs(3600);

    fn for_time<T>(limit: Duration, key: &ApiKey, run: impl FnOnce() -> T) -> T {
        let request = api::result(MediaType::Image, &"id".parse().unwrap());
        RequestContext::new(&request, key, limit, None, HOUR).enter(run)
    }

    #[test]
    fn key_is_inserted_once_and_only_over_its_placeholder() {
        let key = ApiKey::new("s3cret");
        let head = b"POST / HTTP/1.1\r\nx-api-key: ******\r\n\r\n";
        for_time(HOUR, &key, || {
            let mut other = b"\r\nx-api-key: *****x\r\nx-api-key: ".to_vec();
            assert_eq!(insert_key(&mut other), None);
            let mut first = head.to_vec();
            assert_eq!(insert_key(&mut first), Some(28..34));
            assert_eq!(first, b"POST / HTTP/1.1\r\nx-api-key: s3cret\r\n\r\n");
            let mut second = head.to_vec();
            assert_eq!(insert_key(&mut second), None, "content that looks like a head");
        });
        assert_eq!(insert_key(&mut head.to_vec()), None);
    }

    #[test]
    fn part_ends_with_the_whole_and_requests_nest() {
        let key = ApiKey::new("key");
        for_time(HOUR, &key, || {
            assert!(with_timeout(2 * HOUR, left) <= HOUR);
            assert!(with_timeout(Duration::MAX, left) <= HOUR);
            assert_eq!(with_timeout(Duration::ZERO, left), Duration::ZERO);
            assert_eq!(for_time(Duration::ZERO, &key, left), Duration::ZERO);
            assert!(left() > HOUR / 2);
        });
        assert_eq!(left(), Duration::MAX);
    }
}
