//! The configuration of ureq's agent. It sets every option whose default would break a promise of this crate.

use std::time::Duration;

use ::ureq::config::Config;
use ::ureq::{Agent, Proxy};

use super::connect::{Connect, NoopResolver};
use super::limits::{INPUT, MAX_IDLE, OUTPUT, Timeouts};
use super::tls_roots;
use crate::error::{Error, Result};
use crate::http::endpoint::Target;

/// Maximum number of idle connections. A batch has at most 64 workers.
const MAX_IDLE_CONNECTIONS: usize = 64;

/// The configuration of the agent. Each process creates an agent of its own from it.
pub(super) struct AgentConfig {
    config: Config,
    connect_timeout: Duration,
}

impl AgentConfig {
    pub(super) fn new(target: &Target, timeouts: Timeouts) -> Result<Self> {
        let proxy = match &target.proxy {
            None => None,
            // The error of ureq is dropped, since it may quote the URL, which may contain a password.
            Some(url) => Some(Proxy::new(&url.0).map_err(|_| Error::config("proxy", "unsupported URL"))?),
        };
        let roots = target.root_certificates.as_deref().map(tls_roots::roots).transpose()?;
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .https_only(target.base.is_https)
            .proxy(proxy)
            .user_agent(&target.user_agent)
            .timeout_await_100(Some(timeouts.await_continue))
            // Another crate may enable the compression features of ureq, and ureq would then send this header by
            // itself.
            .accept_encoding("")
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_age(MAX_IDLE)
            .max_idle_connections(MAX_IDLE_CONNECTIONS)
            .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS);
        let config = tls_roots::trust(config, roots).build();
        Ok(Self { config, connect_timeout: target.connect_timeout })
    }

    pub(super) fn agent(&self) -> Agent {
        Agent::with_parts(self.config.clone(), Connect::new(self.connect_timeout), NoopResolver)
    }
}
