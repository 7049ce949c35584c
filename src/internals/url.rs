//! URLs of the service and of media files.

use crate::error::Result;
pub use crate::http::endpoint::Base;
use crate::util::url;
pub use crate::util::url::Url;

/// Splits an absolute URL.
pub fn split(text: &str) -> Option<Url<'_>> {
    Url::split(text)
}

/// Returns the reason why the service cannot fetch from or call `url`, if there is one.
pub fn check_http_url(url: &str) -> Option<&'static str> {
    url::check_http_url(url)
}

/// Returns `true` if `host` can only be this machine.
pub fn is_loopback(host: &str) -> bool {
    url::is_loopback(host)
}

/// Parses a base URL.
pub fn parse_base(text: &str) -> Result<Base> {
    Base::parse(text)
}
