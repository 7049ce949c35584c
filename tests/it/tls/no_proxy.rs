//! Tests of the proxy variables of the environment. Each set of variables runs in its own process, over real
//! connections.

use identifai::{Client, ClientBuilder, ErrorKind, Image, RateLimit};
use test_support::tls::{Authority, Peer};
use test_support::{CAT, KEY, Server, run_in_subprocess};

use super::error_chain;

/// An address of this machine that no rule for loopback recognizes.
const HERE: &str = "0.0.0.0";

const VARIABLES: [&str; 8] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

#[cfg(unix)]
#[test]
fn proxy_variables_select_proxy_or_direct() {
    const NAME: &str = "tls::no_proxy::proxy_variables_select_proxy_or_direct";
    let company = Authority::new("company");
    let direct = Peer::serving(company.certify(HERE).config());
    let proxy = Server::responding("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let base_url = format!("https://{HERE}:{}", direct.port());
    let (own_port, other_port) = (format!("x.test,{HERE}:{}", direct.port()), format!("{HERE}:1"));
    let (url, pem) = (proxy.base_url(), company.pem());
    let without_scheme = &url["http://".len()..];
    let table: [(&[(&str, &str)], bool); 19] = [
        // Variables that set a proxy.
        (&[], true),
        (&[("HTTPS_PROXY", &url)], false),
        (&[("https_proxy", &url)], false),
        (&[("ALL_PROXY", &url)], false),
        (&[("all_proxy", &url)], false),
        (&[("HTTPS_PROXY", without_scheme)], false),
        (&[("https_proxy", &url), ("HTTPS_PROXY", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1")], false),
        // Variables for plain HTTP, which do not apply.
        (&[("http_proxy", &url), ("HTTP_PROXY", &url)], true),
        // Exceptions.
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", "*")], true),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", HERE)], true),
        (&[("ALL_PROXY", &url), ("no_proxy", HERE)], true),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", " x.test , 0.0.0.0 ")], true),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", &own_port)], true),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", &other_port)], false),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", "10.0.0.0/8,localhost,,x.test")], false),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", "10.0.0.0/8,0.0.0.0/24")], true),
        (&[("HTTPS_PROXY", &url), ("NO_PROXY", " ")], false),
        (&[("HTTPS_PROXY", &url), ("no_proxy", "x.test"), ("NO_PROXY", "*")], false),
        (&[("HTTPS_PROXY", &url), ("no_proxy", " "), ("NO_PROXY", "*")], true),
    ];
    for (set, is_direct) in table {
        let mut env = vec![("TEST_URL", base_url.as_str()), ("TEST_PROXY", &url), ("TEST_PEM", &pem)];
        // Overrides the variables of this machine. A blank variable counts as unset.
        for name in VARIABLES {
            let value = set.iter().find(|(set, _)| *set == name).map_or("", |(_, value)| value);
            env.push((name, value));
        }
        let before = (direct.server.requests().len(), proxy.requests().len());
        if run_in_subprocess(NAME, &env).is_none() {
            return submit_by_each_route();
        }
        let after = (direct.server.requests().len(), proxy.requests().len());
        let expected = if is_direct { (2, 1) } else { (1, 2) };
        assert_eq!((after.0 - before.0, after.1 - before.1), expected, "{set:?}");
    }
    assert!(proxy.requests().iter().all(|request| request.head.starts_with(&format!("CONNECT {HERE}:"))));
}

/// Submits three times: with the environment's proxy, without a proxy, and through an explicit proxy.
fn submit_by_each_route() {
    let [url, proxy, pem] = ["TEST_URL", "TEST_PROXY", "TEST_PEM"].map(|name| std::env::var(name).unwrap());
    let builder =
        Client::builder(KEY).base_url(url).rate_limit(RateLimit::unlimited()).retries(0).root_certificates(pem);
    let submit = |builder: ClientBuilder| builder.build().unwrap().submit(&Image::from_url(CAT));
    if let Err(error) = submit(builder.clone()) {
        assert_eq!(error.kind(), ErrorKind::Config, "{}", error_chain(&error));
    }
    assert!(submit(builder.clone().no_proxy()).is_ok());
    assert_eq!(submit(builder.proxy(proxy)).unwrap_err().kind(), ErrorKind::Config);
}
