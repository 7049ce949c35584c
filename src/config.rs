//! The connection half of every call: which service, by which way, with how much patience.

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
/// A request's head must stay far below what goes out at a time, as the key is put in place there.
const USER_AGENT_MAX: usize = 256;

const BASE_URL_VARIABLE: &str = "IDENTIFAI_BASE_URL";

/// Everything about a call but what is submitted.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) key: ApiKey,
    pub(crate) connection: Connection,
    pub(crate) options: CallOptions,
}

/// What connections are made by: calls that agree in it can share them.
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

    /// From `IDENTIFAI_API_KEY` and `IDENTIFAI_BASE_URL`, as `env` reads them; blank counts as unset.
    pub(crate) fn from_env(env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut settings = Self::new(ApiKey::from_variables(&env)?);
        if let Some(base_url) = environment::value(&env, BASE_URL_VARIABLE) {
            settings.connection.base_url = base_url;
        }
        Ok(settings)
    }

    /// Checks what is not part of the connection.
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
        Some(Duration::ZERO) => Err(Error::config("timeout", "must be longer than zero")),
        _ => Ok(()),
    }
}

impl Connection {
    /// Makes the caller for these settings. Nothing is connected yet.
    pub(crate) fn caller(&self) -> Result<Arc<Caller>> {
        Ok(Arc::new(Caller::new(self.target(environment::process_value)?)?))
    }

    /// Checks everything, and works out what the settings come to.
    pub(crate) fn target(&self, env: impl Fn(&str) -> Option<String>) -> Result<Target> {
        let base = Base::parse(&self.base_url)?;
        if !base.is_https && !base.is_loopback() && !self.allow_http {
            return Err(Error::config(
                "base_url",
                "is plain http, which would send the key in clear; use https, or allow http if you mean it",
            ));
        }
        if base.is_https && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(Error::config(
                "base_url",
                "is https, which takes the crate's feature `rustls` or `native-tls`",
            ));
        }
        if self.connect_timeout.is_zero() {
            return Err(Error::config("connect_timeout", "must be longer than zero"));
        }
        let own = concat!("identifai-rust/", env!("CARGO_PKG_VERSION"));
        let user_agent = match &self.user_agent {
            None => own.to_owned(),
            Some(product) if product.len() > USER_AGENT_MAX => {
                return Err(Error::config("user_agent", "may be no longer than 256 bytes"));
            }
            Some(product) if product.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => {
                format!("{own} {}", product.trim())
            }
            Some(_) => return Err(Error::config("user_agent", "may hold only printable ASCII")),
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

/// The setters that everything with `Settings` offers, so that a call and a client are set up by the same words.
macro_rules! settings_setters {
    () => {
        /// Where the service is; a path in it is put before the API's paths.
        ///
        /// `https`, or `http` if the host is this machine (or see [`allow_http`](Self::allow_http)).
        /// Default: `https://backend.identifai.net`.
        pub fn base_url(mut self, url: impl Into<String>) -> Self {
            self.settings.connection.base_url = url.into();
            self
        }

        /// The deadline of a whole call: looking up, connecting, sending, waiting, pausing and retrying.
        ///
        /// Default: 120 seconds for a submit by URL, as the service downloads the file before it answers; for an upload
        /// none, but 60 seconds in which not a byte moves, and 120 seconds for the answer after the last one; 30
        /// seconds for everything else. A try of that may take a third of it, and 10 seconds at the least.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.options.timeout = Some(timeout);
            self
        }

        /// How long looking up the name, connecting and the TLS handshake may take, within the deadline.
        /// Default: 10 seconds.
        pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.connection.connect_timeout = timeout;
            self
        }

        /// Whether the base URL may be plain `http` on another machine. **The key is then sent in clear**, so
        /// with a proxy in the way, from the environment too, it is an error. Default: `false`.
        pub fn allow_http(mut self, allow: bool) -> Self {
            self.settings.connection.allow_http = allow;
            self
        }

        /// A proxy by URL: `http://user:password@host:port`, `https://…`, or with the feature `socks-proxy`
        /// `socks5h://…`.
        ///
        /// It never sees the key: only `https` goes through it. What goes to this machine uses no proxy. A status with
        /// which it refuses a tunnel ends the call, without a retry: some proxies lock out who comes back too often.
        /// Default: as `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, read when the connection settings are first used.
        pub fn proxy(mut self, url: impl Into<String>) -> Self {
            self.settings.connection.proxy =
                crate::http::proxy::Proxy::Url(crate::http::endpoint::ProxyUrl(url.into()));
            self
        }

        /// No proxy, whatever the environment says. Default: see [`proxy`](Self::proxy).
        pub fn no_proxy(mut self) -> Self {
            self.settings.connection.proxy = crate::http::proxy::Proxy::None;
            self
        }

        /// Trusts the root certificates in `pem` (one or more, in PEM), and no others.
        ///
        /// They replace the usual roots, as with curl's `--cacert`: those that are bundled, and the operating system's
        /// with the features `platform-verifier` and `native-tls`. For a private CA beside the public ones, pass a
        /// bundle of all of them, such as `/etc/ssl/certs/ca-certificates.crt`. They count for a proxy over `https`,
        /// too. Defaults to the usual roots.
        pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
            self.settings.connection.root_certificates = Some(pem.into());
            self
        }

        /// What your program calls itself, as `product/version`; added to this crate's own `User-Agent`. Default: none.
        pub fn user_agent(mut self, product: impl Into<String>) -> Self {
            self.settings.connection.user_agent = Some(product.into());
            self
        }

        /// The longest answer that is read, in bytes; a longer one is an error. Default: 4 MiB, and 64 MiB for a
        /// heatmap.
        pub fn response_limit(mut self, bytes: u64) -> Self {
            self.settings.connection.response_limit = Some(bytes);
            self
        }

        /// How often a failed try is repeated within the deadline, where that cannot pay twice. `0` is never.
        ///
        /// A submit is repeated if it surely never arrived whole, and after a 429. A 503 proves nothing, with
        /// `Retry-After` or without: caches and proxies make one after they passed the submit on. Any other request is
        /// repeated after a lost connection, a limit that passed, and 408, 429, 500, 502, 503 and 504. Pauses are what
        /// `Retry-After` says, else half a second doubling to 8, at random from nothing up to that. Default: 2.
        pub fn retries(mut self, retries: u32) -> Self {
            self.settings.options.retries = retries;
            self
        }

        /// Whether to repeat a submit of unknown fate, too. **It may then be paid for twice.** Default: `false`.
        pub fn resend_if_unknown(mut self, resend: bool) -> Self {
            self.settings.options.resend_if_unknown = resend;
            self
        }

        /// How fast requests may follow each other; see [`RateLimit`](crate::call::rate_limit::config::RateLimit). Default: the documented
        /// limits.
        pub fn rate_limit(mut self, rate_limit: crate::call::rate_limit::config::RateLimit) -> Self {
            self.settings.options.rate_limit = rate_limit;
            self
        }

        /// A function that sees every try, with the pause that follows it: for logs and measurements, since this crate
        /// prints nothing. It runs on the calling thread, before the call returns, and must not panic: the answer would
        /// be lost. Default: none.
        pub fn on_attempt(mut self, see: impl Fn(&crate::call::attempt::Attempt) + Send + Sync + 'static) -> Self {
            self.settings.options.observer = Some(crate::call::attempt::Observer::new(see));
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
    fn plain_http_is_for_this_machine_unless_allowed() {
        for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]"] {
            assert!(target(|to| to.base_url = url.into()).is_ok());
        }
        let remote = |to: &mut Connection| to.base_url = "http://api.test".into();
        assert!(target(remote).unwrap_err().to_string().contains("in clear"));
        assert!(target(|to| (remote(to), to.allow_http = true).1).is_ok());
        assert_eq!(target(|_| ()).is_ok(), cfg!(any(feature = "rustls", feature = "native-tls")));
    }

    #[test]
    fn the_defaults_are_those_that_are_documented() {
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
    fn the_user_agent_names_crate_and_program() {
        let local = |to: &mut Connection| to.base_url = "http://127.0.0.1".into();
        let own = concat!("identifai-rust/", env!("CARGO_PKG_VERSION"));
        assert_eq!(target(local).unwrap().user_agent, own);
        let with = |product: &str| target(|to| (local(to), to.user_agent = Some(product.into())).1);
        assert_eq!(with("shop/2 (x y)").unwrap().user_agent, format!("{own} shop/2 (x y)"));
        for unusable in ["a\r\nb", &"a".repeat(257)] {
            assert_eq!(with(unusable).unwrap_err().kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn blank_variables_count_as_unset() {
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
    fn a_deadline_of_nothing_is_refused() {
        assert!(check_timeout(Some(Duration::ZERO)).is_err());
        assert!(check_timeout(Some(Duration::MAX)).is_ok());
        assert!(target(|to| to.connect_timeout = Duration::ZERO).is_err());
    }
}
