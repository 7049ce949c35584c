//! The TLS library and the root certificates. Both are always set, since ureq panics if its default is not compiled in.

use ::ureq::config::ConfigBuilder;
use ::ureq::typestate::AgentScope;

use crate::error::Error;

type AgentConfig = ConfigBuilder<AgentScope>;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub(super) use self::with_tls::{roots, trust};
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
pub(super) use self::without_tls::{roots, trust};

fn unusable(reason: &str) -> Error {
    Error::config("root_certificates", reason)
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod with_tls {
    use ::ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    use super::{AgentConfig, unusable};
    use crate::error::Result;

    /// Reads the certificates in `pem`. Text around them is skipped, as bundles have comments between them.
    pub(in crate::http::ureq) fn roots(pem: &[u8]) -> Result<RootCerts> {
        // Editors on Windows write a byte order mark, behind which the parser does not see the first certificate.
        let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
        let (mut certificates, mut has_key) = (Vec::new(), false);
        for item in parse_pem(pem) {
            match item {
                // TLS libraries skip what they cannot parse. If nothing is left, they trust no certificate.
                Ok(PemItem::Certificate(certificate)) if !is_der_sequence(certificate.der()) => {
                    return Err(unusable(
                        "holds something that is not a certificate between BEGIN CERTIFICATE and END",
                    ));
                }
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(item) => has_key |= matches!(item, PemItem::PrivateKey(_)),
                Err(_) => return Err(unusable("is PEM that is damaged or cut short")),
            }
        }
        if !certificates.is_empty() {
            return Ok(RootCerts::from(certificates));
        }
        Err(unusable(if has_key {
            "holds a private key and no certificate"
        } else {
            "holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
        }))
    }

    /// Returns `true` if `der` is one sequence from its first byte to its last, as a certificate is (ITU-T X.690,
    /// 8.1.3).
    fn is_der_sequence(der: &[u8]) -> bool {
        const SEQUENCE: u8 = 0x30;
        const LONG_FORM: u8 = 0x80;
        let Some(([SEQUENCE, length], content)) = der.split_first_chunk() else { return false };
        if *length < LONG_FORM {
            return content.len() == usize::from(*length);
        }
        let Some((length, content)) = content.split_at_checked(usize::from(*length & !LONG_FORM)) else { return false };
        let declared = length.iter().fold(0_usize, |sum, byte| sum.saturating_mul(256).saturating_add((*byte).into()));
        content.len() == declared
    }

    /// Sets the library, and the roots to `given` or the usual ones.
    pub(in crate::http::ureq) fn trust(config: AgentConfig, given: Option<RootCerts>) -> AgentConfig {
        // `rustls` is a default feature, so `native-tls` is the one that was chosen.
        let native = cfg!(feature = "native-tls");
        let is_platform = native || cfg!(feature = "platform-verifier");
        let usual = if is_platform { RootCerts::PlatformVerifier } else { RootCerts::WebPki };
        let provider = if native { TlsProvider::NativeTls } else { TlsProvider::Rustls };
        config.tls_config(TlsConfig::builder().provider(provider).root_certs(given.unwrap_or(usual)).build())
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod without_tls {
    use super::{AgentConfig, unusable};
    use crate::error::Result;

    pub(in crate::http::ureq) enum Never {}

    pub(in crate::http::ureq) fn roots(_: &[u8]) -> Result<Never> {
        Err(unusable("takes the crate's feature `rustls` or `native-tls`"))
    }

    pub(in crate::http::ureq) fn trust(config: AgentConfig, _: Option<Never>) -> AgentConfig {
        config
    }
}
