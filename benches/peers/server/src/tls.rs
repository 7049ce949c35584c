//! TLS with the defaults of rustls, session tickets, and a certificate generated at the start.

use std::net::TcpStream;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};

use crate::counts::Counts;

/// Creates a certificate authority, writes its certificate to the file `ca`, and returns the configuration of a server.
pub fn config(ca: &str) -> Arc<ServerConfig> {
    let mut authority = CertificateParams::new([]).expect("no names are fine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // The names of the two certificates must differ. Otherwise OpenSSL treats the server's certificate as self-signed.
    authority.distinguished_name.push(DnType::CommonName, "the peers' authority");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority =
        CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("a certificate");
    std::fs::write(ca, authority.pem()).expect("a place for the certificate");

    let key = KeyPair::generate().expect("a key");
    let host = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address is fine");
    let host = host.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions that ring has")
        .with_no_client_auth()
        .with_single_cert(vec![host.der().clone()], key)
        .expect("a key that fits");
    config.ticketer = ring::Ticketer::new().expect("a ticketer");
    Arc::new(config)
}

/// Completes the TLS handshake, and counts it as full or resumed.
pub fn accept(
    mut stream: TcpStream,
    config: &Arc<ServerConfig>,
    counts: &Counts,
) -> std::io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    match connection.handshake_kind() {
        Some(HandshakeKind::Resumed) => counts.resumed.add(),
        _ => counts.full.add(),
    }
    Ok(StreamOwned::new(connection, stream))
}
