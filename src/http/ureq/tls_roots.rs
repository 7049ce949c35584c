//! The choice of the TLS library and the root certificates. Both are always set explicitly, since ureq panics if its
//! default library is not compiled in.

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

    /// Parses the certificates in `pem`. Other text is skipped, since bundles have comments between the certificates.
    pub(in crate::http::ureq) fn roots(pem: &[u8]) -> Result<RootCerts> {
        // Some editors on Windows write a byte order mark. The parser would not find a certificate directly after it.
        let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
        let (mut certificates, mut has_key) = (Vec::new(), false);
        for item in parse_pem(pem) {
            match item {
                // TLS libraries silently skip certificates that they cannot parse. If they skip all of them, every
                // connection fails, so an error is returned here.
                Ok(PemItem::Certificate(certificate)) if !is_der_sequence(certificate.der()) => {
                    return Err(unusable("invalid certificate between BEGIN CERTIFICATE and END CERTIFICATE"));
                }
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(item) => has_key |= matches!(item, PemItem::PrivateKey(_)),
                Err(_) => return Err(unusable("invalid or truncated PEM")),
            }
        }
        if !certificates.is_empty() {
            return Ok(RootCerts::from(certificates));
        }
        Err(unusable(if has_key {
            "contains a private key but no certificate"
        } else {
            "contains no PEM certificate, which begins with -----BEGIN CERTIFICATE-----"
        }))
    }

    /// Returns `true` if `der` consists of exactly one DER sequence, as a certificate does (ITU-T X.690, section
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

    /// Sets the TLS library and the root certificates. The latter are those in `given`, or else the usual ones.
    pub(in crate::http::ureq) fn trust(config: AgentConfig, given: Option<RootCerts>) -> AgentConfig {
        // If both features are enabled, `native-tls` takes precedence: it was chosen explicitly, while `rustls` is a
        // default feature.
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
        Err(unusable("requires the feature `rustls` or `native-tls` of this crate"))
    }

    pub(in crate::http::ureq) fn trust(config: AgentConfig, _: Option<Never>) -> AgentConfig {
        config
    }
}
