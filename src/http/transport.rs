//! The network as a call sees it: a trait, so that tests can do without one.

use std::fmt::Debug;
use std::time::Duration;

use super::request::{Request, Stall};
use super::response::{Failure, Response};
use crate::api_key::ApiKey;

/// Sends one request once.
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends `request` with `key`, and returns the response or the reason why it failed. Ends after `limit`, or after
    /// the time without progress that `stall` sets.
    fn send(&self, request: &Request<'_>, key: &ApiKey, limit: Duration, stall: Option<Stall>) -> Outcome;

    /// Ends the requests that run, and makes later ones fail.
    fn shut_down(&self) {}
}

pub(crate) type Outcome = Result<Response, Failure>;
