//! The options of clients and of the plain function: key, connection, timeouts, retries and rate limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api_key::ApiKey;
use crate::call::Caller;
use crate::call::options::CallOptions;
use crate::error::{Error, Result};
use crate::http::endpoint::{Base, Target};
use crate::http::proxy::Proxy;
use crate::util::environment;

const BASE_URL: &str = "https://backend.identifai.net";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: u32 = 2;
/// Maximum length of the caller's part of `User-Agent`, in bytes. The head of a request must fit into the output
/// buffer, since the key is inserted there.
const USER_AGENT_MAX: usize = 256;

const BASE_URL_VARIABLE: &str = "IDENTIFAI_BASE_URL";

/// The options of a client, which apply to all of its calls.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) key: ApiKey,
    pub(crate) connection: Connection,
    pub(crate) options: CallOptions,
}

/// The options of connections. Clients with equal options can share connections.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) base_url: String,
    pub(crate) allow_http: bool,
    pub(crate) proxy: Proxy,
    pub(crate) root_certificates: Option<Vec<u8>>,
    pub(crate) user_agent: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_limit: Option<u64>,
}

impl Settings {
    pub(crate) fn new(key: ApiKey) -> Self {
        Self {
            key,
            connection: Connection {
                base_url: BASE_URL.to_owned(),
                allow_http: false,
                proxy: Proxy::Environment,
                root_certificates: None,
                user_agent: None,
                connect_timeout: CONNECT_TIMEOUT,
                response_limit: None,
            },
            options: CallOptions { retries: RETRIES, ..CallOptions::default() },
        }
    }

    /// Reads the key and the base URL from the variables `IDENTIFAI_API_KEY` and `IDENTIFAI_BASE_URL`, which `env`
    /// returns. A blank variable counts as unset.
    pub(crate) fn from_env(env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut settings = Self::new(ApiKey::from_variables(&env)?);
        if let Some(base_url) = environment::value(&env, BASE_URL_VARIABLE) {
            settings.connection.base_url = base_url;
        }
        Ok(settings)
    }

    /// Checks the options that are not part of the connection.
    pub(crate) fn check(&self) -> Result<()> {
        self.key.check().map_err(|reason| Error::config("api_key", &reason))?;
        self.options.rate_limit.check()?;
        check_timeout(self.options.timeout)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, connection, options } = self;
        let Connection { base_url, allow_http, proxy, root_certificates, user_agent, connect_timeout, response_limit } =
            connection;
        f.debug_struct("Settings")
            .field("key", key)
            .field("base_url", &Base::parse(base_url).map(|base| key.mask(&base.url).into_owned()).ok())
            .field("allow_http", allow_http)
            .field("proxy", proxy)
            .field("root_certificates", &root_certificates.is_some())
            .field("user_agent", &user_agent.is_some())
            .field("connect_timeout", connect_timeout)
            .field("response_limit", response_limit)
            .field("options", options)
            .finish()
    }
}

pub(crate) fn check_timeout(timeout: Option<Duration>) -> Result<()> {
    match timeout {
        Some(Duration::ZERO) => Err(Error::config("timeout", "must be greater than zero")),
        _ => Ok(()),
    }
}

impl Connection {
    /// Creates the caller for these options. It does not connect yet.
    pub(crate) fn caller(&self) -> Result<Arc<Caller>> {
        Ok(Arc::new(Caller::new(self.target(environment::process_value)?)?))
    }

    /// Checks the options and converts them to those of the transport. `env` returns environment variables.
    pub(crate) fn target(&self, env: impl Fn(&str) -> Option<String>) -> Result<Target> {
        let base = Base::parse(&self.base_url)?;
        if !base.is_https && !base.is_loopback() && !self.allow_http {
            return Err(Error::config(
                "base_url",
                "plain http would send the API key unencrypted; use https, or allow http explicitly",
            ));
        }
        if base.is_https && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(Error::config("base_url", "https requires the feature `rustls` or `native-tls` of this crate"));
        }
        if self.connect_timeout.is_zero() {
            return Err(Error::config("connect_timeout", "must be greater than zero"));
        }
        let own = concat!("identifai-rust/", env!("CARGO_PKG_VERSION"));
        let user_agent = match &self.user_agent {
            None => own.to_owned(),
            Some(product) if product.len() > USER_AGENT_MAX => {
                return Err(Error::config("user_agent", "must be at most 256 bytes long"));
            }
            Some(product) if product.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => {
                format!("{own} {}", product.trim())
            }
            Some(_) => return Err(Error::config("user_agent", "must contain only printable ASCII characters")),
        };
        Ok(Target {
            proxy: self.proxy.choose(&base, env)?,
            base,
            root_certificates: self.root_certificates.clone(),
            user_agent,
            connect_timeout: self.connect_timeout,
            response_limit: self.response_limit,
        })
    }
}

/// Defines the setters of all types with a field `settings`, so that they have the same names and documentation.
macro_rules! settings_setters {
    () => {
        /// Sets the base URL of the service. If it has a path, the paths of the API are appended to that path.
        ///
        /// The scheme must be `https`, or `http` if the host is this machine. For plain `http` to another host, see
        /// [`allow_http`](Self::allow_http). Defaults to `https://backend.identifai.net`.
        pub fn base_url(mut self, url: impl Into<String>) -> Self {
            self.settings.connection.base_url = url.into();
            self
        }

        /// Sets the deadline of each call. It bounds the total time of the name lookup, connecting, sending, waiting
        /// for the response, pauses and retries.
        ///
        /// An attempt of a submit may take all the time that is left. An attempt of any other call may take 10 seconds
        /// or a third of the deadline, whichever is longer, but never more than the time that is left. See
        /// [concepts](crate::concepts#deadline-and-stall-limit).
        ///
        /// Defaults to 120 seconds for a submit by URL, since the service downloads the file before it responds, and to
        /// 30 seconds for every other call. An upload has no deadline by default. It fails if no byte is sent for 60
        /// seconds, or if the response does not arrive within 120 seconds after the last byte. If this deadline is set,
        /// it replaces these two limits. A timeout of zero is an error of the kind
        /// [`Config`](crate::ErrorKind::Config).
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.options.timeout = Some(timeout);
            self
        }

        /// Sets the maximum time for the name lookup, connecting and the TLS handshake of an attempt.
        ///
        /// The deadline of the call applies as well. A timeout of zero is an error of the kind
        /// [`Config`](crate::ErrorKind::Config). Defaults to 10 seconds.
        pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.connection.connect_timeout = timeout;
            self
        }

        /// If `true`, allows a base URL with plain `http` on another machine. **The key is then sent unencrypted.**
        ///
        /// Plain `http` through a proxy is an error nevertheless, since the proxy would see the key. This includes a
        /// proxy from the environment. Defaults to `false`.
        pub fn allow_http(mut self, allow: bool) -> Self {
            self.settings.connection.allow_http = allow;
            self
        }

        /// Sets the URL of a proxy: `http://user:password@host:port`, `https://…`, or `socks5h://…` with the feature
        /// `socks-proxy`. That feature also enables the schemes `socks4`, `socks4a` and `socks5`.
        ///
        /// The proxy does not see the key, since only `https` is allowed through it. Connections to this machine do
        /// not use the proxy. If the proxy refuses a tunnel with a status code, the call fails without a retry, since
        /// some proxies lock out clients that retry too often.
        ///
        /// Defaults to the environment variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower
        /// case. They are read by [`ClientBuilder::build`](crate::ClientBuilder::build), or by the first
        /// [`classify_from_url`](crate::classify_from_url()) with these connection options.
        pub fn proxy(mut self, url: impl Into<String>) -> Self {
            self.settings.connection.proxy =
                crate::http::proxy::Proxy::Url(crate::http::endpoint::ProxyUrl(url.into()));
            self
        }

        /// Disables proxies, including those from the environment. See [`proxy`](Self::proxy) for the default.
        pub fn no_proxy(mut self) -> Self {
            self.settings.connection.proxy = crate::http::proxy::Proxy::None;
            self
        }

        /// Sets the trusted root certificates: one or more, in PEM format.
        ///
        /// They replace the default roots, as with curl's `--cacert`. To trust a private CA in addition to the public
        /// ones, pass a bundle of all of them, such as `/etc/ssl/certs/ca-certificates.crt`. The certificates apply to
        /// an `https` proxy as well. Defaults to the roots that are bundled with the crate. With the feature
        /// `platform-verifier` or `native-tls`, defaults to those of the operating system.
        pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
            self.settings.connection.root_certificates = Some(pem.into());
            self
        }

        /// Sets the name of your program, as `product/version`. It is appended to the crate's own `User-Agent`.
        ///
        /// It may have up to 256 bytes of printable ASCII. Defaults to none.
        pub fn user_agent(mut self, product: impl Into<String>) -> Self {
            self.settings.connection.user_agent = Some(product.into());
            self
        }

        /// Sets the maximum size of the body of a response, in bytes. A larger response is an error of the kind
        /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse).
        ///
        /// Defaults to 4 MiB, and to 64 MiB for a heatmap. The value replaces both defaults.
        pub fn response_limit(mut self, bytes: u64) -> Self {
            self.settings.connection.response_limit = Some(bytes);
            self
        }

        /// Sets the maximum number of retries of a call, within its deadline. `0` disables retries. Defaults to 2.
        ///
        /// - A submit is retried if the request certainly did not arrive completely, including after a failed
        ///   connection, and after a 429. The same applies to the creation of a user, by
        ///   [`create_user`](crate::Client::create_user) or [`save_partner_user`](crate::Client::save_partner_user),
        ///   and to [`send_creation_email`](crate::Client::send_creation_email). A submit is not retried after a 503,
        ///   with or without `Retry-After`, since caches and proxies may send a 503 after they have forwarded the
        ///   request. See [indeterminate](crate::concepts#indeterminate).
        /// - Any other request is retried after a failed or lost connection, a timeout, and a 408, 429, 500, 502, 503
        ///   or 504.
        /// - An upload from a reader is never retried, since it can be read only once.
        ///
        /// The pause before a retry is the time in `Retry-After`. After a 429, with or without this header, it is at
        /// least the time until the next slot of the local rate limit. Otherwise it is a random time between zero and a
        /// maximum, which doubles from 0.5 seconds to 8 seconds.
        pub fn retries(mut self, retries: u32) -> Self {
            self.settings.options.retries = retries;
            self
        }

        /// If `true`, retries a submit even if the service may have accepted it. **It may then be paid for twice.**
        ///
        /// See [indeterminate](crate::concepts#indeterminate). Defaults to `false`.
        pub fn resend_if_unknown(mut self, resend: bool) -> Self {
            self.settings.options.resend_if_unknown = resend;
            self
        }

        /// Sets the rate limit of the key. See [`RateLimit`](crate::RateLimit).
        ///
        /// A call waits until the rate limit allows it. Defaults to the documented limits: 30 submits and 60 reads a
        /// minute, and 1 submit and 2 reads a second.
        pub fn rate_limit(mut self, rate_limit: crate::call::rate_limit::config::RateLimit) -> Self {
            self.settings.options.rate_limit = rate_limit;
            self
        }

        /// Sets a function that is called after each attempt, for logs and measurements. The crate itself prints
        /// nothing.
        ///
        /// The [`Attempt`](crate::Attempt) includes the pause that follows. The function runs on the thread of the
        /// call, before the call returns. It must not panic, since the response would be lost. Defaults to none.
        pub fn on_attempt(mut self, observe: impl Fn(&crate::call::attempt::Attempt) + Send + Sync + 'static) -> Self {
            self.settings.options.observer = Some(crate::call::attempt::Observer::new(observe));
            self
        }
    };
}
pub(crate) use settings_setters;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::call::rate_limit::config::RateLimit;

    pub(crate) fn target(change: impl FnOnce(&mut Connection)) -> Result<Target> {
        let mut settings = Settings::new(ApiKey::new("key"));
        change(&mut settings.connection);
        settings.connection.target(|_| None)
    }

    #[test]
    fn base_url_plain_http_remote_needs_allow_http() {
        for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]"] {
            assert!(target(|to| to.base_url = url.into()).is_ok());
        }
        let remote = |to: &mut Connection| to.base_url = "http://api.test".into();
        assert!(target(remote).unwrap_err().to_string().contains("unencrypted"));
        let allowed = |to: &mut Connection| {
            remote(to);
            to.allow_http = true;
        };
        assert!(target(allowed).is_ok());
        assert_eq!(target(|_| ()).is_ok(), cfg!(any(feature = "rustls", feature = "native-tls")));
    }

    #[test]
    fn settings_defaults_match_documentation() {
        let target = target(|to| to.base_url = "http://127.0.0.1".into()).unwrap();
        assert_eq!((target.response_limit, target.connect_timeout), (None, Duration::from_secs(10)));
        let settings = Settings::new(ApiKey::new("key"));
        assert_eq!(settings.connection.base_url, "https://backend.identifai.net");
        assert_eq!(
            (settings.options.retries, settings.options.timeout, settings.options.resend_if_unknown),
            (2, None, false)
        );
        assert_ne!(RateLimit::unlimited(), RateLimit::default());
    }

    #[test]
    fn user_agent_appends_product_to_crate_name() {
        let local = |to: &mut Connection| to.base_url = "http://127.0.0.1".into();
        let own = concat!("identifai-rust/", env!("CARGO_PKG_VERSION"));
        assert_eq!(target(local).unwrap().user_agent, own);
        let with = |product: &str| {
            target(|to| {
                local(to);
                to.user_agent = Some(product.into());
            })
        };
        assert_eq!(with("shop/2 (x y)").unwrap().user_agent, format!("{own} shop/2 (x y)"));
        for unusable in ["a\r\nb", &"a".repeat(257)] {
            assert_eq!(with(unusable).unwrap_err().kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn settings_from_env_blank_variable_is_unset() {
        let with = |key: &str, url: &str| {
            Settings::from_env(|name| Some(if name == BASE_URL_VARIABLE { url } else { key }.to_owned()))
        };
        let error = with(" ", "").unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some("IDENTIFAI_API_KEY")));
        assert!(error.to_string().starts_with("IDENTIFAI_API_KEY: "), "{error}");
        assert_eq!(with("k\n", " ").unwrap().connection.base_url, BASE_URL);
        assert_eq!(with("k", "http://x").unwrap().connection.base_url, "http://x");
    }

    #[test]
    fn timeout_zero_is_rejected() {
        assert!(check_timeout(Some(Duration::ZERO)).is_err());
        assert!(check_timeout(Some(Duration::MAX)).is_ok());
        assert!(target(|to| to.connect_timeout = Duration::ZERO).is_err());
    }
}
