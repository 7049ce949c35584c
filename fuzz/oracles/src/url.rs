//! The oracle of URLs: base URLs of the service, whose host gets the key, and URLs of media.

use std::net::IpAddr;

use identifai::internals::url::{Base, Url, check_http_url, is_loopback, parse_base, split};

use crate::{assert_printable, independent};

/// Checks a URL.
pub fn url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(parts) = split(&text) {
        assert_whole(&parts, &text);
    }
    if check_http_url(&text).is_none() {
        assert!(!text.contains(|c: char| c.is_control() || c == ' '));
        let scheme = text.split("://").next().unwrap().to_ascii_lowercase();
        assert!(["http", "https"].contains(&scheme.as_str()) && !split(&text).unwrap().host.is_empty());
    }
    match parse_base(&text) {
        Ok(base) => assert_base(&base, &text),
        Err(error) => {
            assert_printable(&error.to_string());
            assert!(error.to_string().starts_with("base_url: ") && error.to_string().len() < 150, "{error}");
        }
    }
}

/// Asserts that the concatenated parts are the URL.
fn assert_whole(parts: &Url<'_>, text: &str) {
    let user_info = parts.user_info.map_or(String::new(), |user_info| format!("{user_info}@"));
    let port = parts.port.map_or(String::new(), |port| format!(":{port}"));
    let whole = format!("{}://{user_info}{}{port}{}", parts.scheme, parts.host, parts.path);
    let tail = text.strip_prefix(&whole).unwrap();
    assert_eq!(parts.has_tail, !tail.is_empty(), "{text}");
    assert!(tail.is_empty() || tail.starts_with(['?', '#']), "{text}");
    assert!(!parts.host.contains(['/', '?', '#', '@']) && (parts.path.is_empty() || parts.path.starts_with('/')));
}

/// Asserts that an independent parser finds the same host, because that host gets the key.
fn assert_base(base: &Base, text: &str) {
    assert!(base.url.bytes().all(|byte| byte.is_ascii_graphic()) && !base.url.contains(['@', '?', '#', '\\', '"']));
    assert!(!base.url.ends_with('/'), "{}", base.url);
    assert!(base.url.eq_ignore_ascii_case(text.trim_end_matches('/')));
    assert_eq!(parse_base(&base.url).unwrap(), *base);
    assert_eq!(base.url.starts_with("https://"), base.is_https);
    let (host, port, path) = independent::url(&format!("{}/api/image_fromurl", base.url)).unwrap();
    let default = if base.is_https { 443 } else { 80 };
    assert_eq!((host.as_str(), port.unwrap_or(default)), (base.host.as_str(), base.port.parse().unwrap()), "{text}");
    assert_eq!(path, format!("{}/api/image_fromurl", base.path));
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_local =
        address.parse::<IpAddr>().map_or(host.to_lowercase() == "localhost", |address| address.is_loopback());
    assert_eq!((is_loopback(&base.host), is_loopback(&host)), (is_local, is_local), "{host}");
}
