//! HTTP proxies: requests a connection to the target with CONNECT (RFC 9110, section 9.3.6).

use std::io::{self, Write};

use ::ureq::config::AutoHeaderValue;
use ::ureq::unversioned::transport::{ConnectionDetails, NextTimeout, Transport, TransportAdapter};
use ::ureq::{Error as UreqError, Proxy};

use super::connect_error::{ConnectError, Step, address};
use super::head_text::{INTERIM_MAX, VERSION, head_len, lines, may_be_http};
use crate::util::encodings::redactable;
use crate::util::text::one_line;

/// Maximum number of characters of a reason phrase in an error.
const REASON_MAX: usize = 80;

/// Requests a connection from the proxy, and reads the head of its response. Bytes after the head come from the target,
/// and stay in the input.
pub(super) fn connect(
    stream: &mut TransportAdapter,
    details: &ConnectionDetails,
    proxy: &Proxy,
) -> Result<(), UreqError> {
    let credentials = Credentials::from_proxy(proxy);
    stream.write_all(request(details, credentials.as_ref()).as_bytes())?;
    let status = read_status(stream.get_mut(), details.timeout)?;
    if (200..=299).contains(&status.code) {
        return Ok(());
    }
    let error = io::Error::other(status.display(credentials.as_ref())).into();
    // Some proxies reject a wrong password with 401, although RFC 9110 defines that status code for servers and 407
    // for proxies.
    let step = if matches!(status.code, 401 | 407) { Step::Login } else { Step::Refused(status.code) };
    Err(ConnectError::at(step, proxy.uri(), error))
}

/// Returns the CONNECT request. Its values cannot contain control characters: `base_url` and `user_agent` have been
/// validated, and the credentials are in Base64.
fn request(details: &ConnectionDetails, credentials: Option<&Credentials<'_>>) -> String {
    let to = address(details.uri);
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    if let AutoHeaderValue::Provided(agent) = details.config.user_agent() {
        request.extend(["User-Agent: ", agent, "\r\n"]);
    }
    // No RFC defines this header, but some old proxies close the connection without it.
    request.push_str("Proxy-Connection: Keep-Alive\r\n");
    if let Some(credentials) = credentials {
        request.extend(["Proxy-Authorization: Basic ", &credentials.base64, "\r\n"]);
    }
    request.push_str("\r\n");
    request
}

/// The percent-decoded user name and password of the URL of a proxy.
struct Credentials<'a> {
    user: &'a str,
    password: &'a str,
    /// The user name and the password, encoded for the `Basic` scheme (RFC 7617).
    base64: String,
}

impl<'a> Credentials<'a> {
    fn from_proxy(proxy: &'a Proxy) -> Option<Self> {
        proxy.username().or(proxy.password())?;
        let [user, password] = [proxy.username(), proxy.password()].map(Option::unwrap_or_default);
        Some(Self { user, password, base64: base64(format!("{user}:{password}").as_bytes()) })
    }

    /// Returns `true` if `text` contains the user name, the password or their encoded form.
    fn occur_in(&self, text: &str) -> bool {
        redactable([self.user, self.password, &self.base64].into_iter()).into_iter().any(|secret| text.contains(secret))
    }
}

/// Encodes `bytes` as Base64 (RFC 4648, section 4). ureq depends on a crate for this, but its use here would add a
/// direct dependency to the three that this crate has.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = ALPHABET.get((bits >> shift & 63) as usize).filter(|_| at <= group.len());
            text.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    text
}

/// The status line of a response.
#[derive(Debug, PartialEq, Eq)]
struct Status {
    code: u16,
    reason: String,
}

impl Status {
    /// Parses `HTTP/1.1 200 OK` (RFC 9112, section 4), with or without a reason phrase.
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?;
        let rest = line.strip_suffix(b"\r").unwrap_or(line).strip_prefix(VERSION)?;
        let (b"0 " | b"1 ", rest) = rest.split_at_checked(2)? else { return None };
        let (code, reason) = rest.split_at_checked(3)?;
        if !code.iter().all(u8::is_ascii_digit) || !(reason.is_empty() || reason.starts_with(b" ")) {
            return None;
        }
        let code = std::str::from_utf8(code).ok()?.parse().ok().filter(|code| *code >= 100)?;
        Some(Self { code, reason: String::from_utf8_lossy(reason).into_owned() })
    }

    /// Returns `true` for an interim response (RFC 9110, section 15.2). `101` is final, since the protocol after it is
    /// not HTTP.
    fn is_interim(&self) -> bool {
        (100..=199).contains(&self.code) && self.code != 101
    }

    /// Returns the code and the reason phrase for an error text. A reason phrase that contains credentials is omitted.
    fn display(&self, credentials: Option<&Credentials<'_>>) -> String {
        let reason: String = self.reason.trim().chars().take(REASON_MAX).collect();
        if reason.is_empty() || credentials.is_some_and(|credentials| credentials.occur_in(&self.reason)) {
            return self.code.to_string();
        }
        format!("{} {}", self.code, one_line(&reason))
    }
}

/// Reads up to the end of the head of the final response, and returns its status.
///
/// Further bytes stay in the input, since after a 2xx they come through the tunnel. The body of an error response is
/// not read.
fn read_status(transport: &mut dyn Transport, timeout: NextTimeout) -> Result<Status, UreqError> {
    let mut interim = 0_usize;
    loop {
        let input = transport.buffers().input();
        if let Some(len) = head_len(input) {
            let status = lines(input).next().and_then(|(line, _)| Status::parse(line)).ok_or_else(not_http)?;
            transport.buffers().input_consume(len);
            if !status.is_interim() {
                return Ok(status);
            }
            interim = interim.saturating_add(len);
            if interim > INTERIM_MAX {
                return Err(io::Error::other("the proxy sent more than 1 MiB of interim responses").into());
            }
            continue;
        }
        if !may_be_http(input) {
            return Err(if input.starts_with(&[22]) || input.starts_with(&[21]) {
                unexpected_tls()
            } else {
                not_http()
            });
        }
        if transport.buffers().input_append_buf().is_empty() {
            return Err(io::Error::other("the response head of the proxy exceeds 16 KiB").into());
        }
        if !transport.await_input(timeout)? {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the proxy closed the connection").into());
        }
    }
}

fn not_http() -> UreqError {
    io::Error::other("the response of the proxy is not HTTP").into()
}

/// Returns the error for a response that is a TLS record. The first byte of a record is 22 in a handshake, and 21 in an
/// alert (RFC 8446, section 5.1).
fn unexpected_tls() -> UreqError {
    io::Error::other("the proxy responded with TLS; use https:// in the proxy URL").into()
}

#[cfg(test)]
mod tests;
