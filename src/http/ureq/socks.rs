//! SOCKS proxies: requests a connection to the target.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use ::ureq::unversioned::transport::{ConnectionDetails, TransportAdapter};
use ::ureq::{Error as UreqError, Proxy, ProxyProtocol};

use super::connect_error::{ConnectError, Step, port};

/// Requests a connection from the proxy, in the protocol version of its URL.
pub(super) fn connect(
    stream: &mut TransportAdapter,
    details: &ConnectionDetails,
    proxy: &Proxy,
) -> Result<(), UreqError> {
    let to = Destination::from_details(details, proxy)?;
    match proxy.protocol() {
        ProxyProtocol::Socks4 | ProxyProtocol::Socks4A => connect_v4(stream, &to),
        _ => connect_v5(stream, proxy, &to),
    }
}

/// The target of the connection.
#[derive(Debug)]
enum Destination<'a> {
    Address(SocketAddr),
    /// A host name, which the proxy looks up, and a port.
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

/// Requests a connection with SOCKS 5 (RFC 1928). A user name and a password are sent as in RFC 1929.
fn connect_v5(stream: &mut (impl Read + Write), proxy: &Proxy, to: &Destination<'_>) -> Result<(), UreqError> {
    const NO_AUTHENTICATION: u8 = 0;
    const PASSWORD: u8 = 2;
    let login_error = |reason| Err(ConnectError::at(Step::Login, proxy.uri(), io::Error::other(reason).into()));

    let user = proxy.username();
    stream.write_all(if user.is_some() { &[5, 2, NO_AUTHENTICATION, PASSWORD] } else { &[5, 1, NO_AUTHENTICATION] })?;
    match (read(stream)?, user) {
        ([5, NO_AUTHENTICATION], _) => {}
        ([5, PASSWORD], Some(user)) => {
            let password = proxy.password().unwrap_or_default();
            stream.write_all(&[&[1][..], &length_prefixed(user)?, &length_prefixed(password)?].concat())?;
            if read::<2>(stream)?[1] != 0 {
                return login_error("the proxy rejected the password");
            }
        }
        ([5, _], _) => return login_error("the proxy accepts none of the offered authentication methods"),
        _ => return Err(not_socks()),
    }

    let (kind, address, port) = match to {
        Destination::Address(SocketAddr::V4(to)) => (1, to.ip().octets().to_vec(), to.port()),
        Destination::Address(SocketAddr::V6(to)) => (4, to.ip().octets().to_vec(), to.port()),
        Destination::Name(name, port) => (3, length_prefixed(name)?, *port),
    };
    stream.write_all(&[&[5, 1, 0, kind], &address[..], &port.to_be_bytes()].concat())?;
    match read(stream)? {
        [5, 0] => {}
        [5, reply] => return Err(io::Error::other(reason(reply)).into()),
        _ => return Err(not_socks()),
    }
    // Skip the address and the port from which the proxy connects to the target.
    let len = match read(stream)? {
        [_, 1] => 4,
        [_, 4] => 16,
        [_, 3] => {
            let [len] = read(stream)?;
            usize::from(len)
        }
        _ => return Err(not_socks()),
    };
    read_exact(stream, &mut vec![0; len])?;
    let _port: [u8; 2] = read(stream)?;
    Ok(())
}

/// Requests a connection with SOCKS 4 (<https://www.openssh.com/txt/socks4.protocol>). A host name is sent as in SOCKS
/// 4A (<https://www.openssh.com/txt/socks4a.protocol>).
fn connect_v4(stream: &mut (impl Read + Write), to: &Destination<'_>) -> Result<(), UreqError> {
    const NO_USER: &[u8] = &[0];
    let (port, address, name) = match to {
        Destination::Address(SocketAddr::V4(to)) => (to.port(), to.ip().octets(), None),
        Destination::Address(SocketAddr::V6(_)) => return Err(io::Error::other("SOCKS 4 does not support IPv6").into()),
        // This address means that a host name follows.
        Destination::Name(name, port) => (*port, [0, 0, 0, 1], Some(name)),
    };
    let mut request = [&[4, 1], &port.to_be_bytes()[..], &address, NO_USER].concat();
    if let Some(name) = name {
        request.extend([name.as_bytes(), &[0]].concat());
    }
    stream.write_all(&request)?;
    match read::<8>(stream)? {
        [0, 90, ..] => Ok(()),
        [0, 91..=93, ..] => Err(io::Error::other("request rejected or failed").into()),
        _ => Err(not_socks()),
    }
}

/// Returns the meaning of a reply code (RFC 1928, section 6).
fn reason(reply: u8) -> &'static str {
    match reply {
        2 => "not allowed by the rules of the proxy",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "general failure of the proxy",
    }
}

fn not_socks() -> UreqError {
    io::Error::other("the response of the proxy is not SOCKS").into()
}

/// Returns `text` after a byte with its length.
fn length_prefixed(text: &str) -> io::Result<Vec<u8>> {
    let len = u8::try_from(text.len()).map_err(|_| io::Error::other("name too long for SOCKS"))?;
    Ok([&[len], text.as_bytes()].concat())
}

fn read<const LEN: usize>(stream: &mut impl Read) -> io::Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    read_exact(stream, &mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes`. The error at the end of the connection says that the proxy closed it.
fn read_exact(stream: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    stream.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "the proxy closed the connection"),
        _ => error,
    })
}

#[cfg(test)]
mod tests;
