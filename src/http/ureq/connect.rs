//! The agent's connector: looks the name up, opens a socket or a tunnel, and starts TLS. Its errors are those from
//! before the request.

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

/// A resolver without an answer. ureq asks it for each request, and names are looked up only for a new connection.
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
            // There is room for 16, which are more than the deadline allows to try.
            let _ = addresses.try_push(address);
        }
        Ok(addresses)
    }
}

/// The agent's connector.
#[derive(Debug)]
pub(super) struct Connect {
    /// Connects to the target: by a proxy or a socket, with TLS on top for `https`.
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
        // A proxy looks the target up, except for the versions of SOCKS that cannot.
        let is_unresolved = details.addrs.is_empty() && proxy.is_none_or(Proxy::resolve_target);
        let addrs = if is_unresolved {
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
