//! As much of RFC 3986 as checking a URL takes: where its parts begin and end. Nothing is decoded or rewritten.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The parts of `scheme://user@host:port/path?query#fragment`, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports it.
pub struct Url<'a> {
    /// The text before the first colon.
    pub scheme: &'a str,
    /// The text before the `@`.
    pub user_info: Option<&'a str>,
    /// The host, with the brackets of an IPv6 address.
    pub host: &'a str,
    /// The port, which need not be a number.
    pub port: Option<&'a str>,
    /// The path from the first slash on; empty if there is none.
    pub path: &'a str,
    /// If `true`, a query or a fragment follows.
    pub has_tail: bool,
}

impl<'a> Url<'a> {
    /// Splits an absolute URL with an authority; anything else is `None`.
    pub(crate) fn split(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let rest = rest.strip_prefix("//")?;
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            return None;
        }
        let (authority, rest) = split_before(rest, b"/?#");
        let (path, tail) = split_before(rest, b"?#");
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user_info, host_port)) => (Some(user_info), host_port),
            None => (None, authority),
        };
        let host_end = if host_port.starts_with('[') {
            host_port.split_inclusive(']').next().filter(|host| host.ends_with(']'))?.len()
        } else {
            host_port.find(':').unwrap_or(host_port.len())
        };
        let (host, port) = host_port.split_at(host_end);
        let port = match port {
            "" => None,
            port => Some(port.strip_prefix(':')?),
        };
        Some(Self { scheme, user_info, host, port, path, has_tail: !tail.is_empty() })
    }

    pub(crate) fn is_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Scheme and host: what may be shown of a URL whose rest may be secret.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }
}

/// What stands before the first of some ASCII characters, and the rest.
fn split_before<'a>(text: &'a str, any: &[u8]) -> (&'a str, &'a str) {
    text.split_at(text.bytes().position(|byte| any.contains(&byte)).unwrap_or(text.len()))
}

/// Whether a host can be nothing but this machine: 127.0.0.0/8, `[::1]` or `localhost` (RFC 6761, section 6.3).
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a port, where there is one, is a number from 1 to 65535.
pub(crate) fn has_usable_port(url: &Url<'_>) -> bool {
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    url.port.is_none_or(|port| is_number(port) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Why the service cannot fetch from or call `url`, if that is plain to see. What is left of the URL is the service's
/// to judge: it passes untouched.
pub(crate) fn check_http_url(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("is empty");
    }
    let is_odd = |c: char| c.is_control() || c == ' ';
    if url.contains(is_odd) {
        return Some("contains a blank or a control character; percent-encode it");
    }
    match Url::split(url) {
        Some(parts) if !parts.is_scheme("http") && !parts.is_scheme("https") => {
            Some("must start with http:// or https://")
        }
        Some(parts) if parts.host.is_empty() || parts.host == "[]" => Some("has no host"),
        Some(_) => None,
        None => Some("is not a URL; it must start with http:// or https:// and a host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_where_rfc_3986_puts_them() {
        let url = Url::split("https://user:p@ss@[2001:db8::1]:8443/a/b?c=/d@e#f").unwrap();
        assert_eq!((url.scheme, url.user_info), ("https", Some("user:p@ss")));
        assert_eq!((url.host, url.port), ("[2001:db8::1]", Some("8443")));
        assert_eq!((url.path, url.has_tail), ("/a/b", true));
        let bare = Url::split("http://example.com").unwrap();
        assert_eq!((bare.host, bare.port, bare.path, bare.has_tail), ("example.com", None, "", false));
        for text in ["", "example.com", "://x", "1http://x", "http:/x", "http://[::1", "http://[::1]x"] {
            assert_eq!(Url::split(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        for host in ["127.0.0.1", "127.9.8.7", "[::1]", "localhost", "LocalHost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]", "0.0.0.0", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn nothing_that_the_service_could_fetch_is_refused() {
        let long = format!("https://example.com/?sig={}", "a%2F".repeat(20_000));
        for url in [
            "http://example.com/cat.jpg",
            "HTTPS://EXAMPLE.com",
            "https://b\u{fc}cher.example/\u{1f408}.jpg?q=\u{e9}",
            "https://[2001:db8::1]:8443/cat.jpg",
            "https://user:pw@example.com:8080/a%20b?x=[]&y=|#z",
            &long,
        ] {
            assert_eq!(check_http_url(url), None, "{url}");
        }
        for url in [
            "",
            " https://example.com",
            "https://example.com/a b",
            "https://example.com/\n",
            "https://example.com/\u{85}",
            "ftp://example.com/cat.jpg",
            "file:///etc/passwd",
            "cat.jpg",
            "https://",
            "https:///cat.jpg",
            "https://:80/cat.jpg",
            "https://user@/cat.jpg",
            "https://?q",
        ] {
            assert!(check_http_url(url).is_some(), "{url}");
        }
    }
}
