//! Errors from before the request, and their meaning to a call.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use ::ureq::Error as UreqError;
use ::ureq::http::Uri;

use super::tls_error;
use crate::error::{Cause, ErrorKind};
use crate::http::endpoint::Base;
use crate::http::response::Failure;

pub(super) fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => 1080,
    })
}

/// Returns host and port. An IPv6 address has its brackets.
pub(super) fn address(uri: &Uri) -> String {
    format!("{}:{}", uri.host().unwrap_or_default(), port(uri))
}

/// An error from before the request, on its way through ureq.
#[derive(Debug)]
pub(super) struct ConnectError {
    step: Step,
    /// The host and port of the peer.
    to: String,
    error: UreqError,
}

/// The step of connecting that failed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Lookup,
    Connect,
    /// A proxy refused the user name or the password.
    Login,
    /// A proxy answered the request for a tunnel with this status code.
    Refused(u16),
    /// A proxy did not open a connection to the target.
    Proxy,
    /// TLS with the target failed, on a connection through a proxy.
    Tunnel,
}

impl ConnectError {
    /// Marks `error`, unless it is marked: the connector that reaches a proxy runs within another one.
    pub(super) fn at(step: Step, uri: &Uri, error: UreqError) -> UreqError {
        match error {
            UreqError::Other(inner) if inner.is::<Self>() => UreqError::Other(inner),
            error => UreqError::Other(Box::new(Self { step, to: address(uri), error })),
        }
    }

    fn kind(&self) -> ErrorKind {
        match (self.step, &self.error) {
            // Not retried, as some proxies lock a user out after too many wrong passwords.
            (Step::Login, _) => ErrorKind::Config,
            // The proxy could not reach the target at the moment, as `Connect` means without a proxy.
            (Step::Refused(500 | 502..=504), _) => ErrorKind::Connect,
            // It refuses the target, and will refuse it again.
            (Step::Refused(_), _) => ErrorKind::Config,
            (_, UreqError::Timeout(_)) => ErrorKind::Timeout,
            (_, UreqError::Tls(_) | UreqError::TlsRequired) => ErrorKind::Tls,
            #[cfg(feature = "rustls")]
            (_, UreqError::Rustls(_)) => ErrorKind::Tls,
            // rustls reports bytes that it cannot parse as an error of I/O.
            #[cfg(feature = "rustls")]
            (_, UreqError::Io(error)) if carries(error, UreqError::Rustls) => ErrorKind::Tls,
            #[cfg(feature = "native-tls")]
            (_, UreqError::NativeTls(_) | UreqError::Der(_)) => ErrorKind::Tls,
            _ => ErrorKind::Connect,
        }
    }

    /// Returns `true` if the peer accepted the connection and ended it.
    fn is_end(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let ends = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
        matches!(&self.error, UreqError::Io(error) if ends.contains(&error.kind()))
    }

    /// Explains the error to a call to `base`. Any other peer is a proxy.
    pub(super) fn failure(self, base: &Base) -> Failure {
        let (kind, target, peer) = (self.kind(), format!("{}:{}", base.host, base.port), &self.to);
        let to = if *peer == target { target.clone() } else { format!("the proxy {peer}") };
        // ureq adds a prefix to an error of I/O.
        let reason = match &self.error {
            UreqError::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        let summary = match (kind, self.step) {
            (ErrorKind::Timeout, Step::Lookup) => format!("timed out while looking up {to}"),
            (ErrorKind::Timeout, Step::Proxy) => format!("timed out while waiting for the proxy to connect to {to}"),
            (ErrorKind::Timeout, _) => format!("timed out while connecting to {to}"),
            (ErrorKind::Tls, _) => tls_error::explain(format!("no secure connection to {to}"), &reason),
            (_, Step::Lookup) => format!("could not look up {to}"),
            (_, Step::Connect) if self.is_end() => format!("{to} closed the connection before it was set up"),
            (_, Step::Connect) => format!("could not connect to {to}"),
            (_, Step::Login) => format!(
                "proxy: {peer} wants a user name and a password that it knows, as in http://user:password@host:port"
            ),
            (ErrorKind::Connect, Step::Refused(_)) => {
                format!("the proxy {peer} could not connect to {target}: {reason}")
            }
            (_, Step::Refused(_)) => format!(
                "proxy: {peer} refused to connect to {target}: {reason}; check the URL of the proxy, and whether it \
                 allows this host"
            ),
            (_, Step::Tunnel) if self.is_end() => format!("the tunnel to {to} was closed before it was set up"),
            (_, Step::Proxy | Step::Tunnel) => format!("the proxy did not connect to {to}"),
        };
        Failure {
            // A proxy may count refusals, and lock out a client that repeats a request.
            is_final: matches!(self.step, Step::Refused(_)),
            source: source(self.error),
            ..Failure::new(kind, summary).before_connection()
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for ConnectError {}

/// Returns `true` if `error` carries an error of the type that `variant` takes. The type is that of a library which is
/// not among our dependencies, so it cannot be named.
#[cfg(feature = "rustls")]
fn carries<E: StdError + 'static>(error: &io::Error, _variant: fn(E) -> UreqError) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<E>()).is_some()
}

/// Returns the cause of a failure: an error of the standard library, or else a text.
pub(super) fn source(error: UreqError) -> Option<Cause> {
    match error {
        // The summary says so already.
        UreqError::Timeout(_) => None,
        UreqError::Io(error) => Some(error.into()),
        error => Some(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_how_far_it_came() {
        let io = |kind: io::ErrorKind| UreqError::Io(kind.into());
        let timeout = || UreqError::Timeout(::ureq::Timeout::Connect);
        let table = [
            (Step::Lookup, timeout(), ErrorKind::Timeout, "timed out while looking up api.test:443"),
            (Step::Lookup, io(io::ErrorKind::Other), ErrorKind::Connect, "could not look up api.test:443"),
            (Step::Connect, timeout(), ErrorKind::Timeout, "timed out while connecting to api.test:443"),
            (
                Step::Connect,
                io(io::ErrorKind::ConnectionRefused),
                ErrorKind::Connect,
                "could not connect to api.test:443",
            ),
            (
                Step::Connect,
                io(io::ErrorKind::ConnectionReset),
                ErrorKind::Connect,
                "api.test:443 closed the connection before it was set up",
            ),
            (
                Step::Login,
                io(io::ErrorKind::Other),
                ErrorKind::Config,
                "proxy: api.test:443 wants a user name and a password that it knows, as in http://user:password@host:port",
            ),
            (
                Step::Refused(403),
                UreqError::Io(io::Error::other("403 Forbidden")),
                ErrorKind::Config,
                "proxy: api.test:443 refused to connect to api.test:443: 403 Forbidden; check the URL of the proxy, and \
                 whether it allows this host",
            ),
            (
                Step::Refused(503),
                UreqError::Io(io::Error::other("503")),
                ErrorKind::Connect,
                "the proxy api.test:443 could not connect to api.test:443: 503",
            ),
            (
                Step::Proxy,
                timeout(),
                ErrorKind::Timeout,
                "timed out while waiting for the proxy to connect to api.test:443",
            ),
            (Step::Tunnel, timeout(), ErrorKind::Timeout, "timed out while connecting to api.test:443"),
            (
                Step::Tunnel,
                io(io::ErrorKind::UnexpectedEof),
                ErrorKind::Connect,
                "the tunnel to api.test:443 was closed before it was set up",
            ),
            // Bytes that are not understood may be anything.
            (
                Step::Proxy,
                io(io::ErrorKind::InvalidData),
                ErrorKind::Connect,
                "the proxy did not connect to api.test:443",
            ),
            (Step::Connect, UreqError::Tls("x"), ErrorKind::Tls, "no secure connection to api.test:443"),
            (Step::Connect, UreqError::HostNotFound, ErrorKind::Connect, "could not connect to api.test:443"),
            (
                Step::Proxy,
                io(io::ErrorKind::UnexpectedEof),
                ErrorKind::Connect,
                "the proxy did not connect to api.test:443",
            ),
        ];
        let base = Base::parse("https://api.test").unwrap();
        let uri = Uri::from_static("https://user:pw@api.test/");
        for (step, error, kind, summary) in table {
            let UreqError::Other(marked) = ConnectError::at(step, &uri, error) else { panic!("not marked") };
            let failure = marked.downcast::<ConnectError>().unwrap().failure(&base);
            assert_eq!((failure.kind, failure.summary.as_str(), failure.request_fully_sent), (kind, summary, false));
        }
    }

    #[test]
    fn ports_follow_the_scheme() {
        for (uri, expected) in [("https://x", 443), ("http://x", 80), ("socks5h://x", 1080), ("http://x:8080", 8080)] {
            assert_eq!(port(&Uri::from_static(uri)), expected, "{uri}");
        }
    }
}
