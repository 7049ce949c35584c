//! TCP sockets that enforce the deadline of the request, even if the peer sends single bytes or signals interrupt the
//! system calls.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ::ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, ShutdownHandle, Transport,
};
use ::ureq::{Error as UreqError, Timeout};

use super::request_context;
use crate::util::time::div;

/// A connector that opens a socket, unless a preceding connector has opened a connection through a proxy.
#[derive(Debug)]
pub(super) struct Dial;

impl<In: Transport> Connector<In> for Dial {
    type Out = Either<In, Socket>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, UreqError> {
        if let Some(proxied) = chained {
            return Ok(Some(Either::A(proxied)));
        }
        Ok(Some(Either::B(Socket::open(&details.addrs, details)?)))
    }
}

/// Connects to the first of `addresses` that accepts a connection.
fn dial(addresses: &[SocketAddr], reason: Timeout) -> Result<TcpStream, UreqError> {
    let mut last = UreqError::HostNotFound;
    let mut addresses = addresses.iter().peekable();
    while let Some(address) = addresses.next() {
        let left = request_context::left();
        if left.is_zero() {
            return Err(UreqError::Timeout(reason));
        }
        // Each address but the last gets half of the remaining time. An address that drops packets then leaves time for
        // the others.
        let share = if addresses.peek().is_none() { left } else { div(left, 2).max(Duration::from_millis(1)) };
        let opened = TcpStream::connect_timeout(address, share);
        match opened.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok(stream),
            Err(error) if is_timeout(&error) => last = UreqError::Timeout(reason),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// A TCP connection.
pub(super) struct Socket {
    /// The socket. It is shared with the handle that ureq uses to shut it down.
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    read_timeout: SocketTimeout,
    write_timeout: SocketTimeout,
}

/// The timeout that a socket currently has for reads or for writes. A change is a system call, so it is changed only if
/// it does not fit.
#[derive(Clone, Copy, Debug, Default)]
struct SocketTimeout(Duration);

impl SocketTimeout {
    /// Sets the timeout with `set`, unless the current one is between half of `max` and `max`.
    fn fit(&mut self, max: Duration, set: impl FnOnce(Option<Duration>) -> io::Result<()>) -> io::Result<()> {
        if (div(max, 2)..=max).contains(&self.0) {
            return Ok(());
        }
        // Three quarters of `max` also fit somewhat smaller and larger limits, such as those of the next operations.
        let timeout = div(max, 4).saturating_mul(3);
        // macOS does not set a timeout after the peer has closed the connection, even if its response has not been read
        // yet. The socket then keeps its old timeout. The error is ignored, so that the response can still be read.
        match set(Some(timeout)) {
            Err(error) if cfg!(target_os = "macos") && error.kind() == io::ErrorKind::InvalidInput => {}
            outcome => outcome?,
        }
        self.0 = timeout;
        Ok(())
    }
}

impl Socket {
    /// Connects to the first of `addresses` that accepts.
    pub(super) fn open(addresses: &[SocketAddr], details: &ConnectionDetails) -> Result<Self, UreqError> {
        let stream = Arc::new(dial(addresses, details.timeout.reason)?);
        (details.register_shutdown)(Arc::downgrade(&stream) as Weak<dyn ShutdownHandle>)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Self { stream, buffers, read_timeout: SocketTimeout::default(), write_timeout: SocketTimeout::default() })
    }
}

/// Repeats `operate` until it succeeds, fails, or the time is over. Interruptions by signals and timeouts of the socket
/// do not end the loop.
///
/// Each repetition gets at most an eighth of the time. A blocking write that could send only a part of its bytes
/// returns when its timeout is over, and only then can the progress of the upload be noted.
fn uninterrupted(
    limit: NextTimeout,
    mut operate: impl FnMut(Duration) -> io::Result<usize>,
) -> Result<usize, UreqError> {
    let start = Instant::now();
    let (whole, reason) = match request_context::left() {
        left if left < *limit.after => (left, Timeout::Global),
        _ => (*limit.after, limit.reason),
    };
    let mut left = whole;
    while !left.is_zero() {
        match operate(left.min(div(whole, 8)).max(Duration::from_millis(1))) {
            Ok(amount) => return Ok(amount),
            Err(error) if error.kind() == io::ErrorKind::Interrupted || is_timeout(&error) => {}
            Err(error) => return Err(error.into()),
        }
        left = whole.saturating_sub(start.elapsed());
    }
    Err(UreqError::Timeout(reason))
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, limit: NextTimeout) -> Result<(), UreqError> {
        let (mut stream, timeout) = (&*self.stream, &mut self.write_timeout);
        let mut output = self.buffers.output().get(..amount).unwrap_or_default();
        while !output.is_empty() {
            let written = uninterrupted(limit, |left| {
                timeout.fit(left, |timeout| stream.set_write_timeout(timeout))?;
                stream.write(output)
            })?;
            if written == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            request_context::note_progress();
            output = output.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    fn await_input(&mut self, limit: NextTimeout) -> Result<bool, UreqError> {
        let (mut stream, timeout) = (&*self.stream, &mut self.read_timeout);
        let input = self.buffers.input_append_buf();
        let amount = uninterrupted(limit, |left| {
            timeout.fit(left, |timeout| stream.set_read_timeout(timeout))?;
            stream.read(input)
        })?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // The input buffer may contain bytes that TLS has not read yet.
        self.buffers.input().is_empty() && is_quiet(&self.stream).unwrap_or(false)
    }
}

/// Returns `true` if neither bytes nor the end of the connection have arrived.
fn is_quiet(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let quiet = stream.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(quiet)
}

/// Shows only the socket, since the buffers contain requests and responses.
impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_timeout_is_set_only_if_it_does_not_fit() {
        let (mut timeout, mut set) = (SocketTimeout::default(), Vec::new());
        let mut fit = |millis: u64| {
            let max = Duration::from_millis(millis);
            let record = |limit| {
                set.extend(limit);
                Ok(())
            };
            timeout.fit(max, record).unwrap();
            assert!(timeout.0 <= max && timeout.0 >= max / 2, "{timeout:?} for {max:?}");
        };
        [1_000, 999, 1_001, 800, 1_500, 700, 1_200, 100_000].into_iter().for_each(&mut fit);
        assert_eq!(set, [750, 525, 900, 75_000].map(Duration::from_millis));
        let fails = |_| Err(io::Error::from(io::ErrorKind::Unsupported));
        assert!(timeout.fit(Duration::from_millis(1), fails).is_err());
        assert_eq!(timeout.0, Duration::from_secs(75), "the socket still has the old timeout");
    }
}
