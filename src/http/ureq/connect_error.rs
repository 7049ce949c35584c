//! Errors of connecting, which occur before a request is sent, and their conversion to a [`Failure`].

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

/// Returns `host:port`. An IPv6 address is in brackets.
pub(super) fn address(uri: &Uri) -> String {
    format!("{}:{}", uri.host().unwrap_or_default(), port(uri))
}

/// An error of connecting. ureq passes it on as [`UreqError::Other`].
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
    /// A proxy rejected the user name or the password.
    Login,
    /// A proxy rejected the request for a tunnel with this status code.
    Refused(u16),
    /// A proxy did not open a connection to the target.
    Proxy,
    /// TLS with the target failed, on a connection through a proxy.
    Tunnel,
}

impl ConnectError {
    /// Wraps `error`, unless it is wrapped already. The connector that connects to a proxy runs inside another one,
    /// and the innermost step is the most precise.
    pub(super) fn at(step: Step, uri: &Uri, error: UreqError) -> UreqError {
        match error {
            UreqError::Other(inner) if inner.is::<Self>() => UreqError::Other(inner),
            error => UreqError::Other(Box::new(Self { step, to: address(uri), error })),
        }
    }

    fn kind(&self) -> ErrorKind {
        match (self.step, &self.error) {
            // An error of this kind is not retried, since some proxies lock out a user after several wrong passwords.
            (Step::Login, _) => ErrorKind::Config,
            // The proxy could not reach the target. Without a proxy, the kind would be `Connect` as well.
            (Step::Refused(500 | 502..=504), _) => ErrorKind::Connect,
            // The proxy rejects this target, and a retry would not change that.
            (Step::Refused(_), _) => ErrorKind::Config,
            (_, UreqError::Timeout(_)) => ErrorKind::Timeout,
            (_, UreqError::Tls(_) | UreqError::TlsRequired) => ErrorKind::Tls,
            #[cfg(feature = "rustls")]
            (_, UreqError::Rustls(_)) => ErrorKind::Tls,
            // ureq's rustls transport reports bytes that rustls cannot parse as an I/O error.
            #[cfg(feature = "rustls")]
            (_, UreqError::Io(error)) if wraps(error, UreqError::Rustls) => ErrorKind::Tls,
            #[cfg(feature = "native-tls")]
            (_, UreqError::NativeTls(_) | UreqError::Der(_)) => ErrorKind::Tls,
            _ => ErrorKind::Connect,
        }
    }

    /// Returns `true` if the peer accepted the connection and then closed it.
    fn is_closed_by_peer(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let ends = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
        matches!(&self.error, UreqError::Io(error) if ends.contains(&error.kind()))
    }

    /// Converts the error to the failure of a request to `base`. A peer other than the host of `base` is a proxy.
    pub(super) fn failure(self, base: &Base) -> Failure {
        let (kind, target, peer) = (self.kind(), format!("{}:{}", base.host, base.port), &self.to);
        let to = if *peer == target { target.clone() } else { format!("the proxy {peer}") };
        // The text of an I/O error is taken from the error itself, since ureq adds a prefix to it.
        let reason = match &self.error {
            UreqError::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        let summary = match (kind, self.step) {
            (ErrorKind::Timeout, Step::Lookup) => format!("timed out while looking up {to}"),
            (ErrorKind::Timeout, Step::Proxy) => format!("timed out while waiting for the proxy to connect to {to}"),
            (ErrorKind::Timeout, _) => format!("timed out while connecting to {to}"),
            (ErrorKind::Tls, _) => tls_error::explain(format!("cannot establish a TLS connection to {to}"), &reason),
            (_, Step::Lookup) => format!("cannot look up {to}"),
            (_, Step::Connect) if self.is_closed_by_peer() => {
                format!("{to} closed the connection during setup")
            }
            (_, Step::Connect) => format!("cannot connect to {to}"),
            (_, Step::Login) => {
                format!("proxy: {peer} requires a valid user name and password; use http://user:password@host:port")
            }
            (ErrorKind::Connect, Step::Refused(_)) => {
                format!("the proxy {peer} cannot connect to {target}: {reason}")
            }
            (_, Step::Refused(_)) => format!(
                "proxy: {peer} refused to connect to {target}: {reason}; check the proxy URL, and that the proxy \
                 allows this host"
            ),
            (_, Step::Tunnel) if self.is_closed_by_peer() => {
                format!("the tunnel to {to} was closed during setup")
            }
            (_, Step::Proxy | Step::Tunnel) => format!("cannot connect to {to} through the proxy"),
        };
        Failure {
            // Some proxies count rejected requests, and lock out a client that repeats them.
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

/// Returns `true` if `error` wraps an error of the type that `variant` contains. The type is inferred from `variant`,
/// since it belongs to a crate that is not a direct dependency, so it cannot be named here.
#[cfg(feature = "rustls")]
fn wraps<E: StdError + 'static>(error: &io::Error, _variant: fn(E) -> UreqError) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<E>()).is_some()
}

/// Returns the cause of a failure: an I/O error itself, or the text of any other error.
pub(super) fn source(error: UreqError) -> Option<Cause> {
    match error {
        // The summary of the failure already mentions the timeout.
        UreqError::Timeout(_) => None,
        UreqError::Io(error) => Some(error.into()),
        error => Some(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_error_at_each_step_is_explained() {
        let io = |kind: io::ErrorKind| UreqError::Io(kind.into());
        let timeout = || UreqError::Timeout(::ureq::Timeout::Connect);
        let table = [
            (Step::Lookup, timeout(), ErrorKind::Timeout, "timed out while looking up api.test:443"),
            (Step::Lookup, io(io::ErrorKind::Other), ErrorKind::Connect, "cannot look up api.test:443"),
            (Step::Connect, timeout(), ErrorKind::Timeout, "timed out while connecting to api.test:443"),
            (Step::Connect, io(io::ErrorKind::ConnectionRefused), ErrorKind::Connect, "cannot connect to api.test:443"),
            (
                Step::Connect,
                io(io::ErrorKind::ConnectionReset),
                ErrorKind::Connect,
                "api.test:443 closed the connection during setup",
            ),
            (
                Step::Login,
                io(io::ErrorKind::Other),
                ErrorKind::Config,
                "proxy: api.test:443 requires a valid user name and password; use http://user:password@host:port",
            ),
            (
                Step::Refused(403),
                UreqError::Io(io::Error::other("403 Forbidden")),
                ErrorKind::Config,
                "proxy: api.test:443 refused to connect to api.test:443: 403 Forbidden; check the proxy URL, and that \
                 the proxy allows this host",
            ),
            (
                Step::Refused(503),
                UreqError::Io(io::Error::other("503")),
                ErrorKind::Connect,
                "the proxy api.test:443 cannot connect to api.test:443: 503",
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
                "the tunnel to api.test:443 was closed during setup",
            ),
            // Bytes that cannot be parsed do not show the reason, so the text stays general.
            (
                Step::Proxy,
                io(io::ErrorKind::InvalidData),
                ErrorKind::Connect,
                "cannot connect to api.test:443 through the proxy",
            ),
            (Step::Connect, UreqError::Tls("x"), ErrorKind::Tls, "cannot establish a TLS connection to api.test:443"),
            (Step::Connect, UreqError::HostNotFound, ErrorKind::Connect, "cannot connect to api.test:443"),
            (
                Step::Proxy,
                io(io::ErrorKind::UnexpectedEof),
                ErrorKind::Connect,
                "cannot connect to api.test:443 through the proxy",
            ),
        ];
        let base = Base::parse("https://api.test").unwrap();
        let uri = Uri::from_static("https://user:pw@api.test/");
        for (step, error, kind, summary) in table {
            let UreqError::Other(wrapped) = ConnectError::at(step, &uri, error) else { panic!("not wrapped") };
            let failure = wrapped.downcast::<ConnectError>().unwrap().failure(&base);
            assert_eq!((failure.kind, failure.summary.as_str(), failure.request_fully_sent), (kind, summary, false));
        }
    }

    #[test]
    fn port_defaults_to_that_of_the_scheme() {
        for (uri, expected) in [("https://x", 443), ("http://x", 80), ("socks5h://x", 1080), ("http://x:8080", 8080)] {
            assert_eq!(port(&Uri::from_static(uri)), expected, "{uri}");
        }
    }
}
