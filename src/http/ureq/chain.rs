//! Chains of connectors: a socket, with TLS on top for `https`.

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

use super::socket::Dial;

pub(super) type Chain = Box<dyn Connector<(), Out = Box<dyn Transport>>>;

/// Makes the chain that connects to a proxy.
pub(super) fn to_proxy() -> Chain {
    with_tls(().chain(Dial))
}

/// Adds TLS to a chain, and boxes its connections.
pub(super) fn with_tls(chain: impl Connector<()>) -> Chain {
    #[cfg(feature = "rustls")]
    let chain = chain.chain(::ureq::unversioned::transport::RustlsConnector::default());
    #[cfg(feature = "native-tls")]
    let chain = chain.chain(::ureq::unversioned::transport::NativeTlsConnector::default());
    Box::new(chain.chain(Finish))
}

/// The end of a chain, which makes connections of every type one type.
#[derive(Debug)]
struct Finish;

impl<In: Transport> Connector<In> for Finish {
    type Out = Box<dyn Transport>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, UreqError> {
        Ok(chained.map(|transport| Box::new(transport) as _))
    }
}
