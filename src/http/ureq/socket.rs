//! TCP sockets that keep the deadline of the request, whatever trickles in and however often a signal interrupts.

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

/// Opens a socket to the first address that accepts a connection, unless a proxy has opened one.
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

fn dial(addresses: &[SocketAddr], reason: Timeout) -> Result<TcpStream, UreqError> {
    let mut last = UreqError::HostNotFound;
    let mut addresses = addresses.iter().peekable();
    while let Some(address) = addresses.next() {
        let left = request_context::left();
        if left.is_zero() {
            return Err(UreqError::Timeout(reason));
        }
        // All but the last get half of the time that is left, as an address that drops packets must leave time for the
        // others.
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
    /// Shared with the handle that shuts it down.
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    read_timeout: SocketTimeout,
    write_timeout: SocketTimeout,
}

/// The timeout that is set at a socket for one operation. Setting it is a system call, so a timeout that fits stays.
#[derive(Clone, Copy, Debug, Default)]
struct SocketTimeout(Duration);

impl SocketTimeout {
    /// Sets the timeout, unless it is between half of `most` and `most`.
    fn fit(&mut self, most: Duration, set: impl FnOnce(Option<Duration>) -> io::Result<()>) -> io::Result<()> {
        if (div(most, 2)..=most).contains(&self.0) {
            return Ok(());
        }
        // Three quarters fit for a while, although limits shrink and differ.
        let timeout = div(most, 4).saturating_mul(3);
        // macOS refuses to set a timeout once the peer has closed, even if its response is still to be read.
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

/// Repeats `operate` while signals interrupt it, until the time is over. It gets a part of the time each time: a write
/// that sends less than all returns when its time is over, and the progress of the upload is noted only then.
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
        // TLS may not have read all of this yet.
        self.buffers.input().is_empty() && is_quiet(&self.stream).unwrap_or(false)
    }
}

/// Returns `true` if nothing has arrived, neither bytes nor the end of the connection.
fn is_quiet(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let quiet = stream.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(quiet)
}

/// The buffers hold requests and responses, so they are left out.
impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_that_fits_stays_and_is_never_too_long() {
        let (mut timeout, mut set) = (SocketTimeout::default(), Vec::new());
        let mut fit = |millis: u64| {
            let most = Duration::from_millis(millis);
            let keep = |limit| {
                set.extend(limit);
                Ok(())
            };
            timeout.fit(most, keep).unwrap();
            assert!(timeout.0 <= most && timeout.0 >= most / 2, "{timeout:?} for {most:?}");
        };
        [1_000, 999, 1_001, 800, 1_500, 700, 1_200, 100_000].into_iter().for_each(&mut fit);
        assert_eq!(set, [750, 525, 900, 75_000].map(Duration::from_millis));
        let refused = |_| Err(io::Error::from(io::ErrorKind::Unsupported));
        assert!(timeout.fit(Duration::from_millis(1), refused).is_err());
        assert_eq!(timeout.0, Duration::from_secs(75), "as it is at the socket");
    }
}
