//! Chains of connectors: a socket, and TLS on top where the URI wants it.

use ::ureq::Error as UreqError;
use ::ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

use super::socket::Dial;

pub(super) type Chain = Box<dyn Connector<(), Out = Box<dyn Transport>>>;

/// Makes the chain that connects to a proxy itself.
pub(super) fn to_proxy() -> Chain {
    with_tls(().chain(Dial))
}

pub(super) fn with_tls(chain: impl Connector<()>) -> Chain {
    #[cfg(feature = "rustls")]
    let chain = chain.chain(::ureq::unversioned::transport::RustlsConnector::default());
    #[cfg(feature = "native-tls")]
    let chain = chain.chain(::ureq::unversioned::transport::NativeTlsConnector::default());
    Box::new(chain.chain(Finish))
}

/// The end of the chain, which makes one type of whatever came out.
#[derive(Debug)]
struct Finish;

impl<In: Transport> Connector<In> for Finish {
    type Out = Box<dyn Transport>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, UreqError> {
        Ok(chained.map(|transport| Box::new(transport) as _))
    }
}
