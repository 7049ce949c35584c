//! Tests of HTTPS with TLS servers on loopback: trusted roots, session resumption, and the end of responses.

mod bad_peers;
mod no_proxy;
mod proxied;

use std::error::Error as _;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use identifai::{Client, ErrorKind, Image};
use rustls::HandshakeKind;
use test_support::tls::{Authority, Identity, Peer};
use test_support::{CAT, ID, accepted, response};

/// Returns an error and its sources in one line.
fn error_chain(error: &identifai::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.extend([": ".to_owned(), cause.to_string()]);
        source = cause.source();
    }
    text
}

/// Adds `Connection: close` to `response`. Without it, the client may send the next request before the server's close
/// arrives.
fn with_connection_close(response: &str) -> String {
    response.replacen("\r\n", "\r\nConnection: close\r\n", 1)
}

fn submit(client: &Client) {
    assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
}

#[test]
fn given_root_is_trusted() {
    let company = Authority::new("company");
    let below = company.intermediate("company, servers").intermediate("company, servers, images");
    let (self_signed, own) = Identity::self_signed("localhost", |_| ());
    let table = [
        ("by the root", "localhost", company.certify("localhost"), company.pem()),
        ("by an intermediate", "localhost", below.certify("localhost"), company.pem()),
        ("among other roots", "localhost", company.certify("localhost"), Authority::new("x").pem() + &company.pem()),
        ("for an address", "127.0.0.1", company.certify("127.0.0.1"), company.pem()),
        ("by itself", "localhost", self_signed, own),
    ];
    for (what, host, identity, roots) in table {
        let peer = Peer::serving(identity.config());
        let client = peer.builder(host).root_certificates(roots).build().unwrap();
        let sent =
            client.submit(&Image::from_url(CAT)).unwrap_or_else(|error| panic!("{what}: {}", error_chain(&error)));
        assert_eq!((sent.identifier().as_str(), peer.server.requests().len()), (ID, 1), "{what}");
    }
}

#[test]
fn invalid_root_certificates_fail_the_build() {
    let company = Authority::new("company");
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let pem = company.pem();
    let half = &pem[..pem.len() / 2];
    let none = "contains no PEM certificate, which begins with -----BEGIN CERTIFICATE-----";
    let damaged = "invalid or truncated PEM";
    let damaged_content = b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".to_vec();
    let table = [
        ("nothing", Vec::new(), none),
        ("the path", b"company.pem".to_vec(), none),
        ("DER", company.der().to_vec(), none),
        ("a private key", key.clone().into_bytes(), "contains a private key but no certificate"),
        ("half a certificate", half.as_bytes().to_vec(), damaged),
        (
            "no certificate by its content",
            damaged_content,
            "invalid certificate between BEGIN CERTIFICATE and END CERTIFICATE",
        ),
        ("half a certificate after a whole one", format!("{pem}{half}").into_bytes(), damaged),
    ];
    for (what, bytes, summary) in table {
        let error = Client::builder("key").root_certificates(bytes).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{what}");
        assert_eq!(error.to_string(), format!("root_certificates: {summary}"), "{what}");
    }
    let both = Client::builder("key").root_certificates(key + &pem);
    assert!(both.build().is_ok(), "a private key in addition to a certificate is ignored");
}

#[test]
fn root_certificates_accept_usual_pem_variants() {
    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let (pem, other) = (company.pem(), Authority::new("other").pem());
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let bundle = format!("# A root\n========\n{other}\n").repeat(150);
    let table = [
        ("carriage returns", pem.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{pem}")),
        ("both", format!("\u{feff}{}", pem.replace('\n', "\r\n"))),
        ("text around it", format!("Subject: CN=company\n    Signature: ab:cd\n\n{pem}\nend of file")),
        ("no line feed at its end", pem.trim_end().to_owned()),
        ("a private key in front", key + &pem),
        ("150 others in front", bundle + &pem),
    ];
    for (what, bundle) in table {
        let client = peer.builder("localhost").root_certificates(bundle).build();
        submit(&client.unwrap_or_else(|error| panic!("{what}: {error}")));
    }
}

#[test]
fn given_roots_replace_the_default_roots() {
    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let client = peer.builder("localhost").root_certificates(Authority::new("other").pem()).build().unwrap();
    let error = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!(
        (error.kind(), peer.server.connections()),
        (ErrorKind::Tls, 1),
        "one handshake, with one set of roots: {error}"
    );
}

/// On Linux the platform's verifier reads the roots from `SSL_CERT_FILE`.
#[cfg(all(target_os = "linux", feature = "platform-verifier"))]
#[test]
fn given_roots_replace_the_platform_roots() {
    const NAME: &str = "tls::given_roots_replace_the_platform_roots";
    let company = Authority::new("company");
    let directory = test_support::Directory::new();
    let file = directory.file("company.pem", company.pem());
    let peer = Peer::serving(company.certify("localhost").config());
    let url = format!("https://localhost:{}", peer.port());
    let other = Authority::new("other").pem();
    let env = [("SSL_CERT_FILE", file.as_str()), ("TEST_URL", &url), ("TEST_PEM", &other)];
    if test_support::run_in_subprocess(NAME, &env).is_some() {
        assert_eq!((peer.server.requests().len(), peer.server.connections()), (1, 2));
        return;
    }
    let [url, other] = ["TEST_URL", "TEST_PEM"].map(|name| std::env::var(name).unwrap());
    let builder = Client::builder("key").base_url(url).retries(0);
    submit(&builder.clone().build().unwrap());
    let error = builder.root_certificates(other).build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
}

#[test]
fn tls_sessions_resume_without_early_data() {
    for version in rustls::ALL_VERSIONS {
        let company = Authority::new("company");
        let mut config = company.certify("localhost").config_with_versions(&[version]);
        // The server permits early data but never reads it. A client must not send a submit as early data: an attacker
        // could record and replay it, and the submit would be paid for twice.
        config.max_early_data_size = u32::MAX;
        let handshakes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&handshakes);
        let peer = Peer::tls(config, move |connection| {
            if connection.request().is_some() {
                seen.lock().unwrap().extend(connection.stream.get_ref().conn.handshake_kind());
                connection.send(&with_connection_close(&accepted()));
            }
        });
        let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
        for _ in 0..4 {
            submit(&client);
        }
        assert_eq!(peer.server.requests().len(), 4, "{version:?}");
        assert_eq!(peer.server.connections(), 4, "{version:?}");
        let handshakes = handshakes.lock().unwrap();
        assert!(matches!(handshakes[0], HandshakeKind::Full), "{version:?}: {handshakes:?}");
        let resumed = handshakes[1..].iter().filter(|kind| matches!(kind, HandshakeKind::Resumed));
        assert_eq!(resumed.count(), 3, "{version:?}: {handshakes:?}");
    }
}

#[test]
fn sequential_tls_submits_reuse_one_connection() {
    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
    for _ in 0..100 {
        submit(&client);
    }
    assert_eq!((peer.server.requests().len(), peer.server.connections()), (100, 1));
}

/// Builds a response of `len` bytes in total.
fn padded(len: usize) -> String {
    let body = format!("{{\"identifier\":\"{ID}\"}}");
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let length = (0..len).rev().find(|length| head(*length).len() + length == len).unwrap();
    format!("{}{body:length$}", head(length))
}

#[test]
fn extra_response_in_tls_is_discarded() {
    let company = Authority::new("company");
    // Depending on the length, the extra response stays in the buffer of the socket, of TLS, or of this crate.
    for len in (3_800..=4_020).step_by(20).chain([200, 8_100, 16_384, 32_768]) {
        let peer = Peer::tls(company.certify("localhost").config(), move |connection| {
            if connection.request().is_some() {
                let stream = connection.stream.get_mut();
                for response in [padded(len), accepted().replace(ID, &"0".repeat(64))] {
                    stream.conn.writer().write_all(response.as_bytes()).unwrap();
                }
                // Both responses are sent in one write. A response that arrives after the next request could not be
                // told apart from the right one.
                let mut records = Vec::new();
                while stream.conn.wants_write() {
                    stream.conn.write_tls(&mut records).unwrap();
                }
                stream.sock.write_all(&records).unwrap();
                connection.wait_for_end();
            }
        });
        let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
        submit(&client);
        submit(&client);
        assert_eq!((peer.server.requests().len(), peer.server.connections()), (2, 2), "{len}");
    }
}

#[test]
fn tls_upload_stops_after_an_early_413() {
    let company = Authority::new("company");
    let peer = Peer::tls(company.certify("localhost").config(), |connection| {
        // Reads the whole first request, and only the head of the second.
        let Some(head) = connection.head() else { return };
        assert!(head.contains("expect: 100-continue\r\n"), "{head}");
        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        connection.stream.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
        connection.send(&accepted());
        connection.head().unwrap();
        connection.send(&response(413, "application/json", "{\"error\":\"Too large.\"}"));
    });
    let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
    let png = |len: usize| [&b"\x89PNG\r\n\x1a\n"[..], &vec![7; len]].concat();
    client.submit(&Image::from_bytes(png(3 << 20))).unwrap();
    let error = client.submit(&Image::from_bytes(png(6 << 20))).unwrap_err();
    assert_eq!((error.status(), error.message(), error.may_have_been_sent()), (Some(413), Some("Too large."), false));
    drop(client);
    let sent: usize = peer.received(1).iter().map(Vec::len).sum();
    assert!(sent < 4 << 20, "the body of the second request must not be sent, but {sent} bytes were sent in total");
}

#[test]
fn truncated_tls_response_needs_a_whole_identifier() {
    let company = Authority::new("company");
    let text = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{body}");
    let json = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{body}");
    let object = format!("{{\"identifier\":\"{ID}\"}}");
    let table = [
        (text(ID), true),
        (text(&ID[..63]), false),
        (text(""), false),
        (json(&object), true),
        (json(&object[..object.len() - 1]), true),
        (json(&object[..object.len() - 2]), false),
        (json(&object[..40]), false),
        (accepted(), true),
        (accepted()[..accepted().len() - 1].to_owned(), true),
        (accepted()[..accepted().len() - 2].to_owned(), false),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n".to_owned(), false),
    ];
    for (sent, is_whole) in table {
        for is_cut in [false, true] {
            let response = sent.clone();
            let peer = Peer::tls(company.certify("localhost").config(), move |connection| {
                if connection.request().is_some() {
                    connection.send(&response);
                }
                // An attacker on the network can close the TCP connection, but cannot send a `close_notify`.
                if is_cut {
                    connection.stream.get_mut().sock.end();
                }
            });
            let client = peer.builder("localhost").root_certificates(company.pem()).build().unwrap();
            match client.submit(&Image::from_url(CAT)) {
                Ok(sent_back) => assert!(is_whole && sent_back.identifier().as_str() == ID, "{sent}, cut: {is_cut}"),
                Err(error) => assert!(!is_whole && error.may_have_been_sent(), "{sent}, cut: {is_cut}: {error}"),
            }
        }
    }
}
