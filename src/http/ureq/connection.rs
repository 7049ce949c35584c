//! The connection as ureq sees it, above TLS: the key goes in on the way out, and a small content goes along with the
//! head; secrets are covered and interim answers taken out on the way in; and where more may have come than the answer,
//! it is not used again.

use std::error::Error as StdError;
use std::fmt;
use std::time::Instant;

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::head_text::{INTERIM_MAX, head_len};
use super::keep_alive::ReuseLimit;
use super::request_context;

const INTERIM: &[u8] = b"HTTP/1.1 1";
/// All that ureq understands of interim answers.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// An error that kept the end of what was to be sent from leaving.
#[derive(Debug)]
pub(super) struct SendError(pub(super) UreqError);

impl SendError {
    /// Marks the error of a socket that did not take all of what it was given. Within TLS, it may be about what goes
    /// out behind that.
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
    /// Whether the last read filled all the room there was. TLS may then hold more, which does not show at the socket.
    is_full: bool,
    /// How long the interim answers to this request were.
    interim: usize,
    /// The head of a request that waits for its content.
    held: Vec<u8>,
    /// When the last answer had been read; none while a request is under way.
    idle_since: Option<Instant>,
    /// The end of its use that the last response announced.
    reuse_limit: Option<ReuseLimit>,
}

impl Connection {
    pub(super) fn new(inner: Box<dyn Transport>) -> Self {
        Self { inner, is_full: false, interim: 0, held: Vec::new(), idle_since: None, reuse_limit: None }
    }

    fn read(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        let buffers = self.inner.buffers();
        let end = buffers.input().len().saturating_add(buffers.input_append_buf().len());
        let has_more = self.inner.await_input(timeout)?;
        self.is_full = self.inner.buffers().input().len() == end;
        if request_context::awaits_head() {
            self.note_keep_alive();
        }
        Ok(has_more)
    }

    /// Reads `Keep-Alive` from the head of the final response, once that head is complete. It is read here rather than
    /// from the response that ureq returns, because ureq puts the connection of a response without a body back into
    /// its pool before it returns that response.
    fn note_keep_alive(&mut self) {
        let mut input = self.inner.buffers().input();
        while let Some(len) = head_len(input) {
            let (head, rest) = input.split_at_checked(len).unwrap_or((input, &[]));
            if !is_interim(head) {
                self.reuse_limit = ReuseLimit::from_head(head, Instant::now());
                return;
            }
            input = rest;
        }
    }

    /// Keeps a head back if its content follows at once and there is room for both: two packets would take longer, and
    /// wake the other side twice.
    fn hold(&mut self, amount: usize) -> bool {
        let output = self.inner.buffers().output();
        let is_held = request_context::content_len()
            .is_some_and(|len| len > 0 && len <= output.len().saturating_sub(amount) as u64);
        match output.get(..amount) {
            Some(head) if is_held && head.ends_with(b"\r\n\r\n") => {
                self.held.extend_from_slice(head);
                true
            }
            _ => false,
        }
    }

    /// Puts what was held back before the first `amount` bytes of the output, and returns how many these are now.
    fn join(&mut self, amount: usize) -> usize {
        let (output, head) = (self.inner.buffers().output(), &mut self.held);
        let both = head.len().saturating_add(amount);
        if let Some(output) = output.get_mut(..both) {
            output.copy_within(..amount, head.len());
            let (start, _) = output.split_at_mut(head.len());
            start.copy_from_slice(head);
        }
        head.clear();
        both
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        (self.interim, self.idle_since, self.reuse_limit) = (0, None, None);
        // ureq asks for nothing over and over if a content ends before its time.
        if amount == 0 && request_context::left().is_zero() {
            return Err(UreqError::Timeout(timeout.reason));
        }
        let amount = match self.held.is_empty() {
            true if self.hold(amount) => return Ok(()),
            true => amount,
            false => self.join(amount),
        };
        let placed = self.inner.buffers().output().get_mut(..amount).and_then(request_context::insert_key);
        let outcome = self.inner.transmit_output(amount, timeout);
        if outcome.is_ok() {
            request_context::note_progress();
        }
        if let Some(range) = placed {
            self.inner.buffers().output().get_mut(range).unwrap_or_default().fill(request_context::STAND_IN);
        }
        outcome.map_err(|error| SendError::unless_in_tls(error, self.inner.is_tls()))
    }

    /// ureq is shown no interim answer (RFC 9110, section 15.2) but the one it waits for: it takes a `100 Continue`
    /// that has fields for an error or a refusal.
    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        if !request_context::awaits_head() {
            return self.read(timeout);
        }
        // ureq leaves a refusal that it reads in place of `100 Continue` where it is, and then waits for more.
        let input = self.inner.buffers().input();
        if input.starts_with(b"HTTP/") && head_len(input).is_some() {
            request_context::answered();
            return Ok(true);
        }
        loop {
            let buffers = self.inner.buffers();
            if buffers.input_append_buf().is_empty() {
                // ureq would take this for the end of the connection.
                return Err(UreqError::LargeResponseHeader(buffers.input().len(), buffers.input().len()));
            }
            let has_more = self.read(timeout)?;
            let taken = take_interim(self.inner.buffers(), !request_context::is_read());
            self.interim = self.interim.saturating_add(taken);
            if self.interim > INTERIM_MAX {
                return Err(UreqError::LargeResponseHeader(self.interim, INTERIM_MAX));
            }
            if !has_more || !may_be_interim(self.inner.buffers().input()) {
                return Ok(has_more);
            }
        }
    }

    /// ureq asks when an answer was read, and again when a request is to go out: what came meanwhile shows then.
    fn is_open(&mut self) -> bool {
        match self.idle_since {
            None => {
                let now = Instant::now();
                self.idle_since = Some(now);
                !self.is_full && !request_context::is_last() && self.reuse_limit.is_none_or(|limit| limit.allows(now))
            }
            Some(since) => {
                let now = Instant::now();
                now.saturating_duration_since(since) < request_context::max_idle()
                    && self.reuse_limit.is_none_or(|limit| limit.allows(now))
                    && self.inner.is_open()
            }
        }
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// ureq drops a connection on which it does not understand what came. That may hold the identifier of a submit, which
/// was paid for.
impl Drop for Connection {
    fn drop(&mut self) {
        let input = self.inner.buffers().input();
        if self.idle_since.is_none() && !input.is_empty() {
            request_context::keep_received(input);
        }
    }
}

/// `101` is final: what follows it is no HTTP.
fn is_interim(input: &[u8]) -> bool {
    input.starts_with(INTERIM) && !input.starts_with(b"HTTP/1.1 101")
}

/// Whether this is the beginning of an interim answer, or may become one.
fn may_be_interim(input: &[u8]) -> bool {
    INTERIM.starts_with(input) || (is_interim(input) && head_len(input).is_none())
}

/// Takes the interim answers away that are there to their end. If `100 Continue` is among them and `is_awaited`, a
/// plain one stays. Returns how long they were.
fn take_interim(buffers: &mut dyn Buffers, is_awaited: bool) -> usize {
    let (mut rest, mut has_continue) = (buffers.input(), false);
    while let Some(end) = is_interim(rest).then(|| head_len(rest)).flatten() {
        has_continue |= rest.starts_with(b"HTTP/1.1 100");
        rest = rest.get(end..).unwrap_or_default();
    }
    let taken = buffers.input().len().saturating_sub(rest.len());
    if has_continue && is_awaited {
        let (len, plain) = (buffers.input().len(), [CONTINUE, rest].concat());
        buffers.input_consume(len);
        // A peer that fills the buffer right after it is none to be understood.
        if let Some(room) = buffers.input_append_buf().get_mut(..plain.len()) {
            room.copy_from_slice(&plain);
            buffers.input_appended(plain.len());
        }
    } else if taken > 0 {
        buffers.input_consume(taken);
        // Else ureq takes the beginning of an answer for all there is, and asks for no more of it.
        buffers.input_consume(0);
    }
    taken
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::ureq::unversioned::transport::LazyBuffers;

    use super::*;
    use crate::error::ErrorKind;
    use crate::http::endpoint::{Base, Target};
    use crate::http::ureq::{HttpTransport, downcast};

    fn left(input: &[u8], is_awaited: bool) -> String {
        let mut buffers = LazyBuffers::new(96, 96);
        buffers.input_append_buf()[..input.len()].copy_from_slice(input);
        buffers.input_appended(input.len());
        take_interim(&mut buffers, is_awaited);
        String::from_utf8(buffers.input().to_vec()).unwrap()
    }

    #[test]
    fn interim_answers_are_taken_away_and_one_that_is_awaited_is_made_plain() {
        let plain = "HTTP/1.1 100 Continue\r\n\r\n";
        let table = [
            ("HTTP/1.1 100 Go\r\nA: b\r\n\r\nrest", "rest", &*format!("{plain}rest")),
            ("HTTP/1.1 100 Go\n\nrest", "rest", &format!("{plain}rest")),
            ("HTTP/1.1 103 E\r\nA: b\r\n\r\n", "", ""),
            ("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 413 L\r\n", "HTTP/1.1 413 L\r\n", "HTTP/1.1 413 L\r\n"),
            ("HTTP/1.1 100\r\n\r\nHTTP/1.1 100\r\nA: b\r\n\r\nHTTP/1.1 1", "HTTP/1.1 1", &format!("{plain}HTTP/1.1 1")),
        ];
        for (input, else_left, if_awaited) in table {
            assert_eq!((&*left(input.as_bytes(), false), &*left(input.as_bytes(), true)), (else_left, if_awaited));
        }
        for final_or_part in
            ["HTTP/1.1 401 U\r\nA: b\r\n\r\n", "HTTP/1.1 100 Go\r\nA: b\r\n", "HTTP/1.1 101 S\r\n\r\n", ""]
        {
            assert_eq!(left(final_or_part.as_bytes(), true), final_or_part);
        }
        let full = [b"HTTP/1.1 100\r\n\r\n".as_slice(), &[b'x'; 80]].concat();
        assert_eq!(left(&full, true), "", "there is no room for more");
    }

    #[test]
    fn what_a_socket_did_not_take_was_not_sent_but_within_tls_nobody_knows() {
        let error = || UreqError::Io(std::io::ErrorKind::BrokenPipe.into());
        let is_unsent = |is_tls| match downcast(SendError::unless_in_tls(error(), is_tls)) {
            Ok(SendError(UreqError::Io(_))) => true,
            Err(UreqError::Io(_)) => false,
            other => panic!("{other:?}"),
        };
        assert_eq!((is_unsent(false), is_unsent(true)), (true, false));
        assert!(downcast::<SendError>(UreqError::Other("other".into())).is_err());
        // What that means to a submit that was read to its end.
        let target = Target {
            base: Base::parse("http://127.0.0.1").unwrap(),
            proxy: None,
            root_certificates: None,
            user_agent: "test".to_owned(),
            connect_timeout: Duration::from_secs(1),
            response_limit: None,
        };
        let http = HttpTransport::new(target).unwrap();
        let fate = |error| {
            let failure = http.failure(error, true);
            (failure.kind, failure.request_fully_sent)
        };
        assert_eq!(fate(error()), (ErrorKind::Disconnected, true));
        assert_eq!(fate(SendError::unless_in_tls(error(), false)), (ErrorKind::Disconnected, false));
        let timeout = UreqError::Timeout(::ureq::Timeout::Global);
        assert_eq!(fate(SendError::unless_in_tls(timeout, false)), (ErrorKind::Timeout, false));
    }

    #[test]
    fn what_may_become_an_interim_answer_is_waited_for() {
        for part in ["", "H", "HTTP/1.1 1", "HTTP/1.1 10", "HTTP/1.1 100 Go\r\n", "HTTP/1.1 103 E\r\nA: b\r\n"] {
            assert!(may_be_interim(part.as_bytes()), "{part}");
        }
        for other in ["HTTP/1.1 2", "HTTP/1.0 100", "SSH-2.0", "HTTP/1.1 101", "HTTP/1.1 100 Continue\r\n\r\n", "\r\n"]
        {
            assert!(!may_be_interim(other.as_bytes()), "{other}");
        }
    }
}
