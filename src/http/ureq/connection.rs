//! The connection that ureq uses as its transport, above TLS.
//!
//! It inserts the key into the request, sends the head together with small content, hides interim responses from
//! ureq, and decides whether the connection is reused.

use std::error::Error as StdError;
use std::fmt;
use std::time::Instant;

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::head_text::{INTERIM_MAX, VERSION, head_len, may_be_http};
use super::{keep_alive, request_context};

/// The beginning of an interim response (RFC 9110, section 15.2). `101` begins with it as well.
const INTERIM: &[u8] = b"HTTP/1.1 1";
/// The shortest form of `100 Continue`. It fits into the space of any `100 Continue` that it replaces.
const CONTINUE: &[u8] = b"HTTP/1.1 100\n\n";

/// An error that prevented the end of the request from being sent.
#[derive(Debug)]
pub(super) struct SendError(pub(super) UreqError);

impl SendError {
    /// Wraps the error of an incomplete write to a socket without TLS.
    ///
    /// With TLS, the error is returned unchanged: it may concern data that TLS sends after the request, so it does not
    /// prove that the request was incomplete.
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

/// A connection to the target, direct or through a proxy.
#[derive(Debug)]
pub(super) struct Connection {
    inner: Box<dyn Transport>,
    /// The head of a request, held back until its content is written.
    held: Vec<u8>,
    /// The total size of the interim responses to the current request.
    interim: usize,
    /// If `true`, the last read filled the buffer. TLS may then hold further decrypted bytes, which a check of the
    /// socket does not show.
    is_full: bool,
    /// The end of the last response, or `None` while a request is running.
    idle_since: Option<Instant>,
    /// The time at which reuse ends, if the last response announced one.
    reuse_end: Option<Instant>,
}

impl Connection {
    pub(super) fn new(inner: Box<dyn Transport>) -> Self {
        let idle_since = Some(Instant::now());
        Self { inner, held: Vec::new(), interim: 0, is_full: false, idle_since, reuse_end: None }
    }

    /// Inserts the held head before the first `amount` bytes of the output, and returns the total length. The output
    /// buffer is large enough for both; see [`JOINED_MAX`](super::limits::JOINED_MAX).
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

    /// Reads more input, and returns `false` at the end of the connection.
    fn read(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        let buffers = self.inner.buffers();
        let end = buffers.input().len().saturating_add(buffers.input_append_buf().len());
        let has_more = self.inner.await_input(timeout)?;
        self.is_full = self.inner.buffers().input().len() == end;
        Ok(has_more)
    }

    /// Removes interim responses, and returns `true` if the input begins with a head that ureq can parse.
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
            // `Keep-Alive` is parsed here and not from the response that ureq returns. If a response has no body, ureq
            // returns its connection to the pool before it returns the response.
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
        // If the content ends before its declared length, ureq calls this function endlessly with an amount of 0. The
        // deadline ends that loop.
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

    /// Waits until the head of the response is complete, and hides interim responses from ureq.
    ///
    /// ureq accepts `100 Continue` only without header fields. It treats any other interim response, and a
    /// `100 Continue` with fields, as a rejection of the upload. So only `100 Continue` is passed on, and without
    /// fields.
    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        if request_context::has_response() {
            return self.read(timeout);
        }
        // The input is checked before anything is read. If the service rejects an upload in place of `100 Continue`,
        // ureq leaves that response in the input and then waits for a response, although no further one will arrive.
        while !self.has_head()? {
            let buffers = self.inner.buffers();
            if buffers.input_append_buf().is_empty() {
                // Reading into a full buffer would return 0 bytes, which ureq treats as the end of the connection.
                return Err(UreqError::LargeResponseHeader(buffers.input().len(), buffers.input().len()));
            }
            let has_more = self.read(timeout)?;
            if !has_more || !may_be_http(self.inner.buffers().input()) {
                return Ok(has_more);
            }
        }
        Ok(true)
    }

    /// Returns `true` if the connection may be used for another request.
    ///
    /// ureq calls this after a response was read, and again before the next request. Only the second call checks the
    /// socket. It detects all bytes that arrived between the two calls.
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

/// ureq drops the connection if it cannot parse a response. The received bytes are kept, since they may contain the
/// identifier of a submit, which has been paid for.
impl Drop for Connection {
    fn drop(&mut self) {
        let input = self.inner.buffers().input();
        if self.idle_since.is_none() && !input.is_empty() {
            request_context::keep_received(input);
        }
    }
}

/// Returns `true` if `input` begins with an interim response. `101` is final, since the protocol after it is not HTTP.
fn is_interim(input: &[u8]) -> bool {
    input.starts_with(INTERIM) && !input.starts_with(b"HTTP/1.1 101")
}

/// Removes the complete interim responses at the beginning of the input, and returns their total size. If one of them
/// is `100 Continue`, its shortest form is put in their place.
fn take_interim(buffers: &mut dyn Buffers) -> usize {
    let (mut rest, mut has_continue) = (buffers.input(), false);
    while let Some(end) = is_interim(rest).then(|| head_len(rest)).flatten() {
        has_continue |= rest.starts_with(b"HTTP/1.1 100");
        rest = rest.get(end..).unwrap_or_default();
    }
    let len = buffers.input().len();
    let removed = len.saturating_sub(rest.len());
    if has_continue {
        let input = [CONTINUE, rest].concat();
        buffers.input_consume(len);
        // It fits into the buffer, because it is at most as long as the previous input.
        if let Some(target) = buffers.input_append_buf().get_mut(..input.len()) {
            target.copy_from_slice(&input);
            buffers.input_appended(input.len());
        }
    } else {
        buffers.input_consume(removed);
    }
    removed
}

#[cfg(test)]
mod tests;
