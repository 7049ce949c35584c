//! The choice of a proxy from the settings or the environment. It is made once per client.

use std::net::IpAddr;

use super::endpoint::{Base, ProxyUrl};
use crate::error::{Error, Result};
use crate::util::environment;
use crate::util::url::{Url, has_usable_port};

/// The proxy setting of a client.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Proxy {
    /// The proxy of the variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.
    #[default]
    Environment,
    None,
    Url(ProxyUrl),
}

impl Proxy {
    /// Returns the proxy for `base`, if there is one. `env` reads a variable of the environment.
    pub(crate) fn choose(&self, base: &Base, env: impl Fn(&str) -> Option<String>) -> Result<Option<ProxyUrl>> {
        // Requests to this machine never use a proxy. It might be on another machine, and would see the key of a plain
        // http request.
        if base.is_loopback() {
            return Ok(None);
        }
        let chosen = match self {
            Self::None => None,
            Self::Url(url) => Some((url.clone(), "")),
            Self::Environment => from_environment(base, env).map(|url| (ProxyUrl(url), " (from the environment)")),
        };
        let Some((url, origin)) = chosen else { return Ok(None) };
        check(&url.0, base).map_err(|reason| Error::config("proxy", &format!("{reason}{origin}")))?;
        Ok(Some(url))
    }
}

/// Reads the proxy from the environment, in the same order as curl: the variable for the scheme of `base` precedes
/// `ALL_PROXY`, and lower case precedes upper case.
///
/// `HTTP_PROXY` in upper case is ignored. In a CGI program, the web server sets this variable from the header `Proxy`
/// of a request, so a client of that server could choose the proxy.
fn from_environment(base: &Base, env: impl Fn(&str) -> Option<String>) -> Option<String> {
    let read = |name: &&str| environment::value(&env, name);
    let names: &[&str] = if base.is_https {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let url = names.iter().find_map(read)?;
    let exempt = ["no_proxy", "NO_PROXY"].iter().find_map(read).unwrap_or_default();
    if exempt.split(',').any(|entry| exempts(entry.trim(), base)) {
        return None;
    }
    let has_scheme = url.contains("://");
    Some(if has_scheme { url } else { format!("http://{url}") })
}

/// Returns `true` if an entry of `NO_PROXY` matches the host of `base`. An entry is one of these:
///
/// - `*`, which matches every host.
/// - A host, or a domain that contains the host. A leading `.` or `*.` is ignored. If a port follows, it must be that
///   of `base`.
/// - A network that contains the IP address of the host, like `10.0.0.0/8`.
fn exempts(entry: &str, base: &Base) -> bool {
    if entry == "*" {
        return true;
    }
    let host = base.host.trim_matches(['[', ']']).to_ascii_lowercase();
    if let Some((network, len)) = entry.split_once('/') {
        return common_prefix(&host, network)
            .zip(len.parse().ok())
            .is_some_and(|(common, len): (_, u32)| common >= len);
    }
    let entry = entry.to_ascii_lowercase();
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port),
        _ => (entry.as_str(), base.port.as_str()),
    };
    let domain = name.trim_start_matches('*').trim_start_matches('.').trim_matches(['[', ']']);
    let is_in = host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    port == base.port && !domain.is_empty() && is_in
}

/// Returns the number of leading bits that two IP addresses have in common. Returns `None` if one of them is not an IP
/// address, or if only one of them is IPv6.
fn common_prefix(one: &str, other: &str) -> Option<u32> {
    match (one.parse().ok()?, other.parse().ok()?) {
        (IpAddr::V4(one), IpAddr::V4(other)) => Some((one.to_bits() ^ other.to_bits()).leading_zeros()),
        (IpAddr::V6(one), IpAddr::V6(other)) => Some((one.to_bits() ^ other.to_bits()).leading_zeros()),
        _ => None,
    }
}

/// Checks that a proxy with this URL can be used for requests to `base`. The error is the reason why it cannot.
fn check(proxy: &str, base: &Base) -> Result<(), &'static str> {
    let url = Url::split(proxy).filter(|url| !url.host.is_empty());
    let url = url.ok_or("must be a URL such as http://host:port")?;
    if !has_usable_port(&url) {
        return Err("the port must be a number from 1 to 65535");
    }
    if proxy.contains(|c: char| !c.is_ascii_graphic()) {
        return Err("must not contain spaces, control characters or non-ASCII characters; percent-encode them");
    }
    if !base.is_https {
        return Err(
            "cannot be used with a plain http base URL, as it would see the API key; use https, or disable the proxy",
        );
    }
    match url.scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => Ok(()),
        "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" if cfg!(feature = "socks-proxy") => Ok(()),
        "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => {
            Err("a SOCKS proxy requires the feature `socks-proxy` of this crate")
        }
        _ => Err("must start with http://, https:// or socks5h://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn base(url: &str) -> Base {
        Base::parse(url).unwrap()
    }

    fn chosen(url: &str, env: &[(&str, &str)]) -> Result<Option<String>> {
        let read = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Ok(Proxy::Environment.choose(&base(url), read)?.map(|url| url.0))
    }

    #[test]
    fn environment_proxy_is_chosen_in_order_of_curl() {
        let api = "https://api.test";
        type Environment<'a> = &'a [(&'a str, &'a str)];
        let table: [(Environment<'_>, Option<&str>); 15] = [
            (&[], None),
            (&[("HTTPS_PROXY", "http://p:1")], Some("http://p:1")),
            (&[("HTTPS_PROXY", "http://p:1"), ("https_proxy", "http://q:1")], Some("http://q:1")),
            (&[("ALL_PROXY", "http://a:1"), ("HTTPS_PROXY", "http://p:1")], Some("http://p:1")),
            (&[("ALL_PROXY", "p:3128")], Some("http://p:3128")),
            (&[("HTTP_PROXY", "http://p:1"), ("http_proxy", "http://p:1")], None),
            (&[("HTTPS_PROXY", " ")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "x.test, API.test")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ".test")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "*")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "pi.test,i.test,,*.")], Some("http://p:1")),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*.test")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "api.test:443")], None),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ".test:8443")], Some("http://p:1")),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "2001:db8::1,[2001:db8::2]:443")], Some("http://p:1")),
        ];
        for (env, expected) in table {
            assert_eq!(chosen(api, env).unwrap().as_deref(), expected, "{env:?}");
        }
        for (host, exempt) in [("[2001:db8::1]", true), ("[2001:db8::2]", true), ("[2001:db8::3]", false)] {
            let env = table[14].0;
            assert_eq!(chosen(&format!("https://{host}"), env).unwrap().is_none(), exempt, "{host}");
        }
    }

    #[test]
    fn no_proxy_network_exempts_addresses_in_it() {
        let table = [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.2/31", true),
            ("10.1.2.3", "10.1.2.2/32", false),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.0.0.0/", false),
            ("10.1.2.3", "10.0.0.0/33", false),
            ("10.1.2.3", "10.1.2.3/33", false),
            ("10.1.2.3", "10.0.0.0/-1", false),
            ("10.1.2.3", "::/0", false),
            ("[2001:db8::1]", "2001:db8::/32", true),
            ("[2001:db9::1]", "2001:db8::/32", false),
            ("api.test", "0.0.0.0/0", false),
        ];
        for (host, network, exempt) in table {
            let env = [("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", network)];
            assert_eq!(chosen(&format!("https://{host}"), &env).unwrap().is_none(), exempt, "{host} {network}");
        }
    }

    #[test]
    fn loopback_never_uses_a_proxy() {
        let explicit = Proxy::Url(ProxyUrl("http://p:1".into()));
        for url in ["http://127.0.0.1:8080", "http://localhost", "https://[::1]:8443"] {
            assert_eq!(chosen(url, &[("http_proxy", "http://p:1"), ("ALL_PROXY", "http://p:1")]).unwrap(), None);
            assert_eq!(explicit.choose(&base(url), |_| None).unwrap(), None);
        }
    }

    /// An error is required, since a direct connection in its place would bypass the proxy without a notice.
    #[test]
    fn unusable_proxy_is_an_error() {
        let bad = |url: &str, proxy: &str| {
            let error = Proxy::Url(ProxyUrl(proxy.into())).choose(&base(url), |_| None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert!(chosen(url, &[("ALL_PROXY", proxy)]).is_err());
        };
        for proxy in ["ftp://s3cret@p", "http://", "http://s3cret@", "http://s3cret@p:0", "http://p:x", "http://p:+1"] {
            bad("https://api.test", proxy);
        }
        bad("http://api.test", "http://u:s3cret@p:1");
        assert_eq!(cfg!(feature = "socks-proxy"), chosen("https://api.test", &[("ALL_PROXY", "socks5://p:1")]).is_ok());
    }
}
