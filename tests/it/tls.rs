//! HTTPS against a real TLS server on loopback: who is trusted, what is resumed, and that nothing is sent before.

use std::error::Error as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use identifai::{Client, ClientBuilder, ErrorKind, Image, Pace};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};

use crate::support::{CAT, ID, KEY, Server, accepted, answer};

type Stream = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// A server, and what it saw.
struct TlsServer {
    address: SocketAddr,
    authority: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// The number of requests on each connection that had one.
    requests: Vec<usize>,
    /// All connections, those included whose handshake failed.
    accepted: usize,
    /// The handshake of each.
    handshakes: Vec<Option<HandshakeKind>>,
}

impl Seen {
    fn requests(&self) -> usize {
        self.requests.iter().sum()
    }

    /// Notes a request, the first on its connection or a later one.
    fn note(&mut self, stream: &Stream, is_first: bool) {
        if is_first {
            self.handshakes.push(stream.get_ref().conn.handshake_kind());
            self.requests.push(0);
        }
        *self.requests.last_mut().unwrap() += 1;
    }
}

impl TlsServer {
    /// One that closes each connection after `answers` answers.
    fn start(host: &str, answers: usize) -> Self {
        Self::serving(host, move |stream, seen| serve(stream, answers, seen))
    }

    fn serving(host: &str, serve: impl Fn(&mut Stream, &Mutex<Seen>) + Send + Sync + 'static) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Else OpenSSL takes what it signs for self-signed.
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority");
        let authority = CertifiedIssuer::self_signed(params, key).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let config = config(certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (shared, serve) = (Arc::clone(&seen), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                shared.lock().unwrap().accepted += 1;
                let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                let (shared, serve) = (Arc::clone(&shared), Arc::clone(&serve));
                std::thread::spawn(move || serve(&mut BufReader::new(StreamOwned::new(tls, stream.unwrap())), &shared));
            }
        });
        Self { address, authority: authority.pem(), seen }
    }

    fn builder(&self) -> ClientBuilder {
        let url = format!("https://localhost:{}", self.address.port());
        Client::builder(KEY).base_url(url).pace(Pace::off()).retries(0).timeout(Duration::from_secs(10))
    }
}

fn config(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}

/// Reads a head, and how long the body is; `None` at the end of the connection.
fn head(stream: &mut Stream) -> Option<(String, usize)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    Some((head, length))
}

fn serve(stream: &mut Stream, answers: usize, seen: &Mutex<Seen>) {
    for number in 0..answers {
        let Some((head, length)) = head(stream) else { return };
        if head.contains("expect: 100-continue\r\n") {
            let refusal = answer(413, "application/json", "{\"error\":\"Too large.\"}");
            let is_refused = length > 4 << 20;
            let interim = if is_refused { &refusal } else { "HTTP/1.1 100 Continue\r\n\r\n" };
            stream.get_mut().write_all(interim.as_bytes()).unwrap();
            stream.get_mut().flush().unwrap();
            if is_refused {
                // Kept open, and nothing may follow.
                assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
                return;
            }
        }
        stream.read_exact(&mut vec![0; length]).unwrap();
        seen.lock().unwrap().note(stream, number == 0);
        // Who is not told that this is the last one may begin the next one before the end is there.
        let last = if number + 1 == answers { "\r\nConnection: close\r\n" } else { "\r\n" };
        stream.get_mut().write_all(accepted().replacen("\r\n", last, 1).as_bytes()).unwrap();
    }
    stream.get_mut().conn.send_close_notify();
    let _ = stream.get_mut().flush();
}

#[test]
fn uploads_pass_and_are_refused_within_tls() {
    let server = TlsServer::start("localhost", 2);
    let client = server.builder().extra_root_certificates(server.authority.clone()).build().unwrap();
    let png = |len: usize| [&b"\x89PNG\r\n\x1a\n"[..], &vec![7; len]].concat();
    client.submit(&Image::from_bytes(png(3 << 20))).unwrap();
    let error = client.submit(&Image::from_bytes(png(6 << 20))).unwrap_err();
    assert_eq!((error.status(), error.message(), error.may_have_been_sent()), (Some(413), Some("Too large."), false));
}

// native-tls resumes nothing.
#[cfg(not(feature = "native-tls"))]
#[test]
fn an_extra_root_is_trusted_and_later_connections_resume() {
    let server = TlsServer::start("localhost", 1);
    let client = server.builder().extra_root_certificates(server.authority.clone()).build().unwrap();
    for _ in 0..4 {
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
    }
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.requests, [1; 4]);
    assert_eq!(seen.accepted, 5, "the roots that fit are known after the first handshake");
    assert!(matches!(seen.handshakes[0], Some(HandshakeKind::Full)), "{:?}", seen.handshakes);
    assert!(
        seen.handshakes[1..].iter().all(|kind| matches!(kind, Some(HandshakeKind::Resumed))),
        "{:?}",
        seen.handshakes
    );
}

#[test]
fn a_hundred_calls_take_one_connection() {
    let server = TlsServer::start("localhost", 1_000);
    let client = server.builder().extra_root_certificates(server.authority.clone()).build().unwrap();
    for _ in 0..100 {
        client.submit(&Image::from_url(CAT)).unwrap();
    }
    assert_eq!(server.seen.lock().unwrap().requests, [100]);
}

/// An answer of `len` bytes in all.
fn padded(len: usize) -> String {
    let body = format!("{{\"identifier\":\"{ID}\"}}");
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let length = (0..len).rev().find(|length| head(*length).len() + length == len).unwrap();
    format!("{}{body:length$}", head(length))
}

#[test]
fn what_follows_an_answer_is_not_taken_for_the_next_one() {
    // It stays behind in a buffer: that of the socket, that of TLS, or ours.
    for len in (3_800..=4_020).step_by(20).chain([200, 8_100, 16_384, 32_768]) {
        let server = TlsServer::serving("localhost", move |stream, seen| {
            let Some((_, length)) = head(stream) else { return };
            stream.read_exact(&mut vec![0; length]).unwrap();
            seen.lock().unwrap().note(stream, true);
            for answer in [padded(len), accepted().replace(ID, &"0".repeat(64))] {
                stream.get_mut().conn.writer().write_all(answer.as_bytes()).unwrap();
            }
            stream.get_mut().flush().unwrap();
            let _ = stream.read(&mut [0]);
        });
        let client = server.builder().extra_root_certificates(server.authority.clone()).build().unwrap();
        for _ in 0..2 {
            assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID, "{len}");
        }
        assert_eq!(server.seen.lock().unwrap().requests, [1, 1], "{len}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_before_the_key_is_sent() {
    let server = TlsServer::start("localhost", 1);
    let other = TlsServer::start("localhost", 1);
    let trusting_another = server.builder().extra_root_certificates(other.authority.clone());
    for builder in [server.builder(), trusting_another] {
        let error = builder.build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
        assert!(error.to_string().starts_with("no secure connection to localhost:"), "{error}");
        assert!(error.source().unwrap().to_string().contains("certificate"), "{error:?}");
    }
    assert_eq!(server.seen.lock().unwrap().requests(), 0);
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let server = TlsServer::start("other.test", 1);
    let client = server.builder().extra_root_certificates(server.authority.clone()).build().unwrap();
    let error = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
    assert_eq!(server.seen.lock().unwrap().requests(), 0);
}

#[test]
fn what_is_no_tls_is_a_tls_error_and_sees_no_key() {
    let (seen, saw) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        let mut received = Vec::new();
        let _ = connection.stream.read_to_end(&mut received);
        seen.send(received).unwrap();
    });
    let url = format!("https://localhost:{}", server.address.port());
    let error = server.builder().base_url(url).build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
    let received = saw.recv().unwrap();
    assert!(!received.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    assert!(!received.windows(9).any(|window| window == b"x-api-key"));
}

// native-tls does not tell a lost connection from a refused one.
#[cfg(not(feature = "native-tls"))]
#[test]
fn only_a_refused_certificate_is_worth_a_second_connection() {
    let server = Server::start(|connection| {
        connection.stream.read_exact(&mut [0; 5]).unwrap();
    });
    let url = format!("https://localhost:{}", server.address.port());
    let authority = TlsServer::start("localhost", 1).authority;
    let client = server.builder().base_url(url).extra_root_certificates(authority).build().unwrap();
    let error = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Connect, false), "{error}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_handshake_that_stalls_ends_with_the_connect_timeout() {
    let server = Server::start(crate::support::Connection::wait_for_end);
    let url = format!("https://localhost:{}", server.address.port());
    let builder = server.builder().base_url(url).connect_timeout(Duration::from_millis(200));
    for builder in [builder.clone(), builder.extra_root_certificates(TlsServer::start("localhost", 1).authority)] {
        let error = builder.build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
        assert!(error.to_string().contains("connecting"), "{error}");
    }
    assert_eq!(server.connections(), 2);
}

#[test]
fn an_extra_root_is_trusted_through_a_proxy_too_which_sees_no_key() {
    let server = TlsServer::start("api.test", 1_000);
    let (target, seen) = (server.address, Arc::new(Mutex::new(Vec::new())));
    let tapped = Arc::clone(&seen);
    let proxy = Server::start(move |connection| {
        connection.request();
        connection.send("HTTP/1.1 200 Connected\r\n\r\n");
        let server = TcpStream::connect(target).unwrap();
        let (mut to, mut from) = (server.try_clone().unwrap(), server);
        let mut back = connection.stream.get_ref().try_clone().unwrap();
        std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        let mut some = [0; 4096];
        while let Ok(read) = connection.stream.read(&mut some) {
            if read == 0 || to.write_all(&some[..read]).is_err() {
                break;
            }
            tapped.lock().unwrap().extend_from_slice(&some[..read]);
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let builder = server.builder().base_url("https://api.test").proxy(proxy.base_url());
    let client = builder.extra_root_certificates(server.authority.clone()).build().unwrap();
    for _ in 0..3 {
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
    }
    assert_eq!(server.seen.lock().unwrap().requests, [3]);
    assert!(proxy.requests().iter().all(|seen| seen.head.starts_with("CONNECT api.test:443 ")));
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && !seen.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
}
