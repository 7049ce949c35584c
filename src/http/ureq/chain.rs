//! Chains of connectors, which open a socket and add TLS for `https`.

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

pub(super) type Chain = Box<dyn Connector<(), Out = Box<dyn Transport>>>;

/// Adds TLS for `https` to a chain, and boxes its connections.
pub(super) fn with_tls(chain: impl Connector<()>) -> Chain {
    #[cfg(feature = "rustls")]
    let chain = chain.chain(::ureq::unversioned::transport::RustlsConnector::default());
    #[cfg(feature = "native-tls")]
    let chain = chain.chain(::ureq::unversioned::transport::NativeTlsConnector::default());
    Box::new(chain.chain(BoxConnection))
}

/// The last connector of a chain. It boxes the connection, which gives all connections the same type.
#[derive(Debug)]
struct BoxConnection;

impl<In: Transport> Connector<In> for BoxConnection {
    type Out = Box<dyn Transport>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, UreqError> {
        Ok(chained.map(|transport| Box::new(transport) as _))
    }
}

/// Returns a copy of `details`. `ConnectionDetails` does not implement `Clone`.
pub(super) fn copy<'a>(details: &ConnectionDetails<'a>) -> ConnectionDetails<'a> {
    ConnectionDetails {
        uri: details.uri,
        addrs: details.addrs.clone(),
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    }
}
