//! The other side: real TLS with certificates made on the spot, scripts for what no library would send, and a tap on
//! the wire.

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

/// Who vouches for certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// What has to come along with a certificate that it signed, as it is no root.
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(Self::params(name), key).unwrap(), chain: Vec::new() }
    }

    /// One that this one vouches for.
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

/// What a server shows, and the key to it.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    /// Its own authority. Returns its certificate in PEM, too.
    pub fn self_signed(host: &str, change: impl FnOnce(&mut CertificateParams)) -> (Self, String) {
        let (params, key) = (params(host, change), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        (Self { chain: vec![certificate.der().clone()], key }, certificate.pem())
    }

    pub fn config(self) -> ServerConfig {
        self.config_of(rustls::ALL_VERSIONS)
    }

    pub fn config_of(self, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
        self.config_with(versions, ConfigBuilder::<ServerConfig, _>::with_no_client_auth)
    }

    /// One that asks of its clients what `authenticate` says.
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

/// A server that keeps what came in on each of its connections.
pub struct Peer {
    pub server: Server,
    wires: Receiver<Vec<u8>>,
}

impl Peer {
    /// Follows `script`, and then ends the connection.
    pub fn scripted(script: impl Fn(&mut Connection<Tap>) + Send + Sync + 'static) -> Self {
        let (tapped, wires) = channel();
        let server = Server::start(move |connection| {
            let tap = |stream: &mut TcpStream| Tap {
                stream: stream.try_clone().unwrap(),
                received: Vec::new(),
                tapped: tapped.clone(),
            };
            script(&mut connection.within(tap));
        });
        Self { server, wires }
    }

    /// Speaks TLS, and follows `script` within.
    pub fn tls(config: ServerConfig, script: impl Fn(&mut Connection<Tls<&mut Tap>>) + Send + Sync + 'static) -> Self {
        let config = Arc::new(config);
        Self::scripted(move |connection| {
            speak_tls(connection, &config, &script);
            connection.stream.get_mut().end();
        })
    }

    /// Speaks TLS, and would accept whatever is submitted.
    pub fn serving(config: ServerConfig) -> Self {
        // By itself, `accept` would be for one lifetime.
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

    /// What came in on the next `number` connections to end.
    pub fn wires(&self, number: usize) -> Vec<Vec<u8>> {
        let next = || self.wires.recv_timeout(Duration::from_secs(10)).unwrap();
        (0..number).map(|_| next()).collect()
    }
}

pub type Tls<S> = StreamOwned<ServerConnection, S>;

/// Speaks TLS within `connection`, follows `script` in there, and ends it as TLS wants it.
pub fn speak_tls<'a, S: Read + Write>(
    connection: &'a mut Connection<S>,
    config: &Arc<ServerConfig>,
    script: impl FnOnce(&mut Connection<Tls<&'a mut S>>),
) {
    let session = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut connection = connection.within(|stream| StreamOwned::new(session, stream));
    script(&mut connection);
    let stream = connection.stream.get_mut();
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// Accepts whatever is submitted.
pub fn accept<S: Read + Write>(connection: &mut Connection<S>) {
    while connection.request().is_some() {
        connection.send(&accepted());
    }
}

/// A socket that shows what came in, once it is closed.
pub struct Tap {
    pub stream: TcpStream,
    received: Vec<u8>,
    tapped: Sender<Vec<u8>>,
}

impl Tap {
    /// Says no more, and listens until the client has closed, so that no reset overtakes what was said.
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
        // Few tests look.
        let _ = self.tapped.send(std::mem::take(&mut self.received));
    }
}
