//! Methods of a client that other modules of the crate use.

use std::time::Duration;

use super::Client;
use crate::api::{parse, request};
use crate::call::CallResponse;
use crate::call::options::CallOptions;
use crate::config::check_timeout;
use crate::error::{Error, Result};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::model::submitted::AnySubmitted;
use crate::redact::Redactor;

/// The common part of all calls.
impl Client {
    /// Fails if `value` contains the API key. The key must not be in a path or query, since proxies and servers log
    /// both.
    pub(super) fn check_public(&self, field: &'static str, value: &str) -> Result<()> {
        if self.key.is_in(value) { Err(Error::invalid_input(field, "must not contain the API key")) } else { Ok(()) }
    }

    /// Sends `request` and parses the outcome with `parse`.
    ///
    /// Every call uses this method, so that no endpoint can omit the redaction. The body that `parse` gets does not
    /// contain the key, and the error that is returned contains neither the key nor a secret of the request.
    pub(super) fn call<T>(
        &self,
        request: &Request<'_>,
        options: &CallOptions,
        parse: impl FnOnce(Result<Response>) -> Result<T>,
    ) -> Result<T> {
        let redactor = Redactor::new(&self.key, &request.redact);
        let outcome = check_timeout(self.options.timeout).and_then(|()| self.caller.call(request, &self.key, options));
        let result = match outcome {
            Ok(CallResponse { mut response, may_have_been_sent, may_repeat }) => {
                // A request with `accept` is for a heatmap. Its response is an image, which must not be changed.
                if request.accept.is_none() {
                    response.body = redactor.body(response.body);
                }
                parse(Ok(response))
                    .map_err(|error| error.mark_maybe_sent(may_have_been_sent).mark_repeatable(may_repeat))
            }
            Err(error) => parse(Err(error)),
        };
        result.map_err(|error| redactor.error(error))
    }

    /// Sends `request`, and parses the JSON of the response with `read`.
    pub(super) fn call_json<T>(
        &self,
        request: &Request<'_>,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T> {
        self.call(request, &self.options, |response| parse::typed(response?, read))
    }

    /// Adds the identifier of a submission to `error`, and redacts it. This is for errors that no single call
    /// returned.
    pub(crate) fn about(&self, submitted: &AnySubmitted, error: Error) -> Error {
        let error = error.with_identifier(Some(submitted.identifier().clone()));
        Redactor::new(&self.key, &submitted.secrets()).error(error)
    }
}

/// Methods that waits and batches use.
impl Client {
    /// Returns a copy of the client whose call options were modified by `change`.
    pub(crate) fn with_options(&self, change: impl FnOnce(&mut CallOptions)) -> Self {
        let mut client = self.clone();
        change(&mut client.options);
        client
    }

    /// Returns the call options of a poll: one attempt, which ends within `left`.
    pub(super) fn poll_options(&self, left: Duration) -> CallOptions {
        let timeout = self.options.timeout.unwrap_or(request::READ_TIMEOUT).min(left);
        CallOptions { timeout: Some(timeout), retries: 0, ..self.options.clone() }
    }

    /// Returns the time until the rate limit allows the next request with this method.
    pub(crate) fn next_slot_in(&self, method: Method) -> Duration {
        self.caller.next_slot_in(method, &self.key, self.options.rate_limit)
    }

    /// Reserves a slot for a submit if one is free now, and returns a copy of the client that uses it.
    pub(crate) fn try_reserve(&self) -> Option<Self> {
        let slot = self.caller.try_reserve(Method::Post, &self.key, self.options.rate_limit)?;
        Some(self.with_options(|options| options.reserved_slot = Some(slot)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::account;
    use crate::api_key::ApiKey;
    use crate::call::fake::{FakeClock, SECOND, Scripted, TimedOutcome};
    use crate::config::Settings;
    use crate::error::ErrorKind;
    use crate::http::response::Failure;

    const KEY: &str = "0123456789/abcdef";
    const SECRET: &str = "sig=t0ken";
    const ECHO: &str = "{\"error\":\"no 0123456789\\/abcdef, no sig=t0ken\"}";

    /// Makes the call of a new endpoint, with a secret in the request. Its attempt ends with `outcome`.
    fn call<T>(outcome: fn() -> TimedOutcome, parse: impl FnOnce(Result<Response>) -> Result<T>) -> Result<T> {
        let (caller, _) = Scripted::caller(&FakeClock::new(|_| ()), move |_| outcome());
        let client = Client::over(Arc::new(caller), &Settings::new(ApiKey::new(KEY))).unwrap();
        let request = Request { redact: vec![SECRET], requires_key: false, ..account::health() };
        client.call(&request, &CallOptions { retries: 0, ..client.options.clone() }, parse)
    }

    fn echo(status: u16) -> TimedOutcome {
        (Ok(Response { status, body: ECHO.into(), length_known: true, ..Response::default() }), SECOND)
    }

    #[test]
    fn call_of_new_endpoint_redacts_key_in_body() {
        let body = call(|| echo(200), |response| Ok(response?.body)).unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), "{\"error\":\"no [api key], no sig=t0ken\"}");
    }

    #[test]
    fn call_of_new_endpoint_redacts_error() {
        let lost = || (Err(Failure::new(ErrorKind::Disconnected, format!("lost {KEY} and {SECRET}"))), SECOND);
        for outcome in [|| echo(200), || echo(400), lost] {
            let error = call(outcome, |response| parse::typed(response?, |_| Err::<(), _>("odd"))).unwrap_err();
            let shown = format!("{error:#} {error:?}");
            assert!(shown.contains("no [api key], no [..]") || shown.contains("lost [api key] and [..]"), "{shown}");
            assert!(!shown.contains("0123456789") && !shown.contains("t0ken"), "{shown}");
        }
    }
}
