//! The methods of a client that other modules of the crate use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Client;
use crate::api::{parse, request};
use crate::call::options::CallOptions;
use crate::call::{CallResponse, Caller};
use crate::config::check_timeout;
use crate::error::{Error, Result};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::model::submitted::AnySubmitted;
use crate::wait::WaitOptions;

/// What every call takes.
impl Client {
    /// Whether a read may be made: the key has no place in a path, which proxies and servers log.
    pub(crate) fn check_read(&self, field: &str, value: &str) -> Result<()> {
        check_timeout(self.options.timeout)?;
        if self.key.is_in(value) { Err(Error::invalid_input(field, "is the API key")) } else { Ok(()) }
    }

    /// The answer to a request that belongs to no submission; as one look that takes no longer than `left`, if that is
    /// it.
    pub(crate) fn answer_of(&self, request: &Request<'_>, left: Option<Duration>) -> Result<CallResponse> {
        check_timeout(self.options.timeout)?;
        match left {
            Some(left) => self.masked_answer(request, &self.poll_options(left)),
            None => self.masked_answer(request, &self.options),
        }
    }

    /// The key has no place in a query, which proxies and servers log.
    pub(super) fn check_query(&self, parameters: &[(&str, &str)]) -> Result<()> {
        match parameters.iter().any(|(_, value)| self.key.is_in(value)) {
            true => Err(Error::invalid_input("query", "holds the API key")),
            false => Ok(()),
        }
    }

    pub(crate) fn redacted(&self, error: Error, secrets: &[&str]) -> Error {
        error.redacted(&self.key, secrets)
    }

    /// Sends `request`, and reads the JSON of the response.
    pub(super) fn ask<T>(
        &self,
        request: &Request<'_>,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T> {
        let answer = self.answer_of(request, None);
        let outcome = answer.and_then(|answer| parse::typed(answer, read));
        outcome.map_err(|error| self.redacted(error, &request.redact))
    }

    /// The answer to a request that is no submit.
    pub(super) fn read(&self, request: &Request<'_>, options: &CallOptions) -> Result<Response> {
        Ok(self.masked_answer(request, options)?.response)
    }

    fn masked_answer(&self, request: &Request<'_>, options: &CallOptions) -> Result<CallResponse> {
        let mut answer = self.caller.call(request, &self.key, options)?;
        answer.response.body = self.key.mask_body(answer.response.body);
        Ok(answer)
    }

    pub(crate) fn about(&self, submitted: &AnySubmitted, error: Error) -> Error {
        error.with_identifier(Some(submitted.identifier().clone())).redacted(&self.key, &submitted.secrets())
    }
}

/// What waiting and a batch take of a client.
impl Client {
    pub(crate) fn wait_options(&self) -> &WaitOptions {
        &self.wait
    }

    pub(crate) fn now(&self) -> Instant {
        self.caller.now()
    }

    pub(crate) fn jitter(&self) -> f64 {
        self.caller.jitter()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.caller.is_cancelled()
    }

    /// One try, that takes no longer than `left`.
    pub(super) fn poll_options(&self, left: Duration) -> CallOptions {
        let timeout = self.options.timeout.unwrap_or(request::READ_TIMEOUT).min(left);
        CallOptions { timeout: Some(timeout), retries: 0, ..self.options.clone() }
    }
}

/// What a batch takes of a client besides.
impl Client {
    /// Returns the same client for calls of one attempt each, whose submits have [a reserved slot](Self::try_reserve).
    pub(crate) fn trying_once(&self) -> Self {
        let options = CallOptions { retries: 0, slot_reserved: true, ..self.options.clone() };
        Self { options, ..self.clone() }
    }

    pub(crate) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub(crate) fn options(&self) -> &CallOptions {
        &self.options
    }

    /// Returns the time until the next request of a class may be sent.
    pub(crate) fn next_slot_in(&self, method: Method) -> Duration {
        self.caller.next_slot_in(method, &self.key, self.options.rate_limit)
    }

    /// Reserves the slot of a submit, and returns `true` if it is free now.
    pub(crate) fn try_reserve(&self) -> bool {
        self.caller.try_reserve(Method::Post, &self.key, self.options.rate_limit).is_ok()
    }
}
