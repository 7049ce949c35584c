//! The methods of a client that other modules of the crate use.

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
    /// Fails if `value` holds the API key, which must not be in a path or query: proxies and servers log those.
    pub(super) fn check_public(&self, field: &'static str, value: &str) -> Result<()> {
        if self.key.is_in(value) { Err(Error::invalid_input(field, "holds the API key")) } else { Ok(()) }
    }

    /// Sends `request` and lets `parse` read the outcome.
    ///
    /// Every call goes through here, so that no endpoint can forget the redaction: `parse` sees no body with the key,
    /// and no error leaves with the key or a secret of the request.
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
                // Only a heatmap is not JSON, and an image is passed on as it is.
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

    /// Sends `request`, and reads the JSON of the response.
    pub(super) fn ask<T>(
        &self,
        request: &Request<'_>,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T> {
        self.call(request, &self.options, |response| parse::typed(response?, read))
    }

    /// Returns `error` as one about a submission, for an error that comes from no single call.
    pub(crate) fn about(&self, submitted: &AnySubmitted, error: Error) -> Error {
        let error = error.with_identifier(Some(submitted.identifier().clone()));
        Redactor::new(&self.key, &submitted.secrets()).error(error)
    }
}

/// The methods that waits and batches use.
impl Client {
    /// Returns the same client with `change` made to the options of its calls.
    pub(crate) fn with_options(&self, change: impl FnOnce(&mut CallOptions)) -> Self {
        let mut client = self.clone();
        change(&mut client.options);
        client
    }

    /// Returns the options of a poll: one attempt, which takes no longer than `left`.
    pub(super) fn poll_options(&self, left: Duration) -> CallOptions {
        let timeout = self.options.timeout.unwrap_or(request::READ_TIMEOUT).min(left);
        CallOptions { timeout: Some(timeout), retries: 0, ..self.options.clone() }
    }

    /// Returns the time until the next request of a class may be sent.
    pub(crate) fn next_slot_in(&self, method: Method) -> Duration {
        self.caller.next_slot_in(method, &self.key, self.options.rate_limit)
    }

    /// Reserves the slot of a submit if it is free now, and returns the same client for that submit.
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
    use crate::call::fake::{FakeClock, SECOND, Scripted, Try};
    use crate::config::Settings;
    use crate::error::ErrorKind;
    use crate::http::response::Failure;

    const KEY: &str = "0123456789/abcdef";
    const SECRET: &str = "sig=t0ken";
    const ECHO: &str = "{\"error\":\"no 0123456789\\/abcdef, no sig=t0ken\"}";

    /// Makes a call that no endpoint makes, with a secret, whose attempt ends with `outcome`.
    fn call<T>(outcome: fn() -> Try, parse: impl FnOnce(Result<Response>) -> Result<T>) -> Result<T> {
        let (caller, _) = Scripted::caller(&FakeClock::new(|_| ()), move |_| outcome());
        let client = Client::over(Arc::new(caller), &Settings::new(ApiKey::new(KEY))).unwrap();
        let request = Request { redact: vec![SECRET], requires_key: false, ..account::health() };
        client.call(&request, &CallOptions { retries: 0, ..client.options.clone() }, parse)
    }

    fn echo(status: u16) -> Try {
        (Ok(Response { status, body: ECHO.into(), length_known: true, ..Response::default() }), SECOND)
    }

    #[test]
    fn new_endpoint_sees_no_key_in_the_body() {
        let body = call(|| echo(200), |response| Ok(response?.body)).unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), "{\"error\":\"no [api key], no sig=t0ken\"}");
    }

    #[test]
    fn new_endpoint_error_holds_no_key_and_no_secret() {
        let lost = || (Err(Failure::new(ErrorKind::Disconnected, format!("lost {KEY} and {SECRET}"))), SECOND);
        for outcome in [|| echo(200), || echo(400), lost] {
            let error = call(outcome, |response| parse::typed(response?, |_| Err::<(), _>("odd"))).unwrap_err();
            let shown = format!("{error:#} {error:?}");
            assert!(shown.contains("no [api key], no [..]") || shown.contains("lost [api key] and [..]"), "{shown}");
            assert!(!shown.contains("0123456789") && !shown.contains("t0ken"), "{shown}");
        }
    }
}
