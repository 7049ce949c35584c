//! Tests of TLS servers that cannot be trusted or do not speak TLS: the error states the reason, and no request is
//! sent.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use identifai::{Error, ErrorKind, Image};
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, SupportedProtocolVersion};
use test_support::tls::{Authority, Identity, Peer, Tap, provider};
use test_support::{CAT, Connection, KEY};

use super::error_chain;

const NOT_TRUSTED: &str =
    "its certificate was issued by an unknown authority; for a private CA, trust its root certificate";
const AUTHORITY: &str = "its certificate is a CA certificate (CA:TRUE), which a host cannot use";
const OTHER_HOST: &str = "its certificate is for another host; check the URL";
const EXPIRED: &str = "its certificate has expired, or the clock of this machine is wrong";
const TOO_EARLY: &str = "its certificate is not valid yet, or the clock of this machine is wrong";
const TOO_OLD: &str = "it supports neither TLS 1.2 nor TLS 1.3";
const REFUSED: &str = "it refused the connection";
const NO_TLS: &str = "it does not speak TLS; check the host, the port, and whether it serves https";

/// Submits to `peer` and returns the error. Asserts that the call ends soon, and that the client opens one connection
/// and sends only handshake messages and alerts on it.
fn refused(what: &str, peer: &Peer, host: &str, trusted: &Authority) -> Error {
    let client = peer.builder(host).root_certificates(trusted.pem()).build().unwrap();
    let start = Instant::now();
    let error = client.submit(&Image::from_url(CAT)).expect_err(what);
    assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
    assert!(!error.may_have_been_sent(), "{what}: {error}");
    for wire in peer.received(1) {
        assert!(!wire.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "{what}");
        // At most an alert, which is shorter than any request.
        assert!(after_client_hello(&wire).len() <= 30, "{what}: {wire:?}");
    }
    assert_eq!((peer.server.connections(), peer.server.requests().len()), (1, 0), "{what}");
    error
}

/// Returns the bytes that a client sent after its `ClientHello`.
fn after_client_hello(wire: &[u8]) -> &[u8] {
    let len = |header: &[u8]| 5 + usize::from(u16::from_be_bytes([header[3], header[4]]));
    wire.get(..5).and_then(|header| wire.get(len(header)..)).unwrap_or_default()
}

#[test]
fn invalid_certificate_error_states_the_reason() {
    let company = Authority::new("company");
    let check = |what: &str, host: &str, identity: Identity, summary: &str, cause: &str| {
        let peer = Peer::serving(identity.config());
        let error = refused(what, &peer, host, &company);
        assert_eq!(error.kind(), ErrorKind::Tls, "{what}: {error}");
        assert_eq!(
            error.to_string(),
            format!("cannot establish a TLS connection to {host}:{}: {summary}", peer.port()),
            "{what}"
        );
        assert!(error_chain(&error).contains(cause), "{what}: {}", error_chain(&error));
    };
    let (name, address) = ("localhost", "127.0.0.1");
    check("of a stranger", name, Authority::new("stranger").certify(name), NOT_TRUSTED, "UnknownIssuer");
    check("of one that took the name", name, Authority::new("company").certify(name), NOT_TRUSTED, "BadSignature");
    check("self-signed", name, Identity::self_signed(name, |_| ()).0, NOT_TRUSTED, "UnknownIssuer");
    let as_openssl = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let as_openssl = Identity::self_signed(name, as_openssl).0;
    check("self-signed as `openssl req -x509` has it", name, as_openssl, AUTHORITY, "CaUsedAsEndEntity");
    let mut no_intermediate = company.intermediate("company, servers").certify(name);
    no_intermediate.chain.truncate(1);
    check("without the intermediate one", name, no_intermediate, NOT_TRUSTED, "UnknownIssuer");
    check("of another host", name, company.certify("other.test"), OTHER_HOST, "only valid for DnsName(\"other.test\")");
    check("of a host below", name, company.certify("*.localhost"), OTHER_HOST, "\"*.localhost\"");
    check("of a name and not of the address", address, company.certify(name), OTHER_HOST, "name \"127.0.0.1\"");
    check("of an address and not of the name", name, company.certify(address), OTHER_HOST, "IpAddress(127.0.0.1)");
    let valid = |from, to| {
        let year = |year| date_time_ymd(year, 1, 1);
        company.certify_with(name, |params| (params.not_before, params.not_after) = (year(from), year(to)))
    };
    check("expired", name, valid(1975, 2020), EXPIRED, "is not valid after 1577836800");
    check("not valid yet", name, valid(4000, 4096), TOO_EARLY, "is not valid before 64060588800");
}

/// Starts a server that reads the `ClientHello`, answers with `bytes`, and reads until the client closes.
fn responding(bytes: impl Into<Vec<u8>>) -> Peer {
    let bytes = bytes.into();
    Peer::scripted(move |connection| {
        read_hello(connection);
        connection.stream.get_mut().write_all(&bytes).unwrap();
        connection.wait_for_end();
    })
}

fn read_hello(connection: &mut Connection<Tap>) {
    let mut header = [0; 5];
    connection.stream.read_exact(&mut header).unwrap();
    let mut message = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    connection.stream.read_exact(&mut message).unwrap();
}

/// Builds a fatal alert (RFC 8446, section 6).
fn alert(description: u8) -> Vec<u8> {
    vec![21, 3, 1, 0, 2, 2, description]
}

#[test]
fn refused_handshake_error_states_the_reason() {
    // A ServerHello of TLS 1.1: version, random, no session, a cipher suite of TLS 1.1, no compression.
    let tls_1_1 = [&[22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[9; 32], &[0, 0xc0, 0x13, 0]].concat();
    let table = [
        ("TLS 1.1 only, refusing", alert(70), TOO_OLD, "ProtocolVersion"),
        ("TLS 1.1 only, going ahead", tls_1_1, TOO_OLD, "ServerDoesNotSupportTls12Or13"),
        ("no cipher in common", alert(40), REFUSED, "HandshakeFailure"),
        ("a host name it does not know", alert(112), REFUSED, "UnrecognisedName"),
        ("a failure of its own", alert(80), REFUSED, "InternalError"),
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec(), NO_TLS, "corrupt message"),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), NO_TLS, "corrupt message"),
        ("noise", vec![7; 400], NO_TLS, "corrupt message"),
        ("noise in a record", [&[22, 3, 3, 0, 200][..], &[9; 200]].concat(), NO_TLS, "corrupt message"),
        ("data before the handshake", [&[23, 3, 3, 0, 20][..], &[1; 20]].concat(), NO_TLS, "got ApplicationData"),
    ];
    let company = Authority::new("company");
    for (what, bytes, summary, cause) in table {
        let peer = responding(bytes);
        let error = refused(what, &peer, "localhost", &company);
        assert_eq!(error.kind(), ErrorKind::Tls, "{what}: {error}");
        assert_eq!(
            error.to_string(),
            format!("cannot establish a TLS connection to localhost:{}: {summary}", peer.port()),
            "{what}"
        );
        assert!(error_chain(&error).contains(cause), "{what}: {}", error_chain(&error));
    }
}

#[test]
fn close_in_the_handshake_is_a_connect_error() {
    let in_its_response = |connection: &mut Connection<Tap>| {
        read_hello(connection);
        connection.stream.get_mut().write_all(&[22, 3, 3, 0, 90, 2]).unwrap();
    };
    // Closing a socket with unread bytes sends a reset.
    let by_a_reset = |connection: &mut Connection<Tap>| {
        connection.stream.get_mut().stream.read_exact(&mut [0; 5]).unwrap();
    };
    let table = [
        ("at once", Peer::scripted(|_| ())),
        ("after the first message", Peer::scripted(read_hello)),
        ("in its response", Peer::scripted(in_its_response)),
        ("by a reset", Peer::scripted(by_a_reset)),
    ];
    let company = Authority::new("company");
    for (what, peer) in table {
        let error = refused(what, &peer, "localhost", &company);
        assert_eq!(error.kind(), ErrorKind::Connect, "{what}: {error}");
        let summary = format!("localhost:{} closed the connection during setup", peer.port());
        assert_eq!(error.to_string(), summary, "{what}");
    }
}

#[test]
fn stalled_handshake_ends_at_the_connect_timeout() {
    const LIMIT: Duration = Duration::from_millis(200);
    let trickling = |connection: &mut Connection<Tap>| {
        read_hello(connection);
        // A ServerHello of 256 bytes. Each byte arrives before a timeout for single reads would end.
        connection.trickle([22, 3, 3, 1, 0, 2, 0, 0, 252].into_iter().chain([3; 247]));
    };
    let company = Authority::new("company");
    for peer in [Peer::scripted(Connection::wait_for_end), Peer::scripted(trickling)] {
        let builder = peer.builder("localhost").connect_timeout(LIMIT);
        let client = builder.root_certificates(company.pem()).build().unwrap();
        let late = (1..=3).map(|connections| {
            let start = Instant::now();
            let error = client.submit(&Image::from_url(CAT)).unwrap_err();
            let took = start.elapsed();
            assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
            assert_eq!(error.to_string(), format!("timed out while connecting to localhost:{}", peer.port()));
            assert_eq!(peer.server.connections(), connections);
            took.saturating_sub(LIMIT)
        });
        let mut late = late.inspect(|late| assert!(*late < Duration::from_secs(5), "{late:?}"));
        assert!(late.any(|late| late < Duration::from_millis(50)));
    }
}

#[test]
fn required_client_certificate_is_reported() {
    let company = Authority::new("company");
    let peer = |version: &'static SupportedProtocolVersion| {
        let mut roots = RootCertStore::empty();
        roots.add(company.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
        let ask = |builder: ConfigBuilder<_, _>| builder.with_client_cert_verifier(verifier);
        Peer::serving(company.certify("localhost").config_with(&[version], ask))
    };
    let summary = "it requires a client certificate, and this client has none";
    let error_of = |peer: &Peer| {
        let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
        client.submit(&Image::from_url(CAT)).unwrap_err()
    };
    let peer_1_2 = peer(&rustls::version::TLS12);
    let error = error_of(&peer_1_2);
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
    assert_eq!(
        error.to_string(),
        format!("cannot establish a TLS connection to localhost:{}: {summary}", peer_1_2.port())
    );
    // With TLS 1.3 the client learns this only after it has sent the request. That is safe, because it has already
    // verified the server.
    let peer_1_3 = peer(&rustls::version::TLS13);
    let error = error_of(&peer_1_3);
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Disconnected, true), "{error}");
    assert!(error.to_string().starts_with(&format!("lost the connection to localhost:{}: {summary}", peer_1_3.port())));
    for peer in [peer_1_2, peer_1_3] {
        assert!(peer.server.requests().is_empty());
    }
}

#[test]
fn plain_http_to_a_tls_server_hints_at_https() {
    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let error = peer.server.client().submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
    let error = error.to_string();
    assert!(error.starts_with("invalid HTTP response from 127.0.0.1:"), "{error}");
    assert!(error.contains("; use https if the server expects TLS"), "{error}");
}
