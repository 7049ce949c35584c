//! Tests of HTTPS through proxies: a proxy sees only an encrypted tunnel, and only the proxy sees its password.

use std::sync::Arc;
use std::time::{Duration, Instant};

use identifai::{Client, ClientBuilder, ErrorKind, Image};
use rustls::ServerConfig;
use test_support::secrets::{PLANTED, SIGNED_URL};
use test_support::tls::{Authority, Peer, accept, speak_tls};
use test_support::{CAT, Connection, ID, KEY, log, response, response_with, run_in_subprocess};

use super::{error_chain, submit};

const NO_TLS: &str = "it does not speak TLS; check the host, the port, and whether it serves https";

/// Returns a builder of a client of `https://api.test` through `proxy`. The URL of the proxy begins with `start`.
fn client_through(proxy: &Peer, start: &str, company: &Authority) -> ClientBuilder {
    let url = format!("{start}localhost:{}", proxy.port());
    proxy.server.builder().base_url("https://api.test").proxy(url).root_certificates(company.pem())
}

/// Accepts a CONNECT request with this `login`, and then acts as the target inside the tunnel.
fn tunnel<S: std::io::Read + std::io::Write>(
    connection: &mut Connection<S>,
    login: Option<&str>,
    target: &Arc<ServerConfig>,
) {
    let Some(request) = connection.request() else { return };
    if request.header("proxy-authorization") == login {
        connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
        speak_tls(connection, target, accept);
    } else {
        let headers = "Proxy-Authenticate: Basic realm=\"company\"\r\n";
        connection.send(&response_with(407, headers, "Who are you?"));
    }
}

fn tunnel_proxy(login: Option<&'static str>, target: ServerConfig) -> Peer {
    let target = Arc::new(target);
    Peer::scripted(move |connection| tunnel(connection, login, &target))
}

/// Asserts that the proxy received only CONNECT requests with this `login`, and saw no plain text of the tunnels.
fn assert_tunnels_only(proxy: &Peer, login: Option<&str>, connections: usize) {
    let (connects, sent) =
        proxy.server.requests().into_iter().partition::<Vec<_>, _>(|request| request.head.starts_with("CONNECT"));
    assert_eq!((connects.len(), proxy.server.connections()), (connections, connections));
    for request in connects {
        assert!(request.head.starts_with("CONNECT api.test:443 HTTP/1.1\r\n"), "{}", request.head);
        assert_eq!((request.header("host"), request.header("proxy-authorization")), (Some("api.test:443"), login));
        assert_eq!(request.header("x-api-key"), None);
    }
    assert!(
        sent.iter()
            .all(|request| request.header("x-api-key") == Some(KEY) && request.header("proxy-authorization").is_none())
    );
    for wire in proxy.received(connections) {
        assert!(!wire.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    }
}

#[test]
fn connect_request_sends_only_the_proxy_password() {
    let company = Authority::new("company");
    let table = [
        ("http://", None),
        ("http://user:pa%24s@", Some("Basic dXNlcjpwYSRz")),
        ("http://user@", Some("Basic dXNlcjo=")),
        ("http://J%C3%B6rg:a%3Ab%40c@", Some("Basic SsO2cmc6YTpiQGM=")),
    ];
    for (url, login) in table {
        let proxy = tunnel_proxy(login, company.certify("api.test").config());
        let client = client_through(&proxy, url, &company).build().unwrap();
        for _ in 0..3 {
            submit(&client);
        }
        drop(client);
        assert_eq!(proxy.server.requests().len(), 1 + 3);
        assert_tunnels_only(&proxy, login, 1);
    }
}

#[test]
fn proxy_407_is_a_config_error_and_is_not_retried() {
    let company = Authority::new("company");
    for url in ["http://", "http://user:wr0ng@", "http://user@"] {
        let proxy = tunnel_proxy(Some("Basic dXNlcjpwYSRz"), company.certify("api.test").config());
        let client = client_through(&proxy, url, &company).retries(5).build().unwrap();
        let error = client.submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Config, false), "{error}");
        let summary = "requires a valid user name and password; use http://user:password@host:port";
        assert_eq!(error.to_string(), format!("proxy: localhost:{} {summary}", proxy.port()));
        assert!(error_chain(&error).contains("407") && !format!("{error:?}").contains("wr0ng"), "{error:?}");
        assert_eq!(proxy.server.connections(), 1, "some proxies lock a user out after repeated failed logins");
    }
}

#[test]
fn connect_with_any_2xx_opens_the_tunnel() {
    let company = Authority::new("company");
    let fields = "X-Field: value\r\n".repeat(900);
    for response in [
        "HTTP/1.1 200\r\n\r\n".to_owned(),
        "HTTP/1.0 200 Connection established\n\n".to_owned(),
        "HTTP/1.1 201 Created\r\n\r\n".to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 299 Odd\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{fields}\r\n"),
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n{fields}\r\nHTTP/1.1 200 OK\r\n\r\n"),
        // Headers of the proxy's response do not apply to the connection with the target.
        "HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=0, max=0\r\n\r\n".to_owned(),
    ] {
        let target = Arc::new(company.certify("api.test").config());
        let opened = response.clone();
        let proxy = Peer::scripted(move |connection| {
            connection.request().unwrap();
            for piece in opened.as_bytes().chunks(5_000) {
                connection.send(piece);
            }
            speak_tls(connection, &target, accept);
        });
        let client = client_through(&proxy, "http://", &company).build().unwrap();
        for _ in 0..3 {
            submit(&client);
        }
        drop(client);
        assert_tunnels_only(&proxy, None, 1);
        assert_eq!(proxy.server.requests().len(), 1 + 3, "{}", &response[..20]);
    }
}

#[test]
fn connect_target_has_port_and_ipv6_brackets() {
    let company = Authority::new("company");
    for (url, to) in [
        ("https://[2001:db8::1]", "[2001:db8::1]:443"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("https://192.0.2.1:8443", "192.0.2.1:8443"),
        ("https://API.test/v1", "API.test:443"),
    ] {
        let proxy = tunnel_proxy(Some("nobody"), company.certify("api.test").config());
        let error =
            client_through(&proxy, "http://", &company).base_url(url).build().unwrap().submit(&Image::from_url(CAT));
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Config);
        let [request] = proxy.server.requests().try_into().unwrap();
        assert!(
            request.head.starts_with(&format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: identifai-rust/")),
            "{}",
            request.head
        );
    }
}

// `Connection::wait_for_end` itself would be inferred for a single lifetime. A closure is valid for all of them.
#[allow(clippy::redundant_closure_for_method_calls)]
#[test]
fn stalled_proxy_ends_at_the_connect_timeout() {
    const LIMIT: Duration = Duration::from_millis(200);
    let company = Authority::new("company");
    let config = company.certify("localhost").config();
    for (start, peer) in [
        ("http://", Peer::scripted(Connection::wait_for_end)),
        ("http://", Peer::scripted(|connection| connection.trickle(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100)))),
        ("https://", Peer::tls(config.clone(), |connection| connection.wait_for_end())),
        (
            "https://",
            Peer::tls(config, |connection| {
                connection.trickle(b"HTTP/1.1 200 OK\r\nX: ".iter().copied().chain([b'x'; 900]));
            }),
        ),
    ] {
        let client = client_through(&peer, start, &company).connect_timeout(LIMIT).retries(0).build().unwrap();
        let begin = Instant::now();
        let error = client.submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
        assert_eq!(error.to_string(), "timed out while waiting for the proxy to connect to api.test:443");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn https_proxy_certificate_is_checked() {
    let company = Authority::new("company");
    let proxy = |host: &str| {
        let target = Arc::new(company.certify("api.test").config());
        Peer::tls(company.certify(host).config(), move |connection| {
            tunnel(connection, Some("Basic dXNlcjpwYSRz"), &target);
        })
    };
    let good = proxy("localhost");
    let client = client_through(&good, "https://user:pa%24s@", &company).build().unwrap();
    for _ in 0..3 {
        submit(&client);
    }
    let connects =
        good.server.requests().into_iter().filter(|request| request.head.starts_with("CONNECT api.test:443 "));
    assert_eq!((connects.count(), good.server.requests().len()), (1, 1 + 3));

    let bad = proxy("other.test");
    let error = client_through(&bad, "https://user:pa%24s@", &company)
        .build()
        .unwrap()
        .submit(&Image::from_url(CAT))
        .unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
    let summary = "its certificate is for another host; check the URL";
    assert_eq!(
        error.to_string(),
        format!("cannot establish a TLS connection to the proxy localhost:{}: {summary}", bad.port())
    );
    assert_eq!((bad.server.connections(), bad.server.requests().len()), (1, 0));

    // A proxy that does not speak TLS: by far the most frequent mistake.
    let plain = Peer::scripted(|connection| {
        let _ = connection.head();
        connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        connection.stream.get_mut().end();
    });
    let error = client_through(&plain, "https://user:pa%24s@", &company)
        .build()
        .unwrap()
        .submit(&Image::from_url(CAT))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert_eq!(
        error.to_string(),
        format!("cannot establish a TLS connection to the proxy localhost:{}: {NO_TLS}", plain.port())
    );
}

#[test]
fn untrusted_certificate_in_a_tunnel_gets_no_key() {
    let company = Authority::new("company");
    // A proxy that decrypts traffic, with a certificate of an authority that the client does not know.
    let proxy = tunnel_proxy(None, Authority::new("inspector").certify("api.test").config());
    let error = client_through(&proxy, "http://", &company).build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Tls, false), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("cannot establish a TLS connection to api.test:443: its certificate was issued by an unknown"),
        "{error}"
    );
    assert_eq!(proxy.server.requests().len(), 1, "tunnels only");
    assert_tunnels_only(&proxy, None, 1);
}

#[cfg(feature = "socks-proxy")]
#[test]
fn socks_proxy_sees_only_the_host_and_password() {
    use std::io::{Read, Write};

    let company = Authority::new("company");
    let target = Arc::new(company.certify("api.test").config());
    // RFC 1928 and RFC 1929. Each byte of the client's messages is compared.
    let proxy = Peer::scripted(move |connection| {
        let mut exchange = |expected: &[u8], response: &[u8]| {
            let mut bytes = vec![0; expected.len()];
            connection.stream.read_exact(&mut bytes).unwrap();
            connection.stream.get_mut().write_all(response).unwrap();
            bytes == expected
        };
        let is_known = exchange(&[5, 2, 0, 2], &[5, 2]) && exchange(b"\x01\x04user\x04pa$s", &[1, 0]);
        if is_known && exchange(b"\x05\x01\x00\x03\x08api.test\x01\xbb", &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]) {
            speak_tls(connection, &target, accept);
        }
    });
    let client = client_through(&proxy, "socks5h://user:pa%24s@", &company).build().unwrap();
    for _ in 0..3 {
        submit(&client);
    }
    drop(client);
    assert_eq!((proxy.server.requests().len(), proxy.server.connections()), (3, 1));
    for wire in proxy.received(1) {
        assert!(!wire.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
    }
}

#[cfg(feature = "socks-proxy")]
#[test]
fn socks_login_refusal_is_a_config_error() {
    use std::io::{Read, Write};

    let company = Authority::new("company");
    let table: [(&str, usize, &[u8]); 2] = [("socks5h://", 3, &[5, 255]), ("socks5h://user:wr0ng@", 4, &[5, 2, 1, 1])];
    for (url, greeting, responses) in table {
        let proxy = Peer::scripted(move |connection| {
            connection.stream.read_exact(&mut vec![0; greeting]).unwrap();
            connection.stream.get_mut().write_all(responses).unwrap();
            connection.wait_for_end();
        });
        let client = client_through(&proxy, url, &company).retries(5).build().unwrap();
        let error = client.submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Config, false), "{error}");
        assert!(
            error.to_string().starts_with(&format!("proxy: localhost:{} requires a valid user name", proxy.port())),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("wr0ng"), "{error:?}");
        assert_eq!(proxy.server.connections(), 1);
    }
}

#[test]
fn proxy_password_is_not_shown() {
    if run_in_subprocess("tls::proxied::proxy_password_is_not_shown", &[]).is_some() {
        return;
    }
    let company = Authority::new("company");
    let mut shown = Vec::new();
    let logged = log::capture(|| {
        for login in ["Basic cHJveHktdXNlcjpwbDRudGVkL3B3", "Basic of-another"] {
            let proxy = tunnel_proxy(Some(login), company.certify("api.test").config());
            let builder = client_through(&proxy, "http://proxy-user:pl4nted%2Fpw@", &company);
            let client = builder.clone().build().unwrap();
            shown.push(format!("{builder:?} {client:?}"));
            for _ in 0..2 {
                match client.submit(&Image::from_url(CAT)) {
                    Ok(sent) => assert_eq!(sent.identifier().as_str(), ID),
                    Err(error) => shown.push(format!("{error:?} {error:#?} {}", error_chain(&error))),
                }
            }
        }
        for unusable in ["ftp://proxy-user:pl4nted%2Fpw@host", "http://proxy-user:pl4nted%2Fpw@host:x"] {
            let error = Client::builder(KEY).proxy(unusable).build().unwrap_err();
            shown.push(format!("{error:?} {}", error_chain(&error)));
        }
    });
    assert!(logged.contains("Wrapped TLS"), "{logged}");
    assert_eq!(shown.iter().filter(|text| text.contains("407")).count(), 2);
    shown.push(logged.clone());
    for text in shown {
        // In plain text, percent-encoded as in a URL, and in Base64 as it is sent.
        for secret in ["proxy-user", "pl4nted/pw", "pl4nted%2Fpw", "cHJveHktdXNlcjpwbDRudGVkL3B3"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn log_of_a_tunneled_request_holds_no_secret() {
    if run_in_subprocess("tls::proxied::log_of_a_tunneled_request_holds_no_secret", &[]).is_some() {
        return;
    }
    let company = Authority::new("company");
    let logged = log::capture(|| {
        let target = Arc::new(company.certify("api.test").config());
        let proxy = Peer::scripted(move |connection| {
            let _ = connection.request();
            connection.send("HTTP/1.1 200 OK\r\n\r\n");
            speak_tls(connection, &target, |connection| {
                let refusal = response(400, "application/json", "{\"error\":\"no file there\"}");
                while connection.request().is_some() {
                    connection.send(&refusal);
                }
            });
        });
        let client = client_through(&proxy, "http://", &company).build().unwrap();
        for _ in 0..2 {
            assert_eq!(client.submit(&Image::from_url(SIGNED_URL)).unwrap_err().kind(), ErrorKind::Rejected);
        }
    });
    assert!(
        logged.contains("x-api-key")
            && logged.contains("no.file.there")
            && !logged.contains(KEY)
            && !logged.contains(PLANTED),
        "{logged}"
    );
}
