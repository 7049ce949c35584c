//! Connections through a proxy: connects to the proxy, which then connects to the target.

use ::ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport, TransportAdapter};
use ::ureq::{Error as UreqError, Proxy, ProxyProtocol};

use super::chain::{Chain, copy, with_tls};
use super::connect_error::{ConnectError, Step};
use super::http_proxy;
use super::socket::Dial;
#[cfg(feature = "socks-proxy")]
use super::socks;

/// A connector that opens a connection through the proxy. Without a proxy, it opens none.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// Connects to the proxy itself, with TLS if its URL is `https`.
    to_proxy: Chain,
}

impl Tunnel {
    pub(super) fn new() -> Self {
        Self { to_proxy: with_tls(().chain(Dial)) }
    }

    fn connect_to_proxy(&self, details: &ConnectionDetails, proxy: &Proxy) -> Result<Box<dyn Transport>, UreqError> {
        let addrs = details.resolver.resolve(proxy.uri(), details.config, details.timeout)?;
        let connected = self.to_proxy.connect(&ConnectionDetails { uri: proxy.uri(), addrs, ..copy(details) }, None);
        let connected = connected.and_then(|found| found.ok_or(UreqError::ConnectionFailed));
        connected.map_err(|error| ConnectError::at(Step::Connect, proxy.uri(), error))
    }
}

impl Connector for Tunnel {
    type Out = Tunneled;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Tunneled>, UreqError> {
        let Some(proxy) = details.config.proxy() else { return Ok(None) };
        let transport = self.connect_to_proxy(details, proxy)?;
        let mut stream = TransportAdapter::new(transport, details.current_time.clone());
        stream.set_timeout(details.timeout);
        let outcome = match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => http_proxy::connect(&mut stream, details, proxy),
            #[cfg(feature = "socks-proxy")]
            _ => socks::connect(&mut stream, details, proxy),
            #[cfg(not(feature = "socks-proxy"))]
            _ => Err(UreqError::InvalidProxyUrl),
        };
        outcome.map_err(|error| ConnectError::at(Step::Proxy, details.uri, error))?;
        Ok(Some(Tunneled(stream.into_inner())))
    }
}

/// A connection to the target through the proxy. It has no TLS with the target, even if there is TLS with the proxy.
#[derive(Debug)]
pub(super) struct Tunneled(Box<dyn Transport>);

impl Transport for Tunneled {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), UreqError> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, UreqError> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}
