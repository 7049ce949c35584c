//! What one try hands to the network and gets back. The network itself is behind a trait of one method.

use std::fmt::Debug;
use std::time::Duration;

use super::request::{Request, Stall};
use super::response::{Failure, Response};
use crate::api_key::ApiKey;

/// Sends one request once.
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends `request` with `key`, and returns the answer or why there is none, before `limit` has passed; and before
    /// nothing has moved for as long as `stall` says.
    fn send(&self, request: &Request<'_>, key: &ApiKey, limit: Duration, stall: Option<Stall>) -> Outcome;

    /// Ends what is under way, and makes later sends fail.
    fn shut_down(&self) {}
}

pub(crate) type Outcome = Result<Response, Failure>;
