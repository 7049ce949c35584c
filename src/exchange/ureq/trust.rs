//! Which certificates are trusted, and which library checks them: set outright, since ureq panics where its default is
//! not compiled in.

use ::ureq::config::ConfigBuilder;
use ::ureq::typestate::AgentScope;

use crate::error::{Error, Result};

type AgentConfig = ConfigBuilder<AgentScope>;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(super) use self::with_tls::{roots, trust};
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
pub(super) use self::without_tls::{roots, trust};

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod with_tls {
    use ::ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    use super::{AgentConfig, Error, Result};

    /// Reads the certificates in `pem`.
    pub(in super::super) fn roots(pem: &[u8]) -> Result<RootCerts> {
        let (mut certificates, mut has_key) = (Vec::new(), false);
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(item) => has_key |= matches!(item, PemItem::PrivateKey(_)),
                Err(_) => return Err(Error::config("extra_root_certificates", "is PEM that is damaged or cut short")),
            }
        }
        match certificates.is_empty() {
            false => Ok(RootCerts::from(certificates)),
            true if has_key => Err(Error::config("extra_root_certificates", "holds a private key and no certificate")),
            true => Err(Error::config(
                "extra_root_certificates",
                "holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----",
            )),
        }
    }

    pub(in super::super) fn trust(config: AgentConfig, extra: Option<&RootCerts>) -> AgentConfig {
        // Who turns on the system's TLS means it; rustls is there by default.
        let native = cfg!(feature = "native-tls");
        let usual = match native || cfg!(feature = "platform-verifier") {
            true => RootCerts::PlatformVerifier,
            false => RootCerts::WebPki,
        };
        let provider = if native { TlsProvider::NativeTls } else { TlsProvider::Rustls };
        config.tls_config(TlsConfig::builder().provider(provider).root_certs(extra.cloned().unwrap_or(usual)).build())
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod without_tls {
    use super::{AgentConfig, Error, Result};

    pub(in super::super) enum Never {}

    pub(in super::super) fn roots(_: &[u8]) -> Result<Never> {
        Err(Error::config("extra_root_certificates", "takes the crate's feature `rustls` or `native-tls`"))
    }

    pub(in super::super) fn trust(config: AgentConfig, _: Option<&Never>) -> AgentConfig {
        config
    }
}
