//! The target of all requests of a client, and the settings for the connections to it. All of them have been validated.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::util::url::{Url, has_usable_port, is_loopback};

/// The settings of a transport.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) base: Base,
    pub(crate) proxy: Option<ProxyUrl>,
    /// Root certificates in PEM, which replace the usual ones.
    pub(crate) root_certificates: Option<Vec<u8>>,
    pub(crate) user_agent: String,
    pub(crate) connect_timeout: Duration,
    /// Maximum size of a response body, in bytes. If `None`, each request has its own limit.
    pub(crate) response_limit: Option<u64>,
}

/// A base URL: `scheme://host[:port][/path]` without a slash at its end. The path of an endpoint is appended to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports it.
pub struct Base {
    /// The whole URL.
    pub url: String,
    /// If `true`, the scheme is `https`. Otherwise it is `http`.
    pub is_https: bool,
    /// The host, with the brackets of an IPv6 address.
    pub host: String,
    /// The port in decimal digits. If the URL has no port, this is the default of its scheme.
    pub port: String,
    /// The host, and the port if the URL has one.
    pub authority: String,
    /// The path. It is empty or begins with a slash.
    pub path: String,
}

impl Base {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::read(text).map_err(|reason| Error::config("base_url", reason))
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let url = Url::split(text).ok_or("must be a URL such as https://host")?;
        let is_https = url.is_scheme("https");
        // All URL parsers interpret the characters accepted here in the same way, so no parser that is used later can
        // mistake a part of the path for the host.
        let plain = |byte: u8, more: &[u8]| byte.is_ascii_alphanumeric() || more.contains(&byte);
        if !is_https && !url.is_scheme("http") {
            Err("must start with https:// or http://")
        } else if url.user_info.is_some() {
            Err("must not contain a user name or password")
        } else if url.has_tail {
            Err("must not contain a query or a fragment")
        } else if !is_host(url.host) {
            Err("missing or invalid host; write international names in punycode")
        } else if !has_usable_port(&url) {
            Err("the port must be a number from 1 to 65535")
        // `@` is rejected here, although RFC 3986 allows it in a path. It most likely ends a user name or a password
        // that contains an unencoded slash, and that would become part of the path.
        } else if !url.path.bytes().all(|byte| plain(byte, b"/-._~%!$&'()*+,;=")) {
            Err("the path must be percent-encoded")
        } else {
            let (scheme, host, path) = (url.scheme.to_ascii_lowercase(), url.host, url.path.trim_end_matches('/'));
            let authority = url.port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            let port = url.port.unwrap_or(default_port(is_https));
            Ok(Self {
                url: format!("{scheme}://{authority}{path}"),
                is_https,
                host: host.to_owned(),
                port: port.to_owned(),
                authority,
                path: path.to_owned(),
            })
        }
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// Returns the default port of the scheme (RFC 9110, section 4.2).
pub(super) fn default_port(is_https: bool) -> &'static str {
    if is_https { "443" } else { "80" }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    }
}

/// The URL of a proxy. `Debug` does not show it, since it may contain a user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl(pub(crate) String);

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn base_url_is_split_into_its_parts() {
        let base = Base::parse("HTTPS://api.example.com:8443/v1/").unwrap();
        assert_eq!((base.url.as_str(), base.is_https), ("https://api.example.com:8443/v1", true));
        assert_eq!((base.host.as_str(), base.authority.as_str()), ("api.example.com", "api.example.com:8443"));
        assert_eq!((base.port.as_str(), base.path.as_str()), ("8443", "/v1"));
        let base = Base::parse("http://[::1]:80").unwrap();
        assert_eq!((base.host.as_str(), base.authority.as_str()), ("[::1]", "[::1]:80"));
        assert_eq!((base.path.as_str(), base.is_loopback()), ("", true));
        assert_eq!(Base::parse("https://x.test/").unwrap().port, "443");
    }

    #[test]
    fn invalid_base_url_is_rejected_without_quoting_it() {
        for text in [
            "",
            "s3cret",
            "api.example.com",
            "ftp://api.example.com",
            "https://",
            "https:///s3cret",
            "https://u:s3cret@api.example.com",
            "https://s3cret/x@api.example.com",
            "https://api.example.com/?key=s3cret",
            "https://api.example.com#s3cret",
            "https://api.example.com:0",
            "https://api.example.com:99999",
            "https://api.example.com:+80",
            "https://api.example.com:",
            "https://api.example.com\\@s3cret",
            "https://api example.com",
            "https://b\u{fc}cher.example",
            "https://[::g]",
            "https://api.example.com/a b",
            "https://api.example.com/\r\nX-Evil: s3cret",
        ] {
            let error = Base::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(error.to_string().starts_with("base_url: "), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
