//! What the rooms of the crate take of a client: answers without secrets in them, time, turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Client;
use crate::api::{parse, request};
use crate::call::options::Terms;
use crate::call::{Answer, Exchange};
use crate::config::check_timeout;
use crate::error::{Error, Result};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::model::medium::Medium;
use crate::model::submitted::Submitted;
use crate::wait::WaitOptions;

/// What every call takes.
impl Client {
    /// Whether a read may be made: the key has no place in a path, which proxies and servers log.
    pub(crate) fn check_read(&self, field: &str, value: &str) -> Result<()> {
        check_timeout(self.terms.timeout)?;
        if self.key.is_in(value) { Err(Error::invalid_input(field, "is the API key")) } else { Ok(()) }
    }

    /// The answer to a request that belongs to no submission; as one look that takes no longer than `left`, if that is
    /// it.
    pub(crate) fn answer_of(&self, request: &Request<'_>, left: Option<Duration>) -> Result<Answer> {
        check_timeout(self.terms.timeout)?;
        match left {
            Some(left) => self.masked_answer(request, &self.terms_of_look(left)),
            None => self.masked_answer(request, &self.terms),
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
        outcome.map_err(|error| self.redacted(error, &request.secrets))
    }

    /// The answer to a request that is no submit.
    pub(super) fn read(&self, request: &Request<'_>, terms: &Terms) -> Result<Response> {
        Ok(self.masked_answer(request, terms)?.response)
    }

    fn masked_answer(&self, request: &Request<'_>, terms: &Terms) -> Result<Answer> {
        let mut answer = self.exchange.call(request, &self.key, terms)?;
        answer.response.body = self.key.mask_body(answer.response.body);
        Ok(answer)
    }

    pub(crate) fn about<M: Medium>(&self, sent: &Submitted<M>, error: Error) -> Error {
        error.with_identifier(Some(sent.identifier().clone())).redacted(&self.key, &sent.secrets())
    }
}

/// What a batch takes of a client besides.
impl Client {
    pub(crate) fn patience(&self) -> &WaitOptions {
        &self.wait
    }

    pub(crate) fn now(&self) -> Instant {
        self.exchange.now()
    }

    pub(crate) fn chance(&self) -> f64 {
        self.exchange.chance()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.exchange.is_cancelled()
    }

    /// One try, that takes no longer than `left`.
    pub(super) fn terms_of_look(&self, left: Duration) -> Terms {
        let timeout = self.terms.timeout.unwrap_or(request::READ_TIMEOUT).min(left);
        Terms { timeout: Some(timeout), retries: 0, ..self.terms.clone() }
    }
}

/// What a batch takes of a client besides.
impl Client {
    /// The same client for calls of one try each, whose submits [have their turn](Self::take_turn).
    pub(crate) fn trying_once(&self) -> Self {
        let terms = Terms { retries: 0, has_turn: true, ..self.terms.clone() };
        Self { terms, ..self.clone() }
    }

    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// How long the next request of a class has to wait for its turn.
    pub(crate) fn turn_in(&self, method: Method) -> Duration {
        self.exchange.turn_in(method, &self.key, self.terms.rate_limit)
    }

    /// Takes the turn of a submit, if it is now.
    pub(crate) fn take_turn(&self) -> bool {
        self.exchange.take_turn(Method::Post, &self.key, self.terms.rate_limit).is_ok()
    }
}
