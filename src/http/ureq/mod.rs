//! The transport over ureq. No other module names that crate, and its defaults are corrected here.
//!
//! ureq would follow redirects with the key in hand, log the key at trace level, start a thread for each lookup under a
//! deadline, look names up even for connections that stand, begin a limit anew with each write that a signal
//! interrupts, and throw away the body of a refusal.

mod buffers;
mod chain;
mod connect;
mod connect_error;
mod connection;
mod head_text;
mod keep_alive;
mod request_context;
mod response_head;
mod socket;
#[cfg(feature = "socks-proxy")]
mod socks;
mod tls_error;
mod tls_roots;
mod tunnel;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ::ureq::config::Config;
use ::ureq::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, USER_AGENT};
use ::ureq::http::uri::{self, Authority, PathAndQuery, Scheme, Uri};
use ::ureq::http::{self, HeaderMap, HeaderName, HeaderValue};
use ::ureq::{Agent, AsSendBody, Error as UreqError, Proxy, SendBody};

use self::connect::{Connect, NoopResolver};
use self::connect_error::{ConnectError, with_source};
use self::connection::SendError;
use self::request_context::RequestContext;
use self::response_head::Framing;
use super::body::Body;
use super::endpoint::{Base, Target, default_port};
use super::fork_safe::PerProcess;
use super::request::{Method, Request, Stall};
use super::response::{Failure, Response};
use super::transport::Outcome;
use crate::api_key::ApiKey;
use crate::error::{Error, ErrorKind, Result};

/// As long as the head of an answer may be.
const INPUT: usize = 16 * 1024;
/// A large file goes up twice as fast as in pieces of 16 KiB.
const OUTPUT: usize = 64 * 1024;
/// Maximum length of content that is sent together with the head. Both have room in the output.
const JOINED_MAX: u64 = 32 * 1024;
const MAX_IDLE: Duration = Duration::from_secs(15);
/// With more to send, the service is asked first (RFC 9110, section 10.1.1): a refusal is then read, rather than lost
/// to a reset. One that does not know of it costs a second.
const EXPECT_ABOVE: u64 = 1024 * 1024;
/// Connections kept; the buffers of each are small unless something large went through.
const MAX_IDLE_CONNECTIONS: usize = 64;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Without this a server may compress its response (RFC 9110, section 12.5.3), and the identifier could not be read.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Requests over real sockets.
pub(crate) struct HttpTransport {
    base: Base,
    ready: Prebuilt,
    configs: AgentConfigs,
    waits: Timeouts,
    /// If not what the request says.
    response_limit: Option<u64>,
    agent: PerProcess<Agent>,
}

/// The use of `Expect: 100-continue`, which asks the service before a large body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    IfLarge,
    Never,
}

/// What goes into each request, made once.
struct Prebuilt {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    user_agent: HeaderValue,
}

/// Times that nobody sets but tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// How long a connection may have idled for a submit to use it. One that has idled longer may be about to be closed
    /// by the other side, and a submit that dies on it is of unknown fate.
    pub(super) submit_max_idle: Duration,
    /// How long to wait for `100 Continue`.
    pub(super) await_continue: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { submit_max_idle: Duration::from_secs(3), await_continue: Duration::from_secs(1) }
    }
}

/// What an agent is made from.
struct AgentConfigs {
    config: Config,
    connect_timeout: Duration,
}

impl HttpTransport {
    pub(crate) fn new(target: Target) -> Result<Self> {
        Self::waiting(target, Timeouts::default())
    }

    pub(super) fn waiting(target: Target, waits: Timeouts) -> Result<Self> {
        let configs = AgentConfigs::new(&target, waits)?;
        Ok(Self {
            agent: PerProcess::new(configs.agent()),
            configs,
            ready: Prebuilt::new(&target)?,
            base: target.base,
            waits,
            response_limit: target.response_limit,
        })
    }

    fn agent(&self) -> &Agent {
        self.agent.get(|| self.configs.agent())
    }

    fn try_send(
        &self,
        request: &Request<'_>,
        key: &ApiKey,
        mut body: Outgoing<'_, '_>,
        expect: Expect,
    ) -> Result<Response, UreqError> {
        let mut headers = HeaderMap::with_capacity(8);
        // The host goes first (RFC 9110, section 7.2), and then the key, which is looked for on the way out.
        headers.insert(HOST, self.ready.host.clone());
        if request.requires_key {
            headers.insert(API_KEY, request_context::placeholder(key).map_err(http::Error::from)?);
        }
        headers.insert(USER_AGENT, self.ready.user_agent.clone());
        headers.insert(ACCEPT, request.accept.map_or(JSON, HeaderValue::from_static));
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        let answer = match &request.content {
            None => self.run(request, headers, ())?,
            Some(content) => {
                let len = content.len();
                headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content.media_type).map_err(http::Error::from)?);
                headers.insert(CONTENT_LENGTH, len.into());
                if expect == Expect::IfLarge && len > EXPECT_ABOVE {
                    headers.insert(EXPECT, HeaderValue::from_static("100-continue"));
                }
                self.run(request, headers, SendBody::from_reader(&mut body))?
            }
        };
        let (head, body) = answer.into_parts();
        Ok(self.read(&head, body, key, self.response_limit.unwrap_or(request.response_limit)))
    }

    fn run(
        &self,
        request: &Request<'_>,
        headers: HeaderMap,
        body: impl AsSendBody,
    ) -> Result<http::Response<::ureq::Body>, UreqError> {
        let mut outgoing = http::Request::new(body);
        *outgoing.method_mut() = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Delete => http::Method::DELETE,
        };
        *outgoing.uri_mut() = self.ready.uri(&self.base.path, request)?;
        *outgoing.headers_mut() = headers;
        self.agent().run(outgoing)
    }

    fn read(&self, head: &http::response::Parts, mut body: ::ureq::Body, key: &ApiKey, limit: u64) -> Response {
        let framing = Framing::from_head(head);
        request_context::note_response(framing);
        let response = response_head::read(head, framing, key);
        // Room for what was said to come, and a little more to see that it ends there; but for no more than may be
        // wasted.
        let declared = body.content_length().and_then(|len| usize::try_from(len).ok()).unwrap_or_default();
        let mut bytes = Vec::with_capacity(declared.min(INPUT).saturating_add(64));
        // Read as far as the limit goes, even if it is plain that this will not do: what was paid for may be in there.
        let outcome = read_to_end(body.as_reader().take(limit.saturating_add(1)), &mut bytes);
        // If the first chunk is malformed, nothing is decoded. Dropping the body drops the connection, which then hands
        // over the bytes that it had received.
        drop(body);
        if outcome.is_err() && bytes.is_empty() {
            bytes = request_context::take_received();
        }
        let is_over_limit = bytes.len() as u64 > limit;
        let truncated = match outcome {
            Ok(()) if is_over_limit => Some(too_long(limit)),
            Ok(()) => None,
            Err(error) => Some(self.failure(error.into(), true)),
        };
        Response { body: bytes, is_over_limit, truncated, ..response }
    }

    /// Sends the request on one connection, and hands the body back for another one.
    fn send_once<'a>(
        &self,
        request: &Request<'_>,
        key: &ApiKey,
        limit: Duration,
        stall: Option<Stall>,
        mut body: Body<'a>,
        expect: Expect,
    ) -> (Outcome, Body<'a>) {
        let max_idle = if request.is_idempotent { MAX_IDLE } else { self.waits.submit_max_idle };
        let context = RequestContext::new(request, key, limit, stall, max_idle);
        let (outcome, received) = context.enter(|| {
            let outcome = self.try_send(request, key, Outgoing { body: &mut body, stall }, expect);
            (outcome, request_context::take_received())
        });
        let is_read = body.is_read();
        let outcome =
            outcome.map(|response| Response { arrived_before_upload_end: !is_read, ..response }).map_err(|error| {
                let is_connected = !matches!(&error, UreqError::Other(inner) if inner.is::<ConnectError>());
                // What is wrong with the file is why the connection ended, not the other way round.
                let failure = body.take_failure().unwrap_or_else(|| self.failure(error, is_read));
                let failure = Failure { received, ..failure };
                match stall.filter(|_| is_connected && failure.kind == ErrorKind::Timeout) {
                    Some(stall) => Failure { summary: self.stalled(stall, failure.request_fully_sent), ..failure },
                    None => failure,
                }
            });
        (outcome, body)
    }

    fn stalled(&self, stall: Stall, request_fully_sent: bool) -> String {
        let host = &self.base.authority;
        match request_fully_sent {
            true => format!("no answer of {host} came within {:?} after the upload", stall.answer),
            false => format!("the upload to {host} stalled: for {:?} nothing moved", stall.sending),
        }
    }

    /// What an error of ureq means. `is_read` tells whether the request was read to its end.
    fn failure(&self, error: UreqError, is_read: bool) -> Failure {
        let host = &self.base.authority;
        let error = match downcast::<ConnectError>(error) {
            // Made by our connector, so not a byte of the request has left.
            Ok(not_connected) => return not_connected.failure(&self.base),
            Err(error) => error,
        };
        let (error, request_fully_sent) = match downcast(error) {
            Ok(SendError(error)) => (error, false),
            Err(error) => (error, is_read),
        };
        let (kind, summary) = match &error {
            UreqError::Timeout(_) if request_fully_sent => {
                (ErrorKind::Timeout, format!("timed out while waiting for the answer of {host}"))
            }
            UreqError::Timeout(_) => (ErrorKind::Timeout, format!("timed out before the request to {host} was sent")),
            // In TLS 1.3 a server may refuse the handshake when for the client it is over.
            UreqError::Io(error) => {
                let summary = format!("lost the connection to {host}");
                (ErrorKind::Disconnected, tls_error::explain(summary, &error.to_string()))
            }
            _ => {
                let hint = if self.base.is_https { "" } else { "; is it `https` there?" };
                (ErrorKind::UnexpectedResponse, format!("what {host} sent is not HTTP that can be understood{hint}"))
            }
        };
        with_source(Failure::new(kind, summary).with_request_fully_sent(request_fully_sent), error)
    }
}

/// An error that we gave ureq to pass on, or one of its own.
fn downcast<E: StdError + 'static>(error: UreqError) -> Result<E, UreqError> {
    match error {
        UreqError::Other(inner) => inner.downcast().map(|downcast| *downcast).map_err(UreqError::Other),
        error => Err(error),
    }
}

/// Reads to the end, and keeps the bytes that came before an error.
///
/// ureq decodes as many chunks at a time as the buffer has room for. If a malformed chunk follows them, it returns the
/// error alone, but the decoded bytes are in the buffer, in front of the zeros that it was filled with.
fn read_to_end(mut reader: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let start = bytes.len();
        let room = match bytes.capacity().saturating_sub(start) {
            0 => INPUT,
            spare => spare.min(INPUT),
        };
        bytes.resize(start.saturating_add(room), 0);
        let room = bytes.get_mut(start..).unwrap_or_default();
        let (len, outcome) = match reader.read(room) {
            Ok(0) => (0, Some(Ok(()))),
            Ok(len) => (len, None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (0, None),
            Err(error) => {
                (room.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1)), Some(Err(error)))
            }
        };
        bytes.truncate(start.saturating_add(len));
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

fn too_long(limit: u64) -> Failure {
    let summary = format!("the answer is longer than the limit of {limit} bytes");
    Failure::new(ErrorKind::UnexpectedResponse, summary).with_request_fully_sent(true)
}

impl super::transport::Transport for HttpTransport {
    fn send(&self, request: &Request<'_>, key: &ApiKey, limit: Duration, stall: Option<Stall>) -> Outcome {
        let start = Instant::now();
        let body = Body::open(request.content.as_ref()).map_err(Failure::before_connection)?;
        let (outcome, body) = self.send_once(request, key, limit, stall, body, Expect::IfLarge);
        let is_refused =
            outcome.as_ref().is_ok_and(|response| response.status == 417 && !(request.is_accepted)(&response.body));
        if !is_refused || request.content.as_ref().is_none_or(|content| content.len() <= EXPECT_ABOVE) {
            return outcome;
        }
        // A server or proxy that does not support `Expect` refused the request for that alone. RFC 9110, section
        // 10.1.1, has the client repeat it without the header. A reader that has been read from cannot be sent again.
        let body = match body {
            body if !body.has_begun() => body,
            _ if request.is_one_shot() => return outcome,
            _ => Body::open(request.content.as_ref())?,
        };
        let left = limit.saturating_sub(start.elapsed());
        let (outcome, _) = self.send_once(request, key, left, stall, body, Expect::Never);
        // The service has seen the first request, so its slot of the rate limit is used.
        outcome.map_err(|failure| Failure { connected: true, ..failure })
    }

    fn shut_down(&self) {
        self.agent().clone().shutdown();
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("host", &self.base.authority).finish_non_exhaustive()
    }
}

/// The request's content as ureq reads it.
struct Outgoing<'a, 'b> {
    body: &'a mut Body<'b>,
    stall: Option<Stall>,
}

impl Read for Outgoing<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let amount = self.body.read(buffer)?;
        if self.body.is_read() {
            request_context::body_done(self.stall);
        }
        Ok(amount)
    }
}

impl Prebuilt {
    fn new(target: &Target) -> Result<Self> {
        let Base { is_https, host, port, authority, .. } = &target.base;
        let scheme = if *is_https { Scheme::HTTPS } else { Scheme::HTTP };
        let host = if port == default_port(*is_https) { host.clone() } else { format!("{host}:{port}") };
        Ok(Self {
            scheme,
            authority: authority.parse().map_err(|_| Error::config("base_url", "has a host that cannot be used"))?,
            host: host.parse().map_err(|_| Error::config("base_url", "has a host that cannot be used"))?,
            user_agent: target.user_agent.parse().map_err(|_| Error::config("user_agent", "cannot be used"))?,
        })
    }

    fn uri(&self, base_path: &str, request: &Request<'_>) -> Result<Uri, http::Error> {
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(match &request.path {
            Cow::Borrowed(path) if base_path.is_empty() => PathAndQuery::from_static(path),
            path => PathAndQuery::try_from([base_path, path].concat())?,
        });
        Ok(Uri::from_parts(parts)?)
    }
}

impl AgentConfigs {
    fn new(target: &Target, waits: Timeouts) -> Result<Self> {
        let proxy = match &target.proxy {
            None => None,
            // ureq's error may quote the URL, and with it a password.
            Some(url) => Some(Proxy::new(&url.0).map_err(|_| Error::config("proxy", "is not a URL that can be used"))?),
        };
        let roots = target.root_certificates.as_deref().map(tls_roots::roots).transpose()?;
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .https_only(target.base.is_https)
            .proxy(proxy)
            .user_agent(&target.user_agent)
            .timeout_await_100(Some(waits.await_continue))
            // A feature of ureq that another crate turns on must not change what we send.
            .accept_encoding("")
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_age(MAX_IDLE)
            .max_idle_connections(MAX_IDLE_CONNECTIONS)
            .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS);
        let config = tls_roots::trust(config, roots).build();
        Ok(Self { config, connect_timeout: target.connect_timeout })
    }

    fn agent(&self) -> Agent {
        let connect = Connect::new(self.connect_timeout);
        Agent::with_parts(self.config.clone(), connect, NoopResolver)
    }
}

#[cfg(test)]
mod tests;
