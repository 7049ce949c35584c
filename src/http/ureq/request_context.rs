//! The facts about the request that runs on this thread. The connection below ureq uses them.
//!
//! ureq does not pass these facts to a connection. See the documentation of [the parent module](super).

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

/// The name of the key's header, as ureq writes it.
const KEY_HEADER: &[u8] = b"x-api-key: ";
/// The byte of which the placeholder for the key consists.
pub(super) const PLACEHOLDER: u8 = b'*';
/// Maximum number of bytes of an unparsable response that are kept.
const RECEIVED_MAX: usize = 64 * 1024;

thread_local! {
    // A C program may call this library from a function registered with `atexit`. The destructors of thread-local
    // values have already run at that time, and a value cannot be accessed after its destructor. `ManuallyDrop` gives
    // this value no destructor. Nothing leaks, since the value is `None` between requests.
    static CURRENT: ManuallyDrop<RefCell<Option<RequestContext>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// The facts about one request.
pub(super) struct RequestContext {
    /// The deadline. If `stall` is set, each write extends it.
    end: Instant,
    /// Maximum times without progress, if the request has these in place of a fixed deadline.
    stall: Option<Stall>,
    /// If `true`, the content has been read to its end.
    is_body_done: bool,
    /// Maximum time for which a connection may have been idle before this request uses it.
    max_idle: Duration,
    /// The key, until it is inserted into the request.
    key: Option<ApiKey>,
    /// If `true`, the content is small enough to be sent together with the head.
    joins_content: bool,
    /// The framing of the response, once ureq has parsed the head.
    framing: Option<Framing>,
    /// The received bytes that ureq could not parse.
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
        // Requests can nest, since the content of a request may come from a reader that sends requests itself. The
        // outer context is restored afterwards.
        let _restore = Restore(CURRENT.with(|current| current.replace(Some(self))));
        run()
    }
}

/// A guard that restores the outer context when it is dropped.
struct Restore(Option<RequestContext>);

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        CURRENT.with(|current| current.replace(outer));
    }
}

/// Calls `call` with the context. Returns `None` if no request is running.
fn with<T>(call: impl FnOnce(&mut RequestContext) -> T) -> Option<T> {
    CURRENT.with(|current| current.borrow_mut().as_mut().map(call))
}

/// Runs a part of the request with a timeout of `limit`. The deadline of the request still applies.
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

/// Returns the time left until the deadline.
pub(super) fn left() -> Duration {
    with(|request| request.end.saturating_duration_since(Instant::now())).unwrap_or(Duration::MAX)
}

/// Notes that a part of the request was sent, and extends the deadline if the request has stall limits. After the last
/// write of the content, the limit for the response applies.
pub(super) fn note_progress() {
    with(|request| {
        if let Some(stall) = request.stall {
            let limit = if request.is_body_done { stall.response } else { stall.sending };
            request.end = saturating_add(Instant::now(), limit);
        }
    });
}

/// Notes that the content has been read to its end.
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

/// Returns `true` if the end of the response is ambiguous. The connection then must not be used for another request.
pub(super) fn closes_after() -> bool {
    with(|request| request.framing == Some(Framing::Ambiguous)).unwrap_or_default()
}

/// Keeps the bytes that a connection had received when it was dropped in the middle of a response, up to
/// [`RECEIVED_MAX`].
pub(super) fn keep_received(input: &[u8]) {
    with(|request| request.received = input.get(..RECEIVED_MAX).unwrap_or(input).to_vec());
}

/// Takes the bytes of [`keep_received`].
pub(super) fn take_received() -> Vec<u8> {
    with(|request| std::mem::take(&mut request.received)).unwrap_or_default()
}

/// Returns the header value that ureq gets in place of the key. It is as long as the key.
pub(super) fn placeholder(key: &ApiKey) -> Result<HeaderValue, InvalidHeaderValue> {
    vec![PLACEHOLDER; key.expose().len()].try_into()
}

/// Writes the key over its placeholder if `output` contains the head of the request, and returns the range of the key.
///
/// This happens only once per request, so the key is not inserted into content that looks like a head.
pub(super) fn insert_key(output: &mut [u8]) -> Option<Range<usize>> {
    with(|request| {
        let key = request.key.as_ref()?.expose().as_bytes();
        let (line, end) = lines(output).find(|(line, _)| line.starts_with(KEY_HEADER))?;
        let start = end.saturating_sub(line.len()).saturating_add(KEY_HEADER.len());
        let range = start..start.saturating_add(key.len());
        let target = output.get_mut(range.clone())?;
        if target.iter().any(|byte| *byte != PLACEHOLDER) {
            return None;
        }
        target.copy_from_slice(key);
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

    /// Runs `run` in the context of a request with this timeout.
    fn with_request<T>(limit: Duration, key: &ApiKey, run: impl FnOnce() -> T) -> T {
        let request = api::result(MediaType::Image, &"id".parse().unwrap());
        RequestContext::new(&request, key, limit, None, HOUR).enter(run)
    }

    #[test]
    fn key_is_inserted_once_over_its_placeholder() {
        let key = ApiKey::new("s3cret");
        let head = b"POST / HTTP/1.1\r\nx-api-key: ******\r\n\r\n";
        with_request(HOUR, &key, || {
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
    fn nested_timeouts_do_not_extend_the_deadline() {
        let key = ApiKey::new("key");
        with_request(HOUR, &key, || {
            assert!(with_timeout(2 * HOUR, left) <= HOUR);
            assert!(with_timeout(Duration::MAX, left) <= HOUR);
            assert_eq!(with_timeout(Duration::ZERO, left), Duration::ZERO);
            assert_eq!(with_request(Duration::ZERO, &key, left), Duration::ZERO);
            assert!(left() > HOUR / 2, "the deadline of the outer request is restored");
        });
        assert_eq!(left(), Duration::MAX);
    }
}
