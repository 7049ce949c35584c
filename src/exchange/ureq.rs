//! The real network: the only file that names ureq, and the one place where its defaults are set right.
//!
//! ureq would follow redirects with the key in hand, start a thread for each lookup under a deadline, look names up even
//! for connections that stand, and throw away the body of a refusal. Names are looked up in the connector here, which
//! runs only when a connection is made.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ::ureq::config::{Config, ConfigBuilder};
use ::ureq::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, TRANSFER_ENCODING};
use ::ureq::http::{self, HeaderMap, HeaderName, HeaderValue, Uri};
use ::ureq::typestate::AgentScope;
use ::ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ::ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport, time};
use ::ureq::{Agent, Body, Error as UreqError, Proxy, SendBody};

use super::lookup::Lookups;
use super::process::PerProcess;
use super::retry;
use super::target::{Base, Target};
use super::transport::{Failure, Outcome, Response};
use crate::api_key::ApiKey;
use crate::error::{Error, ErrorKind, Result};
use crate::wire::request::Request;

const BUFFER: usize = 16 * 1024;
/// A connection that has idled longer may be about to be closed by the other side, and a submit that dies on it is of
/// unknown fate.
const SUBMIT_MAX_IDLE: Duration = Duration::from_secs(3);
const MAX_IDLE: Duration = Duration::from_secs(15);
/// Connections kept, of which each holds two buffers at most.
const MAX_IDLE_CONNECTIONS: usize = 64;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

type AgentConfig = ConfigBuilder<AgentScope>;

/// Requests over real sockets.
pub(super) struct Http {
    base: Base,
    configs: Configs,
    connect_timeout: Duration,
    /// How long a connection may have idled for a submit to use it.
    pub(super) submit_max_idle: Duration,
    response_limit: u64,
    agent: PerProcess<Agent>,
}

/// The agent's configuration, and those that trust the extra roots: with the proxy, and without for the way to it.
struct Configs {
    usual: Config,
    extra: Option<(Config, Config)>,
}

impl Http {
    pub(super) fn new(target: Target) -> Result<Self> {
        let configs = Configs::new(&target)?;
        Ok(Self {
            agent: PerProcess::new(configs.agent()),
            configs,
            base: target.base,
            connect_timeout: target.connect_timeout,
            submit_max_idle: SUBMIT_MAX_IDLE,
            response_limit: target.response_limit,
        })
    }

    fn agent(&self) -> &Agent {
        self.agent.get(|| self.configs.agent())
    }

    fn try_send(
        &self,
        request: &Request,
        key: &ApiKey,
        limit: Duration,
        body: &mut Witness<'_>,
    ) -> Result<Response, UreqError> {
        let mut key_value = HeaderValue::from_str(key.expose()).map_err(http::Error::from)?;
        key_value.set_sensitive(true);
        let length = body.left.len();
        let request = http::Request::post(format!("{}{}", self.base.url, request.path))
            .header(API_KEY, key_value)
            .header(CONTENT_TYPE, &request.content_type)
            .header(CONTENT_LENGTH, length)
            .body(SendBody::from_reader(body))?;
        let agent = self.agent();
        let request = agent
            .configure_request(request)
            .timeout_global(Some(limit))
            .timeout_connect(Some(self.connect_timeout.min(limit)))
            .max_idle_age(self.submit_max_idle)
            .build();
        let (head, body) = agent.run(request)?.into_parts();
        Ok(self.read(&head, body, key))
    }

    fn read(&self, head: &http::response::Parts, mut body: Body, key: &ApiKey) -> Response {
        let headers = &head.headers;
        let declared = body.content_length();
        let chunked =
            text(headers, &TRANSFER_ENCODING).is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
        let mut bytes = Vec::new();
        let cut_short = if declared.is_some_and(|length| length > self.response_limit) {
            Some(self.too_long())
        } else {
            match body.as_reader().take(self.response_limit.saturating_add(1)).read_to_end(&mut bytes) {
                Ok(_) if bytes.len() as u64 > self.response_limit => Some(self.too_long()),
                Ok(_) => None,
                Err(error) => Some(self.failure(error.into(), true)),
            }
        };
        Response {
            status: head.status.as_u16(),
            content_type: text(headers, &CONTENT_TYPE),
            // Masked here, before it is taken apart: half a key could not be told any more.
            location: text(headers, &LOCATION).map(|location| key.mask(&location).into_owned()),
            request_id: text(headers, &REQUEST_ID),
            retry_after: text(headers, &RETRY_AFTER)
                .and_then(|value| retry::retry_after(&value, text(headers, &DATE).as_deref(), SystemTime::now())),
            body: bytes,
            framed: declared.is_some() || chunked,
            cut_short,
        }
    }

    fn too_long(&self) -> Failure {
        let summary = format!("the answer is longer than the limit of {} bytes", self.response_limit);
        Failure::new(ErrorKind::UnexpectedResponse, summary).after_body(true)
    }

    /// What an error of ureq means. `body_left` tells how far the request had come.
    fn failure(&self, error: UreqError, body_left: bool) -> Failure {
        let host = self.base.authority();
        let failure = match error {
            UreqError::Other(inner) => match inner.downcast::<NotConnected>() {
                // Made by our connector, so not a byte of the request has left.
                Ok(not_connected) => return not_connected.failure(host),
                Err(inner) => {
                    Failure::new(ErrorKind::Disconnected, format!("lost the connection to {host}")).because(inner)
                }
            },
            UreqError::Timeout(_) if body_left => {
                Failure::new(ErrorKind::Timeout, format!("timed out while waiting for the answer of {host}"))
            }
            UreqError::Timeout(_) => {
                Failure::new(ErrorKind::Timeout, format!("timed out before the request to {host} was sent"))
            }
            UreqError::Io(error) => {
                Failure::new(ErrorKind::Disconnected, format!("lost the connection to {host}")).because(error)
            }
            error => {
                let summary = format!("what {host} sent is not HTTP that can be understood");
                Failure::new(ErrorKind::UnexpectedResponse, summary).because(error.to_string())
            }
        };
        failure.after_body(body_left)
    }
}

impl super::transport::Transport for Http {
    fn send(&self, request: &Request, key: &ApiKey, limit: Duration) -> Outcome {
        let mut body = Witness { left: &request.body };
        let outcome = self.try_send(request, key, limit, &mut body);
        let body_left = body.left.is_empty();
        outcome.map_err(|error| self.failure(error, body_left))
    }

    fn shut_down(&self) {
        self.agent().clone().shutdown();
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("host", &self.base.authority()).finish_non_exhaustive()
    }
}

/// The request's body as ureq reads it, and what is left of it: the witness of how much went out. An error's kind does
/// not tell; a reset in the handshake and one after the last byte look the same.
struct Witness<'a> {
    left: &'a [u8],
}

impl Read for Witness<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.left.read(buffer)
    }
}

/// A header of the answer, what is not UTF-8 in it replaced.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

impl Configs {
    fn new(target: &Target) -> Result<Self> {
        let proxy = match &target.proxy {
            None => None,
            // ureq's error may quote the URL, and with it a password.
            Some(url) => Some(Proxy::new(&url.0).map_err(|_| Error::config("proxy", "is not a URL that can be used"))?),
        };
        let config = |proxy: Option<Proxy>| {
            Agent::config_builder()
                .max_redirects(0)
                .http_status_as_error(false)
                .https_only(target.base.is_https)
                .proxy(proxy)
                .user_agent(&target.user_agent)
                .accept("application/json")
                // A feature of ureq that another crate turns on must not change what we send.
                .accept_encoding("")
                .input_buffer_size(BUFFER)
                .output_buffer_size(BUFFER)
                .max_idle_age(MAX_IDLE)
                .max_idle_connections(MAX_IDLE_CONNECTIONS)
                .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS)
        };
        let extra = match &target.extra_roots {
            None => None,
            Some(pem) => {
                let roots = tls::roots(pem)?;
                let direct = tls::trust(config(None), Some(&roots)).build();
                Some((tls::trust(config(proxy.clone()), Some(&roots)).build(), direct))
            }
        };
        Ok(Self { usual: tls::trust(config(proxy), None).build(), extra })
    }

    fn agent(&self) -> Agent {
        let connect = Connect {
            chain: DefaultConnector::new(),
            lookups: Resolve(Lookups::new()),
            extra: self.extra.clone().map(|(proxied, direct)| ExtraRoots {
                chain: DefaultConnector::new(),
                proxied,
                direct,
                first: AtomicBool::new(false),
            }),
        };
        Agent::with_parts(self.usual.clone(), connect, LeaveItToConnect)
    }
}

/// Which certificates are trusted, and which library checks them: set outright, since ureq panics where its default is
/// not compiled in.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use ::ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    use super::{AgentConfig, Error, Result};

    /// Reads the certificates in `pem`.
    pub(super) fn roots(pem: &[u8]) -> Result<RootCerts> {
        let mut certificates = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(Error::config("extra_root_certificates", "is not PEM")),
            }
        }
        if certificates.is_empty() {
            return Err(Error::config("extra_root_certificates", "holds no certificate in PEM"));
        }
        Ok(RootCerts::from(certificates))
    }

    pub(super) fn trust(config: AgentConfig, extra: Option<&RootCerts>) -> AgentConfig {
        // Who turns on the system's TLS means it; rustls is there by default.
        let native = cfg!(feature = "native-tls");
        let usual = match native || cfg!(feature = "platform-verifier") {
            true => RootCerts::PlatformVerifier,
            false => RootCerts::WebPki,
        };
        let provider = if native { TlsProvider::NativeTls } else { TlsProvider::Rustls };
        config.tls_config(TlsConfig::builder().provider(provider).root_certs(extra.cloned().unwrap_or(usual)).build())
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod tls {
    use super::{AgentConfig, Error, Result};

    pub(super) enum Never {}

    pub(super) fn roots(_: &[u8]) -> Result<Never> {
        Err(Error::config("extra_root_certificates", "takes the crate's feature `rustls` or `native-tls`"))
    }

    pub(super) fn trust(config: AgentConfig, _: Option<&Never>) -> AgentConfig {
        config
    }
}

/// The agent's resolver: none. The agent asks it for each request, even where a connection stands.
#[derive(Debug)]
struct LeaveItToConnect;

impl Resolver for LeaveItToConnect {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, UreqError> {
        Ok(self.empty())
    }
}

/// The resolver proper, for the target and for a proxy.
#[derive(Debug)]
struct Resolve(Lookups);

impl Resolver for Resolve {
    fn resolve(&self, uri: &Uri, _: &Config, limit: NextTimeout) -> Result<ResolvedSocketAddrs, UreqError> {
        let default_port = match uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => 1080,
        };
        let port = uri.port_u16().unwrap_or(default_port);
        let found = match self.0.resolve(uri.host().unwrap_or_default(), port, *limit.after) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(UreqError::Timeout(limit.reason)),
            Err(error) => return Err(NotConnected::at(Step::Lookup, error.into())),
        };
        let mut addresses = self.empty();
        for address in found {
            // More than there is room for are more than anybody tries.
            let _ = addresses.try_push(address);
        }
        Ok(addresses)
    }
}

/// Makes connections: looks the name up first, and marks every error as one from before the request.
#[derive(Debug)]
struct Connect {
    chain: DefaultConnector,
    lookups: Resolve,
    extra: Option<ExtraRoots>,
}

/// ureq trusts either the usual roots or given ones. To trust both, a handshake that fails with the one is made again
/// with the other, on a new connection; the one that worked goes first the next time.
#[derive(Debug)]
struct ExtraRoots {
    chain: DefaultConnector,
    proxied: Config,
    direct: Config,
    first: AtomicBool,
}

impl Connector for Connect {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, UreqError> {
        let start = Instant::now();
        let Some(extra) = self.extra.as_ref().filter(|_| details.needs_tls()) else {
            return self.connect_with(details, start, None);
        };
        let extra_first = extra.first.load(Ordering::Relaxed);
        let outcome = self.connect_with(details, start, extra_first.then_some(extra));
        if !outcome.as_ref().is_err_and(NotConnected::is_about_tls) {
            return outcome;
        }
        let outcome = self.connect_with(details, start, (!extra_first).then_some(extra));
        if outcome.is_ok() {
            extra.first.store(!extra_first, Ordering::Relaxed);
        }
        outcome
    }
}

impl Connect {
    /// Connects with the usual roots or the extra ones, in what is left of the time since `start`.
    fn connect_with(
        &self,
        details: &ConnectionDetails,
        start: Instant,
        extra: Option<&ExtraRoots>,
    ) -> Result<Option<Box<dyn Transport>>, UreqError> {
        let proxy = details.config.proxy();
        let (chain, config) = match extra {
            None => (&self.chain, details.config),
            Some(extra) if proxy.is_some() => (&extra.chain, &extra.proxied),
            Some(extra) => (&extra.chain, &extra.direct),
        };
        let left = || {
            let after = details.timeout.after.saturating_sub(start.elapsed()).into();
            NextTimeout { after, ..details.timeout }
        };
        // A proxy looks the target up itself, but for the SOCKS versions that cannot.
        let is_unresolved = details.addrs.is_empty() && proxy.is_none_or(Proxy::resolve_target);
        let addrs = if is_unresolved {
            self.lookups.resolve(details.uri, config, left()).map_err(|error| NotConnected::at(Step::Lookup, error))?
        } else {
            details.addrs.clone()
        };
        let details = ConnectionDetails {
            addrs,
            config,
            // Else the TLS sessions of earlier connections are not resumed.
            request_level: false,
            resolver: &self.lookups,
            now: time::Instant::now(),
            timeout: left(),
            uri: details.uri,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        chain.connect(&details, None).map_err(|error| NotConnected::at(Step::Connect, error))
    }
}

/// An error from before the request, on its way through ureq.
#[derive(Debug)]
struct NotConnected {
    step: Step,
    error: UreqError,
}

#[derive(Debug)]
enum Step {
    Lookup,
    Connect,
}

impl NotConnected {
    /// Marks `error`, unless it is marked: to reach a proxy, one connector runs within another.
    fn at(step: Step, error: UreqError) -> UreqError {
        match error {
            UreqError::Other(inner) if inner.is::<Self>() => UreqError::Other(inner),
            error => UreqError::Other(Box::new(Self { step, error })),
        }
    }

    fn is_about_tls(error: &UreqError) -> bool {
        let UreqError::Other(inner) = error else { return false };
        inner.downcast_ref::<Self>().is_some_and(|inner| inner.kind() == ErrorKind::Tls)
    }

    fn kind(&self) -> ErrorKind {
        use UreqError::{ConnectProxyFailed, ConnectionFailed, HostNotFound, Io, Other, Timeout};
        match &self.error {
            Timeout(_) => ErrorKind::Timeout,
            // rustls reports what it makes of the peer's bytes as invalid data.
            Io(error) if error.kind() == io::ErrorKind::InvalidData => ErrorKind::Tls,
            Io(_) | ConnectProxyFailed(_) | ConnectionFailed | HostNotFound | Other(_) => ErrorKind::Connect,
            // What is left are the errors of TLS, under names that depend on the library.
            _ => ErrorKind::Tls,
        }
    }

    fn failure(self, host: &str) -> Failure {
        let kind = self.kind();
        let summary = match (kind, &self.step) {
            (ErrorKind::Timeout, Step::Lookup) => format!("timed out while looking up {host}"),
            (ErrorKind::Timeout, _) => format!("timed out while connecting to {host}"),
            (ErrorKind::Tls, _) => format!("no secure connection to {host}"),
            (_, Step::Lookup) => format!("could not look up {host}"),
            _ => format!("could not connect to {host}"),
        };
        let failure = Failure::new(kind, summary);
        match self.error {
            UreqError::Timeout(_) => failure,
            UreqError::Io(error) => failure.because(error),
            error => failure.because(error.to_string()),
        }
    }
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for NotConnected {}
