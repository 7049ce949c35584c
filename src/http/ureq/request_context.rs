//! What the connection must know of the request that runs on this thread, and ureq does not pass on: when it ends, how
//! far it has come, and the key.
//!
//! ureq hands limits down as lengths of time, which begin anew with each read of a proxy's answer and with each write
//! that a signal interrupts; and it logs the heads of requests at trace level. A thread runs one request at a time, so
//! what belongs to the request is kept with the thread.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::time::{Duration, Instant};

use ::ureq::http::header::HeaderValue;

use super::head_text::lines;
use crate::api_key::{self, ApiKey};
use crate::http::request::{Content, Request, Stall};
use crate::util::time::saturating_add;

/// As ureq writes it.
const KEY_HEADER: &[u8] = b"x-api-key: ";
/// Maximum number of bytes that are kept of a response that ureq could not parse.
const RECEIVED_MAX: usize = 64 * 1024;
pub(super) const STAND_IN: u8 = b'*';

thread_local! {
    // There is nothing to drop between requests. Without a destructor it serves until the thread is gone: a program in
    // C may make calls when the destructors have run, as its function for `atexit` does.
    static CURRENT: ManuallyDrop<RefCell<Option<InFlight>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// What one request may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) whole: Duration,
    /// How long nothing may move, if that counts.
    pub(super) stall: Option<Stall>,
    /// How long a connection may have idled.
    pub(super) max_idle: Duration,
}

struct InFlight {
    end: Instant,
    limits: Limits,
    /// How long its content is, as long as its head has not left.
    content_len: Option<u64>,
    /// Whether the last of the content is on its way.
    is_read: bool,
    /// Whether the head of the answer is still to come.
    awaits_head: bool,
    /// Whether the connection is not to be used again.
    is_last: bool,
    /// The bytes of a response that ureq could not parse.
    received: Vec<u8>,
    /// Taken when it is sent: one request, one key.
    key: Option<ApiKey>,
}

/// Runs `request`, which carries `key`.
pub(super) fn with_context<T>(limits: Limits, key: &ApiKey, request: &Request<'_>, run: impl FnOnce() -> T) -> T {
    let whole = limits.stall.map_or(limits.whole, |stall| limits.whole.min(stall.sending));
    let own = InFlight {
        end: saturating_add(Instant::now(), whole),
        limits,
        content_len: request.content.as_ref().map(Content::len),
        is_read: false,
        awaits_head: true,
        is_last: false,
        received: Vec::new(),
        key: request.requires_key.then(|| key.clone()),
    };
    // A request's body may come from a reader that makes requests of its own.
    let _restore = Restore(CURRENT.with(|current| current.replace(Some(own))));
    run()
}

struct Restore(Option<InFlight>);

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        CURRENT.with(|current| current.replace(outer));
    }
}

/// Runs a part of the request that may take no longer than `limit`, nor than the request.
pub(super) fn with_timeout<T>(limit: Duration, run: impl FnOnce() -> T) -> T {
    let whole = end();
    // A limit beyond all time is none.
    let part = Instant::now().checked_add(limit);
    set_end(whole.map(|end| part.map_or(end, |part| end.min(part))));
    let outcome = run();
    set_end(whole);
    outcome
}

/// Changes what is known of the request, if one runs.
fn change(change: impl FnOnce(&mut InFlight)) {
    CURRENT.with(|current| current.borrow_mut().as_mut().map(change));
}

/// Whether something holds of the request, if one runs.
fn holds(see: impl FnOnce(&InFlight) -> bool) -> bool {
    CURRENT.with(|current| current.borrow().as_ref().is_some_and(see))
}

/// Notes that a part of the request went out.
pub(super) fn note_progress() {
    change(|request| {
        if let Some(stall) = request.limits.stall {
            request.end = saturating_add(Instant::now(), if request.is_read { stall.answer } else { stall.sending });
        }
    });
}

/// How long the content is that follows the head; none once that was asked.
pub(super) fn content_len() -> Option<u64> {
    CURRENT.with(|current| current.borrow_mut().as_mut()?.content_len.take())
}

/// How long a connection may have idled to be used.
pub(super) fn max_idle() -> Duration {
    CURRENT.with(|current| current.borrow().as_ref().map_or(Duration::ZERO, |request| request.limits.max_idle))
}

/// Keeps what a connection had received when it ended in the middle of a response. Only the beginning of it matters.
pub(super) fn keep_received(input: &[u8]) {
    change(|request| request.received = input.get(..RECEIVED_MAX).unwrap_or(input).to_vec());
}

/// Takes what was kept.
pub(super) fn received() -> Vec<u8> {
    let mut received = Vec::new();
    change(|request| received = std::mem::take(&mut request.received));
    received
}

/// Notes that the head of the answer is there.
pub(super) fn answered() {
    change(|request| request.awaits_head = false);
}

/// Notes that the answer is such that no other one may follow on its connection.
pub(super) fn close_after() {
    change(|request| request.is_last = true);
}

pub(super) fn awaits_head() -> bool {
    holds(|request| request.awaits_head)
}

pub(super) fn is_last() -> bool {
    holds(|request| request.is_last)
}

/// Whether nothing of the content is left but what is on its way.
pub(super) fn is_read() -> bool {
    holds(|request| request.is_read)
}

/// Notes that nothing of the content is left but what is on its way.
pub(super) fn body_done() {
    change(|request| request.is_read = true);
}

/// What is left of the request's time.
pub(super) fn left() -> Duration {
    left_at(Instant::now())
}

pub(super) fn left_at(now: Instant) -> Duration {
    end().map_or(Duration::MAX, |end| end.saturating_duration_since(now))
}

fn end() -> Option<Instant> {
    CURRENT.with(|current| current.borrow().as_ref().map(|request| request.end))
}

fn set_end(end: Option<Instant>) {
    if let Some(end) = end {
        change(|request| request.end = end);
    }
}

/// What ureq gets to see in place of the key, as long as that.
pub(super) fn placeholder(key: &ApiKey) -> HeaderValue {
    const LONGEST: &str = match std::str::from_utf8(&[STAND_IN; api_key::MAX_LEN]) {
        Ok(text) => text,
        Err(_) => "",
    };
    HeaderValue::from_static(LONGEST.get(..key.expose().len()).unwrap_or_default())
}

/// Puts the key where its stand-in is, if `output` is the head that has it.
pub(super) fn insert_key(output: &mut [u8]) -> Option<Range<usize>> {
    CURRENT.with(|current| {
        let mut current = current.borrow_mut();
        let key = current.as_mut()?.key.as_ref()?.expose().as_bytes();
        let (line, end) = lines(output).find(|(line, _)| line.starts_with(KEY_HEADER))?;
        let start = end.saturating_sub(line.len()).saturating_add(KEY_HEADER.len());
        let range = start..start.saturating_add(key.len());
        let place = output.get_mut(range.clone())?;
        if place.iter().any(|byte| *byte != STAND_IN) {
            return None;
        }
        place.copy_from_slice(key);
        current.as_mut()?.key = None;
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::classification as api;
    use crate::model::media_type::MediaType;

    const HOUR: Duration = Duration::from_secs(3600);

    fn for_time<T>(whole: Duration, key: &ApiKey, run: impl FnOnce() -> T) -> T {
        let request = api::result(MediaType::Image, &"id".parse().unwrap());
        with_context(Limits { whole, stall: None, max_idle: HOUR }, key, &request, run)
    }

    #[test]
    fn the_key_is_placed_once_a_request_and_only_over_its_stand_in() {
        let key = ApiKey::new("s3cret");
        let head = b"POST / HTTP/1.1\r\nx-api-key: ******\r\n\r\n";
        for_time(HOUR, &key, || {
            let mut other = b"\r\nx-api-key: *****x\r\nx-api-key: ".to_vec();
            assert_eq!(insert_key(&mut other), None);
            let mut first = head.to_vec();
            assert_eq!(insert_key(&mut first), Some(28..34));
            assert_eq!(first, b"POST / HTTP/1.1\r\nx-api-key: s3cret\r\n\r\n");
            let mut second = head.to_vec();
            assert_eq!(insert_key(&mut second), None, "a body that looks like a head");
        });
        assert_eq!(insert_key(&mut head.to_vec()), None);
    }

    #[test]
    fn a_part_ends_with_the_whole_and_requests_nest() {
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
