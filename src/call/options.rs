//! The options of one call.

use std::time::{Duration, Instant};

use super::attempt::Observer;
use super::rate_limit::config::RateLimit;

/// The options of a call, which are not part of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    /// For the whole call; `None` leaves it to the request.
    pub(crate) timeout: Option<Duration>,
    /// When that began, if not with the request: some calls take several.
    pub(crate) deadline_start: Option<Instant>,
    /// How often a try may be repeated.
    pub(crate) retries: u32,
    /// Whether a submit of unknown fate may be repeated, too.
    pub(crate) resend_if_unknown: bool,
    pub(crate) rate_limit: RateLimit,
    /// The slot of the first attempt of a submit, if it is [reserved](super::Caller::try_reserve) already.
    pub(crate) reserved_slot: Option<Instant>,
    pub(crate) observer: Option<Observer>,
}
