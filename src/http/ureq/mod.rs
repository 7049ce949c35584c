//! The transport over ureq. No other module uses that crate.
//!
//! ureq writes requests, parses responses and pools connections. Some of its behaviour would break a promise of this
//! crate, and no option of ureq changes it. This module replaces those parts through ureq's own traits for resolvers,
//! connectors and transports.
//!
//! # Options
//!
//! By default, ureq follows redirects and sends the key to the host of the redirect, drops the body of a 4xx or 5xx
//! response, and reads proxies from the environment, also for requests to loopback. [`agent`] changes these defaults.
//!
//! No option is set for a single request. ureq would then copy its configuration, and do a full TLS handshake for each
//! new connection.
//!
//! # A resolver without addresses
//!
//! ureq calls its resolver before it searches its pool for a connection, so it would look up the host name for each
//! request. If the request has a timeout, it also starts a thread for the lookup. The agent therefore uses
//! [`NoopResolver`](connect::NoopResolver), which returns nothing, and [`Connect`](connect::Connect) looks up the name
//! for a new connection. This saves the thread and 13,500 instructions per request on an open connection.
//!
//! # The request context
//!
//! A transport of ureq does not learn which request it is used for, and it receives limits as durations. Such a
//! duration starts again with each read of a proxy's response, and with each write that a signal interrupts. The
//! connection needs the deadline itself, the key, and further facts about the request. [`RequestContext`] has all of
//! them. ureq runs a request on the thread of its caller from beginning to end, so the context is a thread-local
//! variable.
//!
//! # The placeholder for the key
//!
//! ureq logs the head of each request at trace level, and does not erase its copies of the head from memory. So ureq
//! gets a placeholder that is as long as the key. [`Connection`](connection::Connection) writes the key over the
//! placeholder when it sends the head, and overwrites the key right after that.
//!
//! # Sockets
//!
//! [`Socket`](socket::Socket) enforces the deadline of the request, even if the peer sends single bytes or signals
//! interrupt the system calls. It also records each write as progress, since an upload may take any time as long as it
//! makes progress. It sets the timeout of a socket only if the current one does not fit. This saves two system calls
//! per request on an open connection.
//!
//! # Proxies
//!
//! ureq's implementation of SOCKS opens its own sockets. Its implementation of CONNECT accepts only the status code
//! 200, and reads at most 20 header fields. [`http_proxy`] and `socks` replace them, on a connection that [`tunnel`]
//! opens.
//!
//! # A connection above TLS
//!
//! [`Connection`](connection::Connection) is the transport that ureq uses. It inserts the key, and also does this:
//!
//! - It sends the head together with small content. This saves a system call and a packet per submit on an open
//!   connection.
//! - It removes interim responses. ureq treats `100 Continue` with header fields, or `103 Early Hints` before it, as a
//!   rejection, and then waits for the response to a request whose content it did not send.
//! - It stops using a connection before the peer closes it (`Keep-Alive: timeout=N`), after a response whose end is
//!   ambiguous, and after an idle time that depends on the request. A submit may have been paid for if the peer closes
//!   the connection while it is sent.
//! - It checks the socket once between two requests. ureq would do that twice. This saves three system calls.
//! - It keeps the bytes that ureq could not parse, since they may contain the identifier of a submit.

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

/// A transport that sends requests over the network.
pub(crate) struct HttpTransport {
    base: Base,
    prebuilt: Prebuilt,
    timeouts: Timeouts,
    /// Maximum size of a response body, in bytes. If set, it overrides the limit of the request.
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

    /// Sends the request on one connection. Also returns its content, which can be sent on another connection if it has
    /// not been read from.
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
                // If a file cannot be read, that ends the request, so it is the cause of ureq's error.
                let file_failure = body.take_failure();
                let failure = file_failure.unwrap_or_else(|| failure::from_error(error, is_read, stall, &self.base));
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
        let is_rejected =
            outcome.as_ref().is_ok_and(|response| response.status == 417 && !(request.is_accepted)(&response.body));
        if !is_rejected || request.content.as_ref().is_none_or(|content| content.len() <= EXPECT_ABOVE) {
            return outcome;
        }
        // A server or proxy that does not support `Expect` responds with 417. RFC 9110, section 10.1.1, recommends
        // repeating the request without that header then. A reader that has been read from cannot be sent again.
        let body = match body {
            body if !body.has_begun() => body,
            _ if request.is_one_shot() => return outcome,
            _ => Body::open(request.content.as_ref())?,
        };
        let left = limit.saturating_sub(start.elapsed());
        let (outcome, _) = self.send_once(request, key, left, stall, body, Expect::Never);
        // The service has received the first request, so the attempt has used its slot of the rate limit.
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
