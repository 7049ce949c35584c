//! The transport over ureq. No other module names that crate.
//!
//! ureq writes requests, parses responses and pools connections. Some of its behaviour would break a promise of this
//! crate, and no setting changes it. It is replaced through ureq's own traits for resolvers, connectors and transports.
//!
//! # Settings
//!
//! By default, ureq follows redirects and sends the key to any host that they name, drops the body of a 4xx or 5xx, and
//! reads proxies from the environment for loopback, too. [`agent`] sets all that. No setting is made for a single
//! request: ureq would copy its configuration, and make a full TLS handshake for each new connection.
//!
//! # A resolver that does nothing
//!
//! ureq looks the host up before it looks into its pool, so for every request, and it starts a thread for that if there
//! is a deadline. The agent has [`NoopResolver`](connect::NoopResolver) instead, and
//! [`Connect`](connect::Connect) looks names up when it makes a connection. This saves a warm call a thread and
//! 13,500 instructions.
//!
//! # A request context
//!
//! ureq calls a connection without the request that runs on it, and hands limits down as durations. These begin anew
//! with each read of a proxy's response, and with each write that a signal interrupts. The connection needs the deadline
//! itself, the key, and some more facts about the request, which [`RequestContext`] lists. ureq runs a request on the
//! thread of its caller from beginning to end, so the context is kept in a thread-local variable.
//!
//! # A placeholder for the key
//!
//! ureq logs the head of each request at level `trace`, and does not wipe the memory of its copies. So ureq gets a
//! placeholder of the same length. [`Connection`](connection::Connection) puts the key in its place when the head is
//! sent, and overwrites it right after that.
//!
//! # Sockets, and the way through a proxy
//!
//! [`Socket`](socket::Socket) keeps the deadline of the request whatever the peer trickles and however often a signal
//! interrupts it. It also counts each write as progress, since an upload may take any time as long as it moves. It
//! changes the timeouts of the system's socket only if they do not fit, which saves a warm call two system calls.
//!
//! ureq's SOCKS runs on sockets of its own. Its CONNECT accepts no success but 200 and reads at most 20 header fields.
//! [`http_proxy`] and `socks` replace them, on a connection that [`tunnel`] makes.
//!
//! # A connection above TLS
//!
//! [`Connection`](connection::Connection) is what ureq sees as its transport. Besides the key, it
//!
//! - sends a head together with a small content, which saves a warm submit a system call and a packet;
//! - removes interim responses, since ureq takes `100 Continue` with header fields, or `103 Early Hints` before it, for
//!   a refusal, and then waits for a response to a request that it did not send;
//! - ends the use of a connection before the peer does so (`Keep-Alive: timeout=N`), after an ambiguous response, and
//!   after an idle time that depends on the request: a submit that meets the close of the peer may be paid for;
//! - looks at the socket once between two requests, while ureq does so twice, which saves three system calls;
//! - keeps the bytes that ureq could not parse, as they may hold the identifier of a submit.

mod agent;
mod chain;
mod connect;
mod connect_error;
mod connection;
mod failure;
mod head_text;
mod http_proxy;
mod keep_alive;
mod limits;
mod outgoing;
mod request_context;
mod response_body;
mod response_head;
mod socket;
#[cfg(feature = "socks-proxy")]
mod socks;
mod tls_error;
mod tls_roots;
mod tunnel;

use std::fmt;
use std::time::{Duration, Instant};

use ::ureq::{Agent, Error as UreqError};

use self::agent::AgentConfig;
use self::limits::{MAX_IDLE, Timeouts};
use self::outgoing::{EXPECT_ABOVE, Expect, Prebuilt};
use self::request_context::RequestContext;
use self::response_head::Framing;
use super::body::Body;
use super::endpoint::{Base, Target};
use super::fork_safe::PerProcess;
use super::request::{Request, Stall};
use super::response::{Failure, Response};
use super::transport::{Outcome, Transport};
use crate::api_key::ApiKey;
use crate::error::Result;

/// A transport over real sockets.
pub(crate) struct HttpTransport {
    base: Base,
    prebuilt: Prebuilt,
    timeouts: Timeouts,
    /// Overrides the limit of the request.
    response_limit: Option<u64>,
    config: AgentConfig,
    agent: PerProcess<Agent>,
}

impl HttpTransport {
    pub(crate) fn new(target: Target) -> Result<Self> {
        Self::with_timeouts(target, Timeouts::default())
    }

    fn with_timeouts(target: Target, timeouts: Timeouts) -> Result<Self> {
        let config = AgentConfig::new(&target, timeouts)?;
        Ok(Self {
            agent: PerProcess::new(config.agent()),
            config,
            prebuilt: Prebuilt::new(&target)?,
            base: target.base,
            timeouts,
            response_limit: target.response_limit,
        })
    }

    fn agent(&self) -> &Agent {
        self.agent.get(|| self.config.agent())
    }

    /// Sends the request on one connection, and returns the content for another one.
    fn send_once<'a>(
        &self,
        request: &Request<'_>,
        key: &ApiKey,
        limit: Duration,
        stall: Option<Stall>,
        mut body: Body<'a>,
        expect: Expect,
    ) -> (Outcome, Body<'a>) {
        let max_idle = if request.is_idempotent { MAX_IDLE } else { self.timeouts.submit_max_idle };
        let context = RequestContext::new(request, key, limit, stall, max_idle);
        let (outcome, received) = context.enter(|| {
            let outcome = self.run(request, key, &mut body, expect);
            (outcome, request_context::take_received())
        });
        let is_read = body.is_read();
        let outcome = match outcome {
            Ok(response) => Ok(Response { arrived_before_upload_end: !is_read, ..response }),
            Err(error) => {
                // A broken file ends the connection, so it is the cause.
                let broken = body.take_failure();
                let failure = broken.unwrap_or_else(|| failure::from_error(error, is_read, stall, &self.base));
                Err(Failure { received, ..failure })
            }
        };
        (outcome, body)
    }

    fn run(
        &self,
        request: &Request<'_>,
        key: &ApiKey,
        body: &mut Body<'_>,
        expect: Expect,
    ) -> Result<Response, UreqError> {
        let head = self.prebuilt.head(request, key, &self.base.path, expect)?;
        let response = outgoing::run(self.agent(), head, request.content.is_some().then_some(body))?;
        let (head, body) = response.into_parts();
        let framing = Framing::from_head(&head);
        request_context::note_response(framing);
        let response = response_head::read(&head, framing, key);
        Ok(response_body::read(response, body, self.response_limit.unwrap_or(request.response_limit), &self.base))
    }
}

impl Transport for HttpTransport {
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
        f.debug_struct("HttpTransport").field("host", &self.base.authority).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
