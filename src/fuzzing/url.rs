//! URLs: of the service, which the key goes to, and of media.

use std::net::IpAddr;

use super::assert_printable;
use crate::http::endpoint::Base;
use crate::util::url::{Url, is_loopback, why_not_web};

/// A URL. `place` finds its host, port and path as the HTTP library does.
pub fn url(data: &[u8], place: impl Fn(&str) -> Option<(String, Option<u16>, String)>) {
    let text = String::from_utf8_lossy(data);
    if let Some(parts) = Url::split(&text) {
        assert_whole(&parts, &text);
    }
    if why_not_web(&text).is_none() {
        assert!(!text.contains(|c: char| c.is_control() || c == ' '));
        let scheme = text.split("://").next().unwrap().to_ascii_lowercase();
        assert!(["http", "https"].contains(&scheme.as_str()) && !Url::split(&text).unwrap().host.is_empty());
    }
    match Base::parse(&text) {
        Ok(base) => assert_base(&base, &text, place),
        Err(error) => {
            assert_printable(&error.to_string());
            assert!(error.to_string().starts_with("base_url: ") && error.to_string().len() < 150, "{error}");
        }
    }
}

/// That the parts put together are what was taken apart.
fn assert_whole(parts: &Url<'_>, text: &str) {
    let user_info = parts.user_info.map_or(String::new(), |user_info| format!("{user_info}@"));
    let port = parts.port.map_or(String::new(), |port| format!(":{port}"));
    let whole = format!("{}://{user_info}{}{port}{}", parts.scheme, parts.host, parts.path);
    let tail = text.strip_prefix(&whole).unwrap();
    assert_eq!(parts.has_tail, !tail.is_empty(), "{text}");
    assert!(tail.is_empty() || tail.starts_with(['?', '#']), "{text}");
    assert!(!parts.host.contains(['/', '?', '#', '@']) && (parts.path.is_empty() || parts.path.starts_with('/')));
}

/// That everybody finds the same host in it, since the key goes there.
fn assert_base(base: &Base, text: &str, place: impl Fn(&str) -> Option<(String, Option<u16>, String)>) {
    assert!(base.url.bytes().all(|byte| byte.is_ascii_graphic()) && !base.url.contains(['@', '?', '#', '\\', '"']));
    assert!(!base.url.ends_with('/'), "{}", base.url);
    assert!(base.url.eq_ignore_ascii_case(text.trim_end_matches('/')));
    assert_eq!(Base::parse(&base.url).unwrap(), *base);
    assert_eq!(base.url.starts_with("https://"), base.is_https);
    let (host, port, path) = place(&format!("{}/api/image_fromurl", base.url)).unwrap();
    let usual = if base.is_https { 443 } else { 80 };
    assert_eq!((host.as_str(), port.unwrap_or(usual)), (base.host.as_str(), base.port.parse().unwrap()), "{text}");
    assert_eq!(path, format!("{}/api/image_fromurl", base.path));
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_local =
        address.parse::<IpAddr>().map_or(host.to_lowercase() == "localhost", |address| address.is_loopback());
    assert_eq!((base.is_loopback(), is_loopback(&host)), (is_local, is_local), "{host}");
}
