//! What the connection must know of the request that runs on this thread, and ureq does not pass on: when it ends, and
//! the key.
//!
//! ureq hands limits down as lengths of time, which begin anew with each read of a proxy's answer and with each write
//! that a signal interrupts; and it logs the heads of requests at trace level. A thread runs one request at a time, so
//! what belongs to the request is kept with the thread.

use std::cell::RefCell;
use std::ops::Range;
use std::time::{Duration, Instant};

use ::ureq::Error as UreqError;
use ::ureq::http::header::{HeaderValue, InvalidHeaderValue};
use ::ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::api_key::ApiKey;
use crate::wire::request::Stall;

/// As ureq writes it.
const KEY_HEADER: &[u8] = b"\r\nx-api-key: ";
const STAND_IN: u8 = b'*';

thread_local! {
    static CURRENT: RefCell<Option<InFlight>> = const { RefCell::new(None) };
}

struct InFlight {
    end: Instant,
    /// How far `end` is put off each time something moves.
    stall: Option<Stall>,
    /// Whether the last of the content is on its way.
    is_read: bool,
    /// Whether the service was asked before the content is sent, and has not answered.
    asked: bool,
    /// Taken when it is sent: one request, one key.
    key: Option<ApiKey>,
}

/// Runs a request that ends within `limit`, or within what `stall` says unless something moves, and carries `key`.
pub(super) fn during<T>(limit: Duration, stall: Option<Stall>, key: &ApiKey, run: impl FnOnce() -> T) -> T {
    let limit = stall.map_or(limit, |stall| limit.min(stall.sending));
    let own = InFlight { end: Instant::now() + limit, stall, is_read: false, asked: false, key: Some(key.clone()) };
    // A request's body may come from a reader that makes requests of its own.
    let _restore = Restore(CURRENT.replace(Some(own)));
    run()
}

struct Restore(Option<InFlight>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs a part of the request that may take no longer than `limit`, nor than the request.
pub(super) fn within<T>(limit: Duration, run: impl FnOnce() -> T) -> T {
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
    CURRENT.with_borrow_mut(|current| current.as_mut().map(change));
}

/// Notes that a part of the request went out.
pub(super) fn moved() {
    change(|request| {
        if let Some(stall) = request.stall {
            request.end = Instant::now() + if request.is_read { stall.answer } else { stall.sending };
        }
    });
}

/// Notes that the service is asked before the content is sent.
pub(super) fn ask_first() {
    set_asked(true);
}

/// Notes that the head of the answer was read: what comes in now is none.
pub(super) fn answered() {
    set_asked(false);
}

fn set_asked(asked: bool) {
    change(|request| request.asked = asked);
}

fn is_asked() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|request| request.asked))
}

/// Notes that nothing of the content is left but what is on its way.
pub(super) fn all_is_read() {
    change(|request| request.is_read = true);
}

/// What is left of the request's time.
pub(super) fn left() -> Duration {
    end().map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
}

fn end() -> Option<Instant> {
    CURRENT.with_borrow(|current| current.as_ref().map(|request| request.end))
}

fn set_end(end: Option<Instant>) {
    if let Some(end) = end {
        change(|request| request.end = end);
    }
}

/// What ureq gets to see in place of the key, as long as that.
pub(super) fn stand_in(key: &ApiKey) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_bytes(&vec![STAND_IN; key.expose().len()])
}

/// Puts the key where its stand-in is, if `output` is the head that has it.
fn place_key(output: &mut [u8]) -> Option<Range<usize>> {
    CURRENT.with_borrow_mut(|current| {
        let key = current.as_mut()?.key.as_ref()?.expose().as_bytes();
        let start = output.windows(KEY_HEADER.len()).position(|window| window == KEY_HEADER)? + KEY_HEADER.len();
        let place = output.get_mut(start..start + key.len())?;
        if place.iter().any(|byte| *byte != STAND_IN) {
            return None;
        }
        place.copy_from_slice(key);
        let range = start..start + key.len();
        current.as_mut()?.key = None;
        Some(range)
    })
}

/// The connection as ureq sees it, above TLS: everything it sends passes here.
#[derive(Debug)]
pub(super) struct Keyed(pub(super) Box<dyn Transport>);

impl Transport for Keyed {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        let placed = place_key(&mut self.0.buffers().output()[..amount]);
        let outcome = self.0.transmit_output(amount, timeout);
        if outcome.is_ok() {
            moved();
        }
        if let Some(range) = placed {
            self.0.buffers().output()[range].fill(STAND_IN);
        }
        outcome
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        if !is_asked() {
            return self.0.await_input(timeout);
        }
        // ureq leaves a refusal that it reads in place of `100 Continue` where it is, and then waits for more.
        if head_len(self.0.buffers().input()).is_some() {
            set_asked(false);
            return Ok(true);
        }
        // ureq is shown whole heads only: it takes a `100 Continue` whose fields it sees in part for a refusal.
        loop {
            let has_more = self.0.await_input(timeout)?;
            make_plain(self.0.buffers());
            let buffers = self.0.buffers();
            let is_whole = head_len(buffers.input()).is_some() || buffers.input_append_buf().is_empty();
            if is_whole || !has_more {
                return Ok(has_more);
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

/// How long the head of an answer is, if it is there to its end.
fn head_len(input: &[u8]) -> Option<usize> {
    input.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Takes the fields out of a `100 Continue`, and other interim answers (RFC 9110, section 15.2) away altogether: ureq
/// takes one that has fields for a refusal.
fn make_plain(buffers: &mut dyn Buffers) {
    const PLAIN: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    loop {
        let input = buffers.input();
        let is_interim = input.starts_with(b"HTTP/1.1 1") && !input.starts_with(b"HTTP/1.1 101");
        let Some(end) = head_len(input).filter(|_| is_interim) else { return };
        if input.starts_with(b"HTTP/1.1 100") {
            let (len, plain) = (input.len(), [PLAIN, &input[end..]].concat());
            buffers.input_consume(len);
            // A peer that fills the buffer right after it is none to be understood.
            if let Some(room) = buffers.input_append_buf().get_mut(..plain.len()) {
                room.copy_from_slice(&plain);
                buffers.input_appended(plain.len());
            }
            return;
        }
        buffers.input_consume(end);
    }
}

#[cfg(test)]
mod tests {
    use ::ureq::unversioned::transport::LazyBuffers;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_key_is_placed_once_a_request_and_only_over_its_stand_in() {
        let key = ApiKey::new("s3cret");
        let head = b"POST / HTTP/1.1\r\nx-api-key: ******\r\n\r\n";
        during(HOUR, None, &key, || {
            let mut other = b"\r\nx-api-key: *****x\r\nx-api-key: ".to_vec();
            assert_eq!(place_key(&mut other), None);
            let mut first = head.to_vec();
            assert_eq!(place_key(&mut first), Some(28..34));
            assert_eq!(first, b"POST / HTTP/1.1\r\nx-api-key: s3cret\r\n\r\n");
            let mut second = head.to_vec();
            assert_eq!(place_key(&mut second), None, "a body that looks like a head");
        });
        assert_eq!(place_key(&mut head.to_vec()), None);
    }

    #[test]
    fn an_interim_answer_is_made_plain_and_others_are_taken_away() {
        let plain = |input: &[u8]| {
            let mut buffers = LazyBuffers::new(64, 64);
            buffers.input_append_buf()[..input.len()].copy_from_slice(input);
            buffers.input_appended(input.len());
            make_plain(&mut buffers);
            String::from_utf8(buffers.input().to_vec()).unwrap()
        };
        assert_eq!(plain(b"HTTP/1.1 100 Go\r\nA: b\r\n\r\nrest"), "HTTP/1.1 100 Continue\r\n\r\nrest");
        assert_eq!(plain(b"HTTP/1.1 102 P\r\nA: b\r\n\r\nHTTP/1.1 413 L\r\n"), "HTTP/1.1 413 L\r\n");
        assert_eq!(plain(b"HTTP/1.1 103 E\r\nA: b\r\n\r\n"), "");
        for untouched in ["HTTP/1.1 401 U\r\nA: b\r\n\r\n", "HTTP/1.1 100 Go\r\nA: b\r\n", "HTTP/1.1 101 S\r\n\r\n", ""]
        {
            assert_eq!(plain(untouched.as_bytes()), untouched);
        }
        let full = [b"HTTP/1.1 100\r\n\r\n".as_slice(), &[b'x'; 48]].concat();
        assert_eq!(plain(&full), "", "there is no room for more");
    }

    #[test]
    fn a_part_ends_with_the_whole_and_requests_nest() {
        let key = ApiKey::new("key");
        during(HOUR, None, &key, || {
            assert!(within(2 * HOUR, left) <= HOUR);
            assert!(within(Duration::MAX, left) <= HOUR);
            assert_eq!(within(Duration::ZERO, left), Duration::ZERO);
            assert_eq!(during(Duration::ZERO, None, &key, left), Duration::ZERO);
            assert!(left() > HOUR / 2);
        });
        assert_eq!(left(), Duration::MAX);
    }
}
