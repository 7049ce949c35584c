//! Tests of SOCKS with scripted proxies.

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::*;
use crate::api::classification as api;
use crate::api_key::ApiKey;
use crate::error::ErrorKind;
use crate::http::endpoint::{Base, ProxyUrl, Target};
use crate::http::request::Stall;
use crate::http::transport::Transport as _;
use crate::http::ureq::{HttpTransport, Timeouts};
use crate::model::medium::Image;

/// A proxy that sends scripted responses, and records the requests.
struct Script {
    responses: io::Cursor<Vec<u8>>,
    requests: Vec<u8>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.responses.read(buffer)
    }
}

impl Write for Script {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.requests.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Connects through a proxy that sends `responses`. Returns the requests that it received, and the outcome.
fn connect(url: &str, to: &Destination<'_>, responses: &[u8]) -> (Vec<u8>, Result<(), UreqError>) {
    let mut proxy = Script { responses: io::Cursor::new(responses.to_vec()), requests: Vec::new() };
    let outcome = if url.starts_with("socks4") {
        connect_v4(&mut proxy, to)
    } else {
        connect_v5(&mut proxy, &Proxy::new(url).unwrap(), to)
    };
    let is_all_read = proxy.responses.position() == responses.len() as u64;
    assert!(outcome.is_err() || is_all_read, "the responses are read to their end");
    (proxy.requests, outcome)
}

const NAME: Destination<'_> = Destination::Name("api.test", 443);

#[test]
fn socks_requests_match_the_specifications() {
    let address = |text: &str| Destination::Address(text.parse().unwrap());
    let (v4, v6) = (address("192.0.2.1:443"), address("[2001:db8::1]:443"));
    let table: [(&str, &Destination<'_>, &[u8], &[u8]); 8] = [
        ("socks5h://p", &NAME, b"\x05\x00\x05\x00\x00\x01ABCDPP", b"\x05\x01\x00\x05\x01\x00\x03\x08api.test\x01\xbb"),
        (
            "socks5://p",
            &v4,
            b"\x05\x00\x05\x00\x00\x03\x03abcPP",
            b"\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb",
        ),
        (
            "socks5://p",
            &v6,
            b"\x05\x00\x05\x00\x00\x04ABCDEFGHIJKLMNOPPP",
            b"\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
        ),
        (
            "socks5h://me:pa%24s@p",
            &NAME,
            b"\x05\x02\x01\x00\x05\x00\x00\x01ABCDPP",
            b"\x05\x02\x00\x02\x01\x02me\x04pa$s\x05\x01\x00\x03\x08api.test\x01\xbb",
        ),
        // The password is not sent, because the proxy does not request it.
        (
            "socks5h://me:pw@p",
            &NAME,
            b"\x05\x00\x05\x00\x00\x01ABCDPP",
            b"\x05\x02\x00\x02\x05\x01\x00\x03\x08api.test\x01\xbb",
        ),
        ("socks4://p", &v4, b"\x00\x5aPPABCD", b"\x04\x01\x01\xbb\xc0\x00\x02\x01\x00"),
        ("socks4a://p", &v4, b"\x00\x5aPPABCD", b"\x04\x01\x01\xbb\xc0\x00\x02\x01\x00"),
        ("socks4a://p", &NAME, b"\x00\x5aPPABCD", b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00api.test\x00"),
    ];
    for (url, to, responses, expected) in table {
        let (requests, outcome) = connect(url, to, responses);
        assert!(outcome.is_ok(), "{url} {to:?}: {outcome:?}");
        assert_eq!(requests, expected, "{url} {to:?}");
    }
}

#[test]
fn socks_rejection_explains_the_reason() {
    let base = Base::parse("https://api.test").unwrap();
    let long = format!("socks5h://{}@p", "u".repeat(256));
    let table: [(&str, &[u8], ErrorKind, &str); 10] = [
        ("socks5h://p", b"\x05\xff", ErrorKind::Config, "none of the offered authentication methods"),
        ("socks5h://p", b"\x05\x02", ErrorKind::Config, "none of the offered authentication methods"),
        ("socks5h://me:pw@p", b"\x05\x02\x01\x01", ErrorKind::Config, "the password"),
        ("socks5h://p", b"\x05\x00\x05\x02", ErrorKind::Connect, "the rules of the proxy"),
        ("socks5h://p", b"\x05\x00\x05\x04", ErrorKind::Connect, "host unreachable"),
        ("socks5h://p", b"\x05\x00\x05\x63", ErrorKind::Connect, "general failure"),
        ("socks5h://p", b"HTTP/1.1 400", ErrorKind::Connect, "is not SOCKS"),
        ("socks5h://p", b"\x05", ErrorKind::Connect, "closed the connection"),
        ("socks4a://p", b"\x00\x5bPPABCD", ErrorKind::Connect, "request rejected"),
        (&long, b"\x05\x02", ErrorKind::Connect, "too long"),
    ];
    for (url, responses, kind, reason) in table {
        let error = connect(url, &NAME, responses).1.unwrap_err();
        let UreqError::Other(wrapped) = ConnectError::at(Step::Proxy, &"https://api.test".parse().unwrap(), error)
        else {
            panic!("not wrapped")
        };
        let error = wrapped.downcast::<ConnectError>().unwrap().failure(&base).into_error();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.kind() == kind && source.contains(reason), "{url} {responses:?}: {error}: {source}");
    }
}

#[test]
fn upload_through_stalled_proxy_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target {
        base: Base::parse("http://api.test").unwrap(),
        proxy: Some(ProxyUrl(format!("socks5h://{}", listener.local_addr().unwrap()))),
        root_certificates: None,
        user_agent: "test".to_owned(),
        connect_timeout: Duration::from_secs(10),
        response_limit: None,
    };
    let timeouts = Timeouts { await_continue: Duration::from_millis(20), ..Timeouts::default() };
    let http = HttpTransport::with_timeouts(target, timeouts).unwrap();
    let (over, is_over) = channel::<()>();
    let proxy = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        stream.read_exact(&mut [0; 15]).unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        let _ = is_over.recv();
    });
    let job = Image::from_url("https://example.com/cat.jpg").ref_id("x".repeat(16 << 20));
    let stall = Stall { sending: Duration::from_millis(220), response: Duration::from_secs(10) };
    let start = Instant::now();
    let request = api::submit(job.as_any(), None);
    let failure = http.send(&request, &ApiKey::new("key"), Duration::from_secs(30), Some(stall)).unwrap_err();
    drop(over);
    proxy.join().unwrap();
    assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, false), "{failure:?}");
    assert!(failure.summary.ends_with("stalled: no data sent for 220ms"), "{failure:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
