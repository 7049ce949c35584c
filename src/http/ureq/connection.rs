//! The connection as ureq sees it, above TLS. It puts the key into the request, sends the head together with the
//! content, hides interim responses from ureq, and decides whether the connection may be used again.

use std::error::Error as StdError;
use std::fmt;
use std::time::Instant;

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::head_text::{INTERIM_MAX, VERSION, head_len, may_be_http};
use super::{keep_alive, request_context};

/// The beginning of an interim response (RFC 9110, section 15.2), and of `101`.
const INTERIM: &[u8] = b"HTTP/1.1 1";
/// The shortest `100 Continue`, so that it fits wherever a longer one stood.
const CONTINUE: &[u8] = b"HTTP/1.1 100\n\n";

/// An error that kept the end of the request from being sent.
#[derive(Debug)]
pub(super) struct SendError(pub(super) UreqError);

impl SendError {
    /// Marks the error of a socket that did not take all of its output. Within TLS, the error may be about what is sent
    /// behind the request.
    fn unless_in_tls(error: UreqError, is_tls: bool) -> UreqError {
        if is_tls { error } else { UreqError::Other(Box::new(Self(error))) }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SendError {}

#[derive(Debug)]
pub(super) struct Connection {
    inner: Box<dyn Transport>,
    /// The head of a request that waits for its content.
    held: Vec<u8>,
    /// The total size of the interim responses to this request.
    interim: usize,
    /// If `true`, the last read filled the buffer. TLS may then hold more, which does not show at the socket.
    is_full: bool,
    /// The end of the last response. `None` while a request is under way.
    idle_since: Option<Instant>,
    /// The end of its use that the last response announced.
    reuse_end: Option<Instant>,
}

impl Connection {
    pub(super) fn new(inner: Box<dyn Transport>) -> Self {
        let idle_since = Some(Instant::now());
        Self { inner, held: Vec::new(), interim: 0, is_full: false, idle_since, reuse_end: None }
    }

    /// Puts the held head in front of the first `amount` bytes of the output, and returns the length of both. The
    /// output has room for them, see [`JOINED_MAX`](super::limits::JOINED_MAX).
    fn join(&mut self, amount: usize) -> usize {
        let (output, len) = (self.inner.buffers().output(), self.held.len());
        let both = len.saturating_add(amount);
        if let Some(output) = output.get_mut(..both) {
            output.copy_within(..amount, len);
            output.get_mut(..len).unwrap_or_default().copy_from_slice(&self.held);
        }
        self.held.clear();
        both
    }

    fn read(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        let buffers = self.inner.buffers();
        let end = buffers.input().len().saturating_add(buffers.input_append_buf().len());
        let has_more = self.inner.await_input(timeout)?;
        self.is_full = self.inner.buffers().input().len() == end;
        Ok(has_more)
    }

    /// Removes interim responses, and returns `true` if ureq can parse a head at the front of the input.
    fn has_head(&mut self) -> Result<bool, UreqError> {
        let buffers = self.inner.buffers();
        self.interim = self.interim.saturating_add(take_interim(buffers));
        if self.interim > INTERIM_MAX {
            return Err(UreqError::LargeResponseHeader(self.interim, INTERIM_MAX));
        }
        let input = buffers.input();
        let response = input.strip_prefix(CONTINUE).unwrap_or(input);
        let head = head_len(response).and_then(|len| response.get(..len)).filter(|head| head.starts_with(VERSION));
        if let Some(head) = head {
            // Not left to the response that ureq returns: ureq puts the connection of a response without a body into
            // its pool before that.
            self.reuse_end = keep_alive::reuse_end(head, Instant::now());
        }
        Ok(head.is_some() || response.len() < input.len())
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        // ureq asks for nothing over and over if a content ends before its declared length.
        if amount == 0 && request_context::left().is_zero() {
            return Err(UreqError::Timeout(timeout.reason));
        }
        let is_head = self.idle_since.take().is_some();
        if is_head {
            (self.interim, self.reuse_end) = (0, None);
        }
        if is_head && request_context::joins_content() {
            self.held.extend_from_slice(self.inner.buffers().output().get(..amount).unwrap_or_default());
            return Ok(());
        }
        let amount = self.join(amount);
        let key = self.inner.buffers().output().get_mut(..amount).and_then(request_context::insert_key);
        let outcome = self.inner.transmit_output(amount, timeout);
        if let Some(key) = key {
            self.inner.buffers().output().get_mut(key).unwrap_or_default().fill(request_context::PLACEHOLDER);
        }
        outcome.map_err(|error| SendError::unless_in_tls(error, self.inner.is_tls()))
    }

    /// Shows ureq a head once it is complete, and no interim response but `100 Continue` without fields. ureq takes one
    /// that has fields for a refusal, and so it takes an interim response of another kind in its place.
    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        if request_context::has_response() {
            return self.read(timeout);
        }
        // ureq leaves a refusal that comes in place of `100 Continue` in the input, and then waits for a response.
        while !self.has_head()? {
            let buffers = self.inner.buffers();
            if buffers.input_append_buf().is_empty() {
                // ureq would take this for the end of the connection.
                return Err(UreqError::LargeResponseHeader(buffers.input().len(), buffers.input().len()));
            }
            let has_more = self.read(timeout)?;
            if !has_more || !may_be_http(self.inner.buffers().input()) {
                return Ok(has_more);
            }
        }
        Ok(true)
    }

    /// ureq calls this when a response was read, and again before the next request. Only the second call looks at the
    /// socket, where bytes show that arrived in between.
    fn is_open(&mut self) -> bool {
        let now = Instant::now();
        let is_in_time = self.reuse_end.is_none_or(|end| now < end);
        let Some(since) = self.idle_since else {
            self.idle_since = Some(now);
            return is_in_time && !self.is_full && !request_context::closes_after();
        };
        is_in_time && now.saturating_duration_since(since) < request_context::max_idle() && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// ureq drops a connection if it cannot parse the response. That may hold the identifier of a submit, which was paid
/// for.
impl Drop for Connection {
    fn drop(&mut self) {
        let input = self.inner.buffers().input();
        if self.idle_since.is_none() && !input.is_empty() {
            request_context::keep_received(input);
        }
    }
}

/// `101` is final: what follows it is not HTTP.
fn is_interim(input: &[u8]) -> bool {
    input.starts_with(INTERIM) && !input.starts_with(b"HTTP/1.1 101")
}

/// Removes the complete interim responses from the front of the input, and returns their total size. If `100 Continue`
/// is among them, the shortest form of it stays.
fn take_interim(buffers: &mut dyn Buffers) -> usize {
    let (mut rest, mut has_continue) = (buffers.input(), false);
    while let Some(end) = is_interim(rest).then(|| head_len(rest)).flatten() {
        has_continue |= rest.starts_with(b"HTTP/1.1 100");
        rest = rest.get(end..).unwrap_or_default();
    }
    let len = buffers.input().len();
    let taken = len.saturating_sub(rest.len());
    if has_continue {
        let input = [CONTINUE, rest].concat();
        buffers.input_consume(len);
        // There is room for it, as it is no longer than before.
        if let Some(room) = buffers.input_append_buf().get_mut(..input.len()) {
            room.copy_from_slice(&input);
            buffers.input_appended(input.len());
        }
    } else {
        buffers.input_consume(taken);
    }
    taken
}

#[cfg(test)]
mod tests;
