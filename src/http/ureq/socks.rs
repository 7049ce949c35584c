//! SOCKS proxies: asks for a connection to the target.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use ::ureq::unversioned::transport::{ConnectionDetails, TransportAdapter};
use ::ureq::{Error as UreqError, Proxy, ProxyProtocol};

use super::connect_error::{ConnectError, Step, port};

/// Asks the proxy for a connection, in its version of the protocol.
pub(super) fn ask(stream: &mut TransportAdapter, details: &ConnectionDetails, proxy: &Proxy) -> Result<(), UreqError> {
    let to = Destination::from_details(details, proxy)?;
    match proxy.protocol() {
        ProxyProtocol::Socks4 | ProxyProtocol::Socks4A => ask_version_4(stream, &to),
        _ => ask_version_5(stream, proxy, &to),
    }
}

/// The target of the connection.
#[derive(Debug)]
enum Destination<'a> {
    Address(SocketAddr),
    /// A name that the proxy looks up.
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

/// Asks for a connection by SOCKS 5 (RFC 1928), with a password by RFC 1929.
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
    // The address from which the proxy connects. It is not used.
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

/// Asks for a connection by SOCKS 4 (<https://www.openssh.com/txt/socks4.protocol>), or 4A for a name
/// (<https://www.openssh.com/txt/socks4a.protocol>).
fn ask_version_4(stream: &mut (impl Read + Write), to: &Destination<'_>) -> Result<(), UreqError> {
    const NO_USER: &[u8] = &[0];
    let (port, address, name) = match to {
        Destination::Address(SocketAddr::V4(to)) => (to.port(), to.ip().octets(), None),
        Destination::Address(SocketAddr::V6(_)) => return Err(io::Error::other("SOCKS 4 has no IPv6").into()),
        // This address tells that a name follows.
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

/// Explains a reply code (RFC 1928, section 6).
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

/// Returns `text` behind a byte that holds its length.
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
mod tests;
