//! TLS servers for tests: generated certificates, scripts for invalid handshakes, and a record of all received bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use identifai::ClientBuilder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WantsServerCert;
use rustls::{ConfigBuilder, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::{Connection, Server, accepted};

/// A certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The intermediate certificates that a server must send with its own certificate. Empty for a root authority.
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(Self::params(name), key).unwrap(), chain: Vec::new() }
    }

    /// Creates an intermediate authority, signed by this one.
    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(Self::params(name), key, &self.issuer).unwrap();
        Self { chain: [&[issuer.der().clone()], &self.chain[..]].concat(), issuer }
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        self.issuer.der()
    }

    pub fn certify(&self, host: &str) -> Identity {
        self.certify_with(host, |_| ())
    }

    pub fn certify_with(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let (params, key) = (params(host, change), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: [&[certificate.der().clone()], &self.chain[..]].concat(), key }
    }
}

fn params(host: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    change(&mut params);
    params
}

/// A server's certificate chain and its private key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    /// Creates a self-signed certificate. Also returns it in PEM, for use as a root.
    pub fn self_signed(host: &str, change: impl FnOnce(&mut CertificateParams)) -> (Self, String) {
        let (params, key) = (params(host, change), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        (Self { chain: vec![certificate.der().clone()], key }, certificate.pem())
    }

    pub fn config(self) -> ServerConfig {
        self.config_with_versions(rustls::ALL_VERSIONS)
    }

    pub fn config_with_versions(self, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
        self.config_with(versions, ConfigBuilder::<ServerConfig, _>::with_no_client_auth)
    }

    /// Builds a configuration with a choice of client authentication: `authenticate` sets it.
    pub fn config_with(
        self,
        versions: &[&'static SupportedProtocolVersion],
        authenticate: impl FnOnce(
            ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
        ) -> ConfigBuilder<ServerConfig, WantsServerCert>,
    ) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        authenticate(builder).with_single_cert(self.chain, key).unwrap()
    }
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A server that records the bytes received on each of its connections.
pub struct Peer {
    pub server: Server,
    received: Receiver<Vec<u8>>,
}

impl Peer {
    /// Starts a server that runs `script` on each connection and then closes it.
    pub fn scripted(script: impl Fn(&mut Connection<Tap>) + Send + Sync + 'static) -> Self {
        let (tapped, received) = channel();
        let server = Server::start(move |connection| {
            let tap = |stream: &mut TcpStream| Tap {
                stream: stream.try_clone().unwrap(),
                received: Vec::new(),
                tapped: tapped.clone(),
            };
            script(&mut connection.wrap(tap));
        });
        Self { server, received }
    }

    /// Starts a TLS server that runs `script` inside each TLS session.
    pub fn tls(config: ServerConfig, script: impl Fn(&mut Connection<Tls<&mut Tap>>) + Send + Sync + 'static) -> Self {
        let config = Arc::new(config);
        Self::scripted(move |connection| {
            speak_tls(connection, &config, &script);
            connection.stream.get_mut().end();
        })
    }

    /// Starts a TLS server that accepts every submission.
    pub fn serving(config: ServerConfig) -> Self {
        // `accept` itself would be inferred for a single lifetime of the connection. A closure is valid for all of them.
        #[allow(clippy::redundant_closure)]
        Self::tls(config, |connection| accept(connection))
    }

    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    pub fn builder(&self, host: &str) -> ClientBuilder {
        let url = format!("https://{host}:{}", self.port());
        self.server.builder().base_url(url).timeout(Duration::from_secs(10))
    }

    /// Returns the bytes received on each of the next `number` connections to be closed.
    pub fn received(&self, number: usize) -> Vec<Vec<u8>> {
        let next = || self.received.recv_timeout(Duration::from_secs(10)).unwrap();
        (0..number).map(|_| next()).collect()
    }
}

pub type Tls<S> = StreamOwned<ServerConnection, S>;

/// Runs `script` inside a TLS session on `connection`, and ends the session with a `close_notify` alert.
pub fn speak_tls<'a, S: Read + Write>(
    connection: &'a mut Connection<S>,
    config: &Arc<ServerConfig>,
    script: impl FnOnce(&mut Connection<Tls<&'a mut S>>),
) {
    let session = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut connection = connection.wrap(|stream| StreamOwned::new(session, stream));
    script(&mut connection);
    let stream = connection.stream.get_mut();
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// Accepts every submission on this connection.
pub fn accept<S: Read + Write>(connection: &mut Connection<S>) {
    while connection.request().is_some() {
        connection.send(&accepted());
    }
}

/// A socket that records what it receives, and passes the record on when it is dropped.
pub struct Tap {
    pub stream: TcpStream,
    received: Vec<u8>,
    tapped: Sender<Vec<u8>>,
}

impl Tap {
    /// Closes the sending side, then reads until the client closes the connection. Closing with unread bytes would send
    /// a reset, which can overtake the bytes already sent.
    pub fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = std::io::copy(self, &mut std::io::sink());
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let amount = self.stream.read(buffer)?;
        self.received.extend_from_slice(&buffer[..amount]);
        Ok(amount)
    }
}

impl Write for Tap {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // The receiver is gone if the test has already ended.
        let _ = self.tapped.send(std::mem::take(&mut self.received));
    }
}
