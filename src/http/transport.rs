//! The interface between a call and the network. It is a trait, since tests use a transport without a network.

use std::fmt::Debug;
use std::time::Duration;

use super::request::{Request, Stall};
use super::response::{Failure, Response};
use crate::api_key::ApiKey;

/// A transport, which sends one request once.
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends `request` with `key`, and returns the response or the reason why it failed. Fails with a timeout after
    /// `limit`, or after the time without progress that `stall` specifies.
    fn send(&self, request: &Request<'_>, key: &ApiKey, limit: Duration, stall: Option<Stall>) -> Outcome;

    /// Ends the running requests, and makes later ones fail.
    fn shut_down(&self) {}
}

pub(crate) type Outcome = Result<Response, Failure>;
