//! ureq's agent, with every default that matters here set.

use std::time::Duration;

use ::ureq::config::Config;
use ::ureq::{Agent, Proxy};

use super::connect::{Connect, NoopResolver};
use super::limits::{INPUT, MAX_IDLE, OUTPUT, Timeouts};
use super::tls_roots;
use crate::error::{Error, Result};
use crate::http::endpoint::Target;

/// Maximum number of idle connections. A batch has 64 workers at most.
const MAX_IDLE_CONNECTIONS: usize = 64;

/// The configuration from which each process makes its agent.
pub(super) struct AgentConfig {
    config: Config,
    connect_timeout: Duration,
}

impl AgentConfig {
    pub(super) fn new(target: &Target, timeouts: Timeouts) -> Result<Self> {
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
            .timeout_await_100(Some(timeouts.await_continue))
            // A feature of ureq that another crate turns on must not change the request.
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
