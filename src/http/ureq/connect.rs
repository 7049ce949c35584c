//! The connector of the agent. It looks up the host name, opens a socket or a tunnel through a proxy, and does the TLS
//! handshake.
//!
//! No byte of the request is sent before it has returned, so its errors mean that the service did not receive it.

use std::io;
use std::time::Duration;

use ::ureq::config::Config;
use ::ureq::http::Uri;
use ::ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ::ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, Transport, time};
use ::ureq::{Error as UreqError, Proxy};

use super::chain::{Chain, copy, with_tls};
use super::connect_error::{ConnectError, Step, port};
use super::connection::Connection;
use super::request_context;
use super::socket::Dial;
use super::tunnel::Tunnel;
use crate::http::dns::DnsResolver;

/// A resolver that returns no addresses. ureq calls its resolver for each request, but a lookup is necessary only for a
/// new connection. [`Connect`] does it.
#[derive(Debug)]
pub(super) struct NoopResolver;

impl Resolver for NoopResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, UreqError> {
        Ok(self.empty())
    }
}

/// The resolver for new connections to the target or to a proxy.
impl Resolver for DnsResolver {
    fn resolve(&self, uri: &Uri, _: &Config, limit: NextTimeout) -> Result<ResolvedSocketAddrs, UreqError> {
        let found = match self.look_up(uri.host().unwrap_or_default(), port(uri), request_context::left()) {
            Ok(found) => found,
            Err(error) => {
                let timed_out = error.kind() == io::ErrorKind::TimedOut;
                let error = if timed_out { UreqError::Timeout(limit.reason) } else { error.into() };
                return Err(ConnectError::at(Step::Lookup, uri, error));
            }
        };
        let mut addresses = self.empty();
        for address in found {
            // Further addresses are dropped if the array is full. It holds 16, more than can be tried before the
            // deadline.
            let _ = addresses.try_push(address);
        }
        Ok(addresses)
    }
}

/// The agent's connector.
#[derive(Debug)]
pub(super) struct Connect {
    /// Connects to the target through a proxy or directly, with TLS for `https`.
    chain: Chain,
    resolver: DnsResolver,
    timeout: Duration,
}

impl Connect {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { chain: with_tls(Tunnel::new().chain(Dial)), resolver: DnsResolver::new(), timeout }
    }

    fn connect_through_chain(&self, details: &ConnectionDetails) -> Result<Option<Box<dyn Transport>>, UreqError> {
        let proxy = details.config.proxy();
        let limit = || NextTimeout { after: request_context::left().into(), ..details.timeout };
        // A proxy looks up the target itself, except with the schemes `socks`, `socks4` and `socks5`.
        let needs_lookup = details.addrs.is_empty() && proxy.is_none_or(Proxy::resolve_target);
        let addrs = if needs_lookup {
            self.resolver.resolve(details.uri, details.config, limit())?
        } else {
            details.addrs.clone()
        };
        let (resolver, now, timeout) = (&self.resolver, time::Instant::now(), limit());
        let details = ConnectionDetails { addrs, resolver, now, timeout, ..copy(details) };
        let step = if proxy.is_some() { Step::Tunnel } else { Step::Connect };
        self.chain.connect(&details, None).map_err(|error| ConnectError::at(step, details.uri, error))
    }
}

impl Connector<()> for Connect {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, UreqError> {
        let connected = request_context::with_timeout(self.timeout, || self.connect_through_chain(details))?;
        Ok(connected.map(|inner| Box::new(Connection::new(inner)) as _))
    }
}
