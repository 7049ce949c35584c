//! SOCKS: has a proxy open the connection. ureq does that, too, but on sockets that do not keep our deadlines.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use ::ureq::unversioned::transport::{ConnectionDetails, Connector, Either, Transport, TransportAdapter};
use ::ureq::{Error as UreqError, Proxy, ProxyProtocol};

use super::connect_error::{ConnectError, Step, port};
use super::socket::Socket;

/// Opens a connection through the proxy, if that speaks SOCKS.
#[derive(Debug)]
pub(super) struct Socks;

impl<In: Transport> Connector<In> for Socks {
    type Out = Either<In, Socket>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, UreqError> {
        use ProxyProtocol::{Socks4, Socks4A, Socks5, Socks5h};
        let is_socks = |proxy: &&Proxy| matches!(proxy.protocol(), Socks4 | Socks4A | Socks5 | Socks5h);
        let Some(proxy) = details.config.proxy().filter(is_socks) else { return Ok(chained.map(Either::A)) };
        let addresses = details.resolver.resolve(proxy.uri(), details.config, details.timeout)?;
        let socket = Socket::open(&addresses, details);
        let socket = socket.map_err(|error| ConnectError::at(Step::Connect, proxy.uri(), error))?;
        let mut stream = TransportAdapter::new(socket, details.current_time.clone());
        stream.set_timeout(details.timeout);
        let to = Destination::from_details(details, proxy)?;
        let opened = match proxy.protocol() {
            Socks4 | Socks4A => ask_version_4(&mut stream, &to),
            _ => ask_version_5(&mut stream, proxy, &to),
        };
        opened.map_err(|error| ConnectError::at(Step::Proxy, details.uri, error))?;
        Ok(Some(Either::B(stream.into_inner())))
    }
}

/// What the proxy is to connect to.
#[derive(Debug)]
enum Destination<'a> {
    Address(SocketAddr),
    /// To be looked up by the proxy.
    Name(&'a str, u16),
}

impl<'a> Destination<'a> {
    fn from_details(details: &'a ConnectionDetails, proxy: &Proxy) -> Result<Self, UreqError> {
        let (host, port) = (details.uri.host().unwrap_or_default(), port(details.uri));
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self::Address(SocketAddr::new(ip, port)));
        }
        if !proxy.resolve_target() {
            return Ok(Self::Name(host, port));
        }
        let is_usable = |address: &&SocketAddr| proxy.protocol() != ProxyProtocol::Socks4 || address.is_ipv4();
        details.addrs.iter().find(is_usable).map(|address| Self::Address(*address)).ok_or(UreqError::HostNotFound)
    }
}

/// RFC 1928, and RFC 1929 for the password.
fn ask_version_5(stream: &mut (impl Read + Write), proxy: &Proxy, to: &Destination<'_>) -> Result<(), UreqError> {
    const NO_LOGIN: u8 = 0;
    const PASSWORD: u8 = 2;
    let no_entry = |why| Err(ConnectError::at(Step::Login, proxy.uri(), io::Error::other(why).into()));

    let user = proxy.username();
    stream.write_all(if user.is_some() { &[5, 2, NO_LOGIN, PASSWORD] } else { &[5, 1, NO_LOGIN] })?;
    match (read(stream)?, user) {
        ([5, NO_LOGIN], _) => {}
        ([5, PASSWORD], Some(user)) => {
            let password = proxy.password().unwrap_or_default();
            stream.write_all(&[&[1][..], &counted(user)?, &counted(password)?].concat())?;
            if read::<2>(stream)?[1] != 0 {
                return no_entry("it refused the password");
            }
        }
        ([5, _], _) => return no_entry("it offered no way in"),
        _ => return Err(not_socks()),
    }

    let (kind, address, port) = match to {
        Destination::Address(SocketAddr::V4(to)) => (1, to.ip().octets().to_vec(), to.port()),
        Destination::Address(SocketAddr::V6(to)) => (4, to.ip().octets().to_vec(), to.port()),
        Destination::Name(name, port) => (3, counted(name)?, *port),
    };
    stream.write_all(&[&[5, 1, 0, kind], &address[..], &port.to_be_bytes()].concat())?;
    match read(stream)? {
        [5, 0] => {}
        [5, reply] => return Err(io::Error::other(reason(reply)).into()),
        _ => return Err(not_socks()),
    }
    // The address that it connects from is of no use, but comes first.
    let len = match read(stream)? {
        [_, 1] => 4,
        [_, 4] => 16,
        [_, 3] => {
            let [len] = read(stream)?;
            usize::from(len)
        }
        _ => return Err(not_socks()),
    };
    fill(stream, &mut vec![0; len])?;
    let _port: [u8; 2] = read(stream)?;
    Ok(())
}

/// <https://www.openssh.com/txt/socks4.protocol>, and `socks4a.protocol` for names.
fn ask_version_4(stream: &mut (impl Read + Write), to: &Destination<'_>) -> Result<(), UreqError> {
    const NO_USER: &[u8] = &[0];
    let (port, address, name) = match to {
        Destination::Address(SocketAddr::V4(to)) => (to.port(), to.ip().octets(), None),
        Destination::Address(SocketAddr::V6(_)) => return Err(io::Error::other("SOCKS 4 has no IPv6").into()),
        // An address that nobody has tells that a name follows.
        Destination::Name(name, port) => (*port, [0, 0, 0, 1], Some(name)),
    };
    let mut request = [&[4, 1], &port.to_be_bytes()[..], &address, NO_USER].concat();
    if let Some(name) = name {
        request.extend([name.as_bytes(), &[0]].concat());
    }
    stream.write_all(&request)?;
    match read::<8>(stream)? {
        [0, 90, ..] => Ok(()),
        [0, 91..=93, ..] => Err(io::Error::other("it refused").into()),
        _ => Err(not_socks()),
    }
}

/// RFC 1928, section 6.
fn reason(reply: u8) -> &'static str {
    match reply {
        2 => "its rules do not allow it",
        3 => "it cannot reach the network",
        4 => "it cannot reach the host",
        5 => "the connection was refused",
        6 => "the packets did not live long enough",
        7 => "it opens no connections",
        8 => "it does not know this kind of address",
        _ => "it failed",
    }
}

fn not_socks() -> UreqError {
    io::Error::other("what it answered is not SOCKS").into()
}

/// `text` behind its length.
fn counted(text: &str) -> io::Result<Vec<u8>> {
    let len = u8::try_from(text.len()).map_err(|_| io::Error::other("a name is too long for SOCKS"))?;
    Ok([&[len], text.as_bytes()].concat())
}

fn read<const LEN: usize>(stream: &mut impl Read) -> io::Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    fill(stream, &mut bytes)?;
    Ok(bytes)
}

fn fill(stream: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    stream.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "it closed the connection"),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
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

    /// A proxy that says what it is to say, and keeps what it is asked.
    struct Script {
        says: io::Cursor<Vec<u8>>,
        asked: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.says.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.asked.write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is asked of a proxy that says `says`, and how it ends.
    fn ask(url: &str, to: &Destination<'_>, says: &[u8]) -> (Vec<u8>, Result<(), UreqError>) {
        let mut proxy = Script { says: io::Cursor::new(says.to_vec()), asked: Vec::new() };
        let outcome = match url.starts_with("socks4") {
            true => ask_version_4(&mut proxy, to),
            false => ask_version_5(&mut proxy, &Proxy::new(url).unwrap(), to),
        };
        assert!(outcome.is_err() || proxy.says.position() == says.len() as u64, "all of it is read, and no more");
        (proxy.asked, outcome)
    }

    const NAME: Destination<'_> = Destination::Name("api.test", 443);

    #[test]
    fn it_asks_as_the_specifications_say() {
        let address = |text: &str| Destination::Address(text.parse().unwrap());
        let (v4, v6) = (address("192.0.2.1:443"), address("[2001:db8::1]:443"));
        let table: [(&str, &Destination<'_>, &[u8], &[u8]); 8] = [
            (
                "socks5h://p",
                &NAME,
                b"\x05\x00\x05\x00\x00\x01ABCDPP",
                b"\x05\x01\x00\x05\x01\x00\x03\x08api.test\x01\xbb",
            ),
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
            // Not sent where nobody asks.
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
        for (url, to, says, expected) in table {
            let (asked, outcome) = ask(url, to, says);
            assert!(outcome.is_ok(), "{url} {to:?}: {outcome:?}");
            assert_eq!(asked, expected, "{url} {to:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_it_is_about_and_a_login_is_a_setting() {
        let base = Base::parse("https://api.test").unwrap();
        let long = format!("socks5h://{}@p", "u".repeat(256));
        let table: [(&str, &[u8], ErrorKind, &str); 10] = [
            ("socks5h://p", b"\x05\xff", ErrorKind::Config, "no way in"),
            ("socks5h://p", b"\x05\x02", ErrorKind::Config, "no way in"),
            ("socks5h://me:pw@p", b"\x05\x02\x01\x01", ErrorKind::Config, "the password"),
            ("socks5h://p", b"\x05\x00\x05\x02", ErrorKind::Connect, "its rules"),
            ("socks5h://p", b"\x05\x00\x05\x04", ErrorKind::Connect, "cannot reach the host"),
            ("socks5h://p", b"\x05\x00\x05\x63", ErrorKind::Connect, "it failed"),
            ("socks5h://p", b"HTTP/1.1 400", ErrorKind::Connect, "is not SOCKS"),
            ("socks5h://p", b"\x05", ErrorKind::Connect, "closed the connection"),
            ("socks4a://p", b"\x00\x5bPPABCD", ErrorKind::Connect, "it refused"),
            (&long, b"\x05\x02", ErrorKind::Connect, "too long"),
        ];
        for (url, says, kind, with_source) in table {
            let error = ask(url, &NAME, says).1.unwrap_err();
            let UreqError::Other(marked) = ConnectError::at(Step::Proxy, &"https://api.test".parse().unwrap(), error)
            else {
                panic!("not marked")
            };
            let error = marked.downcast::<ConnectError>().unwrap().failure(&base).into_error();
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(error.kind() == kind && source.contains(with_source), "{url} {says:?}: {error}: {source}");
        }
    }

    #[test]
    fn an_upload_through_a_proxy_that_takes_no_more_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target {
            base: Base::parse("http://api.test").unwrap(),
            proxy: Some(ProxyUrl(format!("socks5h://{}", listener.local_addr().unwrap()))),
            root_certificates: None,
            user_agent: "test".to_owned(),
            connect_timeout: Duration::from_secs(10),
            response_limit: None,
        };
        let waits = Timeouts { await_continue: Duration::from_millis(20), ..Timeouts::default() };
        let http = HttpTransport::waiting(target, waits).unwrap();
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
        let stall = Stall { sending: Duration::from_millis(220), answer: Duration::from_secs(10) };
        let start = Instant::now();
        let request = api::submit(&job, None);
        let failure = http.send(&request, &ApiKey::new("key"), Duration::from_secs(30), Some(stall)).unwrap_err();
        drop(over);
        proxy.join().unwrap();
        assert_eq!((failure.kind, failure.request_fully_sent), (ErrorKind::Timeout, false), "{failure:?}");
        assert!(failure.summary.ends_with("stalled: for 220ms nothing moved"), "{failure:?}");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
