//! A URL parser for checks. It splits a URL into its parts according to RFC 3986, and does not decode or change them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The parts of `scheme://user@host:port/path?query#fragment`, unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports it.
pub struct Url<'a> {
    /// The text before the first colon.
    pub scheme: &'a str,
    /// The text before the `@`.
    pub user_info: Option<&'a str>,
    /// The host, with the brackets of an IPv6 address.
    pub host: &'a str,
    /// The text after the colon that follows the host. It is not necessarily a number.
    pub port: Option<&'a str>,
    /// The path, beginning with its slash. It is empty if the URL has no path.
    pub path: &'a str,
    /// If `true`, a query or a fragment follows.
    pub has_tail: bool,
}

impl<'a> Url<'a> {
    /// Splits an absolute URL with an authority. Returns `None` for anything else.
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

    /// Returns the scheme and the host. They may be shown even if the rest of the URL is secret.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }
}

/// Splits `text` before the first of the ASCII characters in `any`.
fn split_before<'a>(text: &'a str, any: &[u8]) -> (&'a str, &'a str) {
    text.split_at(text.bytes().position(|byte| any.contains(&byte)).unwrap_or(text.len()))
}

/// Returns `true` if the host always means this machine: 127.0.0.0/8, `[::1]` or `localhost` (RFC 6761, section 6.3).
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Returns `true` if the URL has no port, or a port from 1 to 65535.
pub(crate) fn has_usable_port(url: &Url<'_>) -> bool {
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    url.port.is_none_or(|port| is_number(port) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Returns the reason why the service cannot fetch or call `url`, if the URL itself shows one. Everything else is left
/// to the service, which receives the URL unchanged.
pub(crate) fn check_http_url(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("must not be empty");
    }
    let is_blank_or_control = |c: char| c.is_control() || c == ' ';
    if url.contains(is_blank_or_control) {
        return Some("must not contain spaces or control characters; percent-encode them");
    }
    match Url::split(url) {
        Some(parts) if !parts.is_scheme("http") && !parts.is_scheme("https") => {
            Some("must start with http:// or https://")
        }
        Some(parts) if parts.host.is_empty() || parts.host == "[]" => Some("missing host"),
        Some(_) => None,
        None => Some("must be a URL that starts with http:// or https:// and a host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_split_according_to_rfc_3986() {
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
    fn loopback_excludes_similar_host_names() {
        for host in ["127.0.0.1", "127.9.8.7", "[::1]", "localhost", "LocalHost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]", "0.0.0.0", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn only_urls_that_cannot_be_fetched_are_rejected() {
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
