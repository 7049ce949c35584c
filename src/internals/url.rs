//! URLs, of the service and of media.

use crate::error::Result;
use crate::http::endpoint::Base;
use crate::util::url::{self, Url};

/// The parts of a URL, as they are written.
#[derive(Clone, Copy, Debug)]
pub struct UrlParts<'a> {
    /// The scheme.
    pub scheme: &'a str,
    /// The text in front of the `@`.
    pub user_info: Option<&'a str>,
    /// The host, with the brackets of an IPv6 address.
    pub host: &'a str,
    /// The port.
    pub port: Option<&'a str>,
    /// The path, from its slash on.
    pub path: &'a str,
    /// If `true`, a query or a fragment follows.
    pub has_tail: bool,
}

/// Splits an absolute URL.
pub fn split(text: &str) -> Option<UrlParts<'_>> {
    let Url { scheme, user_info, host, port, path, has_tail } = Url::split(text)?;
    Some(UrlParts { scheme, user_info, host, port, path, has_tail })
}

/// Returns the reason why the service cannot fetch from or call `url`, if there is one.
pub fn check_http_url(url: &str) -> Option<&'static str> {
    url::check_http_url(url)
}

/// Returns `true` if `host` can only be this machine.
pub fn is_loopback(host: &str) -> bool {
    url::is_loopback(host)
}

/// A base URL that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// The URL without a slash at its end.
    pub url: String,
    /// If `true`, the scheme is `https`. Else it is `http`.
    pub is_https: bool,
    /// The host, with the brackets of an IPv6 address.
    pub host: String,
    /// The port in digits.
    pub port: String,
    /// Host and port, as they are written.
    pub authority: String,
    /// The path in front of that of an endpoint.
    pub path: String,
    /// If `true`, the host can only be this machine.
    pub is_loopback: bool,
}

/// Parses a base URL.
pub fn parse_base(text: &str) -> Result<BaseUrl> {
    let base = Base::parse(text)?;
    let is_loopback = base.is_loopback();
    let Base { url, is_https, host, port, authority, path } = base;
    Ok(BaseUrl { url, is_https, host, port, authority, path, is_loopback })
}
