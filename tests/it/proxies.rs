//! Tests of proxies: no proxy is used for loopback, no proxy sees the key, and no configured proxy is bypassed.

use identifai::{Client, ErrorKind, Image, RateLimit, classify_from_url};
use test_support::{CAT, ID, KEY, Server, accepted, run_in_subprocess};

/// Starts a proxy that refuses every tunnel.
fn refusing_proxy() -> Server {
    Server::start(|connection| {
        connection.request();
        connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    })
}

#[test]
fn loopback_ignores_proxy_variables() {
    let proxy = refusing_proxy();
    let url = proxy.base_url();
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let env: Vec<_> = names.iter().map(|name| (*name, url.as_str())).collect();
    if run_in_subprocess("proxies::loopback_ignores_proxy_variables", &env).is_none() {
        assert!(std::env::var_os("HTTP_PROXY").is_some());
        let server = Server::responding(accepted());
        assert_eq!(classify_from_url(&server.options()).unwrap().as_str(), ID);
        let by_name = server.options().base_url(format!("http://localhost:{}", server.address.port()));
        assert_eq!(classify_from_url(&by_name).unwrap().as_str(), ID);
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn loopback_ignores_an_explicit_proxy() {
    let (proxy, server) = (refusing_proxy(), Server::responding(accepted()));
    assert_eq!(classify_from_url(&server.options().proxy(proxy.base_url())).unwrap().as_str(), ID);
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn plain_http_through_a_proxy_is_a_config_error() {
    let proxy = refusing_proxy();
    let client = |allow| {
        Client::builder(KEY)
            .base_url("http://api.test")
            .rate_limit(RateLimit::unlimited())
            .allow_http(allow)
            .proxy(proxy.base_url())
            .build()
    };
    for allow in [false, true] {
        assert_eq!(client(allow).unwrap_err().kind(), ErrorKind::Config);
    }
    assert_eq!(proxy.connections(), 0, "the proxy would see the key");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn proxy_403_to_connect_is_a_config_error() {
    let proxy = refusing_proxy();
    let url = format!("http://user:pa%24s@{}", proxy.address);
    let client = Client::builder(KEY)
        .base_url("https://api.test")
        .rate_limit(RateLimit::unlimited())
        .proxy(url)
        .retries(0)
        .build()
        .unwrap();
    let error = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Config, false), "{error}");
    let summary = format!(
        "proxy: {} refused to connect to api.test:443: 403 Forbidden; check the proxy URL, and that the proxy allows \
         this host",
        proxy.address
    );
    assert_eq!((error.to_string(), format!("{error:#}")), (summary.clone(), summary));
    let [request] = proxy.requests().try_into().unwrap();
    assert!(request.head.starts_with("CONNECT api.test:443 HTTP/1.1\r\n"), "{}", request.head);
    assert_eq!(request.header("proxy-authorization"), Some("Basic dXNlcjpwYSRz"));
    assert!(!request.head.contains(KEY));
}

/// Submits through a proxy that answers each request with `response` and then closes its sending side. Returns the
/// error and the number of connections.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn refused_by_proxy(response: impl Into<Vec<u8>>, retries: u32) -> (identifai::Error, usize) {
    let response = response.into();
    let proxy = Server::start(move |connection| {
        connection.head();
        connection.send(&response);
        let _ = connection.stream.get_ref().shutdown(std::net::Shutdown::Write);
        connection.wait_for_end();
    });
    let builder =
        Client::builder(KEY).base_url("https://api.test").rate_limit(RateLimit::unlimited()).proxy(proxy.base_url());
    let error = builder.retries(retries).build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
    assert!(!error.may_have_been_sent(), "{error}");
    (error, proxy.connections())
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn proxy_error_status_is_not_retried() {
    let login = "requires a valid user name and password";
    let (refused, failed) = ("refused to connect to api.test:443: ", "cannot connect to api.test:443: ");
    let table = [
        ("HTTP/1.1 101 Switching", ErrorKind::Config, refused, "101 Switching"),
        ("HTTP/1.1 302 Found\r\nLocation: http://login.test/", ErrorKind::Config, refused, "302 Found"),
        ("HTTP/1.1 400", ErrorKind::Config, refused, "400"),
        // The response of tinyproxy to a wrong password.
        ("HTTP/1.0 401 Unauthorized", ErrorKind::Config, login, "401 Unauthorized"),
        ("HTTP/1.1 407 Proxy Authentication Required", ErrorKind::Config, login, "407 Proxy"),
        ("HTTP/1.1 403 \x1b[2JFiltered", ErrorKind::Config, refused, "403 \\u{1b}[2JFiltered"),
        ("HTTP/1.1 405 Method Not Allowed", ErrorKind::Config, refused, "405 Method"),
        ("HTTP/1.1 408 Slow", ErrorKind::Config, refused, "408 Slow"),
        ("HTTP/1.1 429 Many\r\nRetry-After: 0", ErrorKind::Config, refused, "429 Many"),
        ("HTTP/1.1 501 Not Implemented", ErrorKind::Config, refused, "501 Not"),
        // The status codes of a proxy that cannot reach the target. This is an outage, which a batch waits out.
        ("HTTP/1.0 500 Unable to connect", ErrorKind::Connect, failed, "500 Unable to connect"),
        ("HTTP/1.1 502 Bad Gateway", ErrorKind::Connect, failed, "502 Bad Gateway"),
        ("HTTP/1.1 503 Service Unavailable", ErrorKind::Connect, failed, "503 Service"),
        ("HTTP/1.1 504 Gateway Timeout", ErrorKind::Connect, failed, "504 Gateway"),
    ];
    for (head, kind, summary, cause) in table {
        // The body is never sent. The client must not wait for it.
        let (error, connections) = refused_by_proxy(format!("{head}\r\nContent-Length: 1000000\r\n\r\n<html>"), 2);
        assert_eq!((error.kind(), connections), (kind, 1), "{head}: {error}");
        let text = format!("{error:#}");
        assert!(text.contains(summary) && text.contains(cause), "{head}: {text}");
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn proxy_with_an_invalid_response_is_a_connect_error() {
    let closed = "the proxy closed the connection";
    let (not_http, long) = ("the response of the proxy is not HTTP", "the response head of the proxy exceeds 16 KiB");
    let flood = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(4_000));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(40_000);
    let table: [(&[u8], &str); 12] = [
        (b"", closed),
        (b"HTTP/1.1 200 OK\r\n", closed),
        (b"HTTP/1.1 100 Continue\r\n\r\n", closed),
        (b"SSH-2.0-x\r\n", not_http),
        (b"HTTP/2", not_http),
        (b"<html></html>", not_http),
        (b"HTTP/1.1 OK\r\n\r\n", not_http),
        (b"HTTP/1.1 20\r\n\r\n", not_http),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", not_http),
        (&[21, 3, 1, 0, 2, 2, 70], "the proxy responded with TLS; use https:// in the proxy URL"),
        (flood.as_bytes(), long),
        (interim.as_bytes(), "the proxy sent more than 1 MiB of interim responses"),
    ];
    for (response, cause) in table {
        let (error, _) = refused_by_proxy(response, 0);
        let start = String::from_utf8_lossy(&response[..response.len().min(40)]);
        assert_eq!(error.kind(), ErrorKind::Connect, "{start}: {error}");
        assert_eq!(
            format!("{error:#}"),
            format!("cannot connect to api.test:443 through the proxy: {cause}"),
            "{start}"
        );
    }
    // A proxy that confirms a tunnel and closes the connection. OpenSSL reports this as a TLS error.
    let (error, _) = refused_by_proxy("HTTP/1.1 200 OK\r\n\r\n", 0);
    let kind = if cfg!(feature = "native-tls") { ErrorKind::Tls } else { ErrorKind::Connect };
    assert_eq!(error.kind(), kind, "{error}");
    // A proxy that answers with a login page.
    let (error, _) = refused_by_proxy("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", 0);
    assert_eq!(error.kind(), ErrorKind::Tls, "the bytes after the head belong to the tunnel: {error}");
    let gone = Client::builder(KEY)
        .base_url("https://api.test")
        .rate_limit(RateLimit::unlimited())
        .proxy("http://127.0.0.1:1")
        .retries(0)
        .build()
        .unwrap();
    let error = gone.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!(error.to_string(), "cannot connect to the proxy 127.0.0.1:1");
}

#[cfg(all(any(feature = "rustls", feature = "native-tls"), not(feature = "socks-proxy")))]
#[test]
fn socks_proxy_without_the_feature_is_an_error() {
    let error = Client::builder(KEY).proxy("socks5h://127.0.0.1:1080").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("socks-proxy"), "{error}");
}

#[cfg(all(any(feature = "rustls", feature = "native-tls"), feature = "socks-proxy"))]
#[test]
fn socks_proxy_resolves_the_host_name() {
    use std::io::{Read, Write};

    let (sender, receiver) = std::sync::mpsc::channel();
    let proxy = Server::start(move |connection| {
        let (mut greeting, mut request) = ([0; 3], [0; 15]);
        connection.stream.read_exact(&mut greeting).unwrap();
        connection.stream.get_mut().write_all(&[5, 0]).unwrap();
        connection.stream.read_exact(&mut request).unwrap();
        sender.send((greeting, request)).unwrap();
        // "Not allowed", RFC 1928, section 6.
        connection.stream.get_mut().write_all(&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    });
    let url = format!("socks5h://{}", proxy.address);
    let client = Client::builder(KEY)
        .base_url("https://api.test")
        .rate_limit(RateLimit::unlimited())
        .proxy(url)
        .retries(0)
        .build()
        .unwrap();
    let error = client.submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Connect, false), "{error}");
    let (greeting, request) = receiver.recv().unwrap();
    assert_eq!((greeting, &request), ([5, 1, 0], b"\x05\x01\x00\x03\x08api.test\x01\xbb"));
}

#[test]
fn no_proxy_domain_is_reached_directly() {
    /// A name of this machine that no rule for loopback recognizes. The resolver reads it as a number, so it sends no
    /// query.
    const HERE: &str = "0x7f.0x1";
    const NAME: &str = "proxies::no_proxy_domain_is_reached_directly";
    let (proxy, server) = (refusing_proxy(), Server::responding(accepted()));
    let url = proxy.base_url();
    let base_url = format!("http://{HERE}:{}", server.address.port());
    let port = format!(".0x1:{}", server.address.port());
    let table = [
        (HERE, true),
        ("0X7F.0X1", true),
        ("0x1", true),
        (".0x1", true),
        ("*.0x1", true),
        ("other.test,.0x1", true),
        (&port, true),
        (".0x1:1", false),
        ("x1,7f.0x1,0x7f,0x7f.,*.0x7f.0x1.test", false),
        ("localhost,127.0.0.1", false),
        ("", false),
    ];
    for (exempt, is_direct) in table {
        let env = [("http_proxy", url.as_str()), ("no_proxy", exempt), ("NO_PROXY", ""), ("TEST_URL", &base_url)];
        let before = server.requests().len();
        if run_in_subprocess(NAME, &env).is_none() {
            let base_url = std::env::var("TEST_URL").unwrap();
            let client =
                Client::builder(KEY).base_url(base_url).allow_http(true).rate_limit(RateLimit::unlimited()).retries(0);
            match client.build() {
                Ok(client) => assert!(client.submit(&Image::from_url(CAT)).is_ok()),
                // With plain HTTP, the proxy would see the key.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Config, "{error}"),
            }
            return;
        }
        assert_eq!(server.requests().len() - before, usize::from(is_direct), "{exempt}");
    }
    assert_eq!(proxy.connections(), 0);
}
