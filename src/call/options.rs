//! The options of one call.

use std::time::{Duration, Instant};

use super::attempt::Observer;
use super::rate_limit::config::RateLimit;

/// The options of a call that are not part of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    /// The timeout of the whole call. If `None`, the request's own [`Timeout`](crate::http::request::Timeout) applies.
    pub(crate) timeout: Option<Duration>,
    /// The time from which the timeout is measured, for an operation of several calls. If `None`, it is measured from
    /// the beginning of this call.
    pub(crate) deadline_start: Option<Instant>,
    /// The maximum number of retries after the first attempt.
    pub(crate) retries: u32,
    /// If `true`, a submit is also retried if the service may have accepted it.
    pub(crate) resend_if_unknown: bool,
    pub(crate) rate_limit: RateLimit,
    /// The slot for the first attempt of a submit, if it was [reserved](super::Caller::try_reserve) before the call.
    pub(crate) reserved_slot: Option<Instant>,
    pub(crate) observer: Option<Observer>,
}
