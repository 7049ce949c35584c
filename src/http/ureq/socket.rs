//! TCP sockets that keep a deadline: against peers that trickle, and signals that interrupt.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ::ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, ShutdownHandle, Transport,
};
use ::ureq::{Error as UreqError, Timeout};

use super::buffers::SocketBuffers;
use super::request_context;
use crate::util::time::div;

/// Opens a socket to the first of the addresses that takes one, unless a proxy's connection is there already.
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
        // Half of what is left for each but the last, so that one which swallows packets leaves time for the others.
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
#[derive(Debug)]
pub(super) struct Socket {
    /// Shared with the handle that shuts it down.
    stream: Arc<TcpStream>,
    buffers: SocketBuffers,
    read_slice: Slice,
    write_slice: Slice,
}

/// How long the socket lets one operation take. To set that is a system call, which most operations can do without.
#[derive(Clone, Copy, Debug, Default)]
struct Slice(Duration);

impl Slice {
    /// Has it set unless it is about right for an operation that may take as long as `most`.
    fn fit(&mut self, most: Duration, set: impl FnOnce(Option<Duration>) -> io::Result<()>) -> io::Result<()> {
        if (div(most, 2)..=most).contains(&self.0) {
            return Ok(());
        }
        // So that it is right for a while, although limits shrink and differ.
        let slice = div(most, 4).saturating_mul(3);
        // macOS refuses to set a limit once the peer has closed, even if its answer is still to be read.
        match set(Some(slice)) {
            Err(error) if cfg!(target_os = "macos") && error.kind() == io::ErrorKind::InvalidInput => {}
            outcome => outcome?,
        }
        self.0 = slice;
        Ok(())
    }
}

impl Socket {
    /// Opens one to the first of `addresses` that takes it.
    pub(super) fn open(addresses: &[SocketAddr], details: &ConnectionDetails) -> Result<Self, UreqError> {
        let stream = Arc::new(dial(addresses, details.timeout.reason)?);
        (details.register_shutdown)(Arc::downgrade(&stream) as Weak<dyn ShutdownHandle>)?;
        let config = details.config;
        let buffers = SocketBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Self { stream, buffers, read_slice: Slice::default(), write_slice: Slice::default() })
    }
}

/// Repeats `operate` until the time is over, for as long as signals interrupt it. Each time it gets a part of the time:
/// a write that moved something says so only when its time is over, and that must not count as having moved just then.
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
        let (mut stream, write_slice) = (&*self.stream, &mut self.write_slice);
        let mut output = self.buffers.output().get(..amount).unwrap_or_default();
        while !output.is_empty() {
            let written = uninterrupted(limit, |left| {
                write_slice.fit(left, |slice| stream.set_write_timeout(slice))?;
                stream.write(output)
            })?;
            if written == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            request_context::note_progress();
            output = output.get(written..).unwrap_or_default();
        }
        self.buffers.sent(amount);
        Ok(())
    }

    fn await_input(&mut self, limit: NextTimeout) -> Result<bool, UreqError> {
        let (mut stream, read_slice) = (&*self.stream, &mut self.read_slice);
        let input = self.buffers.input_append_buf();
        let amount = uninterrupted(limit, |left| {
            read_slice.fit(left, |slice| stream.set_read_timeout(slice))?;
            stream.read(input)
        })?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Below TLS, what was read may not have been asked for yet.
        self.buffers.input().is_empty() && is_quiet(&self.stream).unwrap_or(false)
    }
}

/// Whether nothing has come in, neither data nor an end.
fn is_quiet(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let quiet = stream.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_about_right_stays_and_never_is_too_long() {
        let (mut slice, mut set) = (Slice::default(), Vec::new());
        let mut fit = |millis: u64| {
            let most = Duration::from_millis(millis);
            let keep = |limit| {
                set.extend(limit);
                Ok(())
            };
            slice.fit(most, keep).unwrap();
            assert!(slice.0 <= most && slice.0 >= most / 2, "{slice:?} for {most:?}");
        };
        [1_000, 999, 1_001, 800, 1_500, 700, 1_200, 100_000].into_iter().for_each(&mut fit);
        assert_eq!(set, [750, 525, 900, 75_000].map(Duration::from_millis));
        let refused = |_| Err(io::Error::from(io::ErrorKind::Unsupported));
        assert!(slice.fit(Duration::from_millis(1), refused).is_err());
        assert_eq!(slice.0, Duration::from_secs(75), "as it is at the socket");
    }
}
