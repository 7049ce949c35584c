//! The decision about the next attempt, and the parsers of the headers that affect it.

use std::time::{Duration, SystemTime};

pub use crate::call::retry::Next;
use crate::call::retry::{self, Limits};
use crate::http::response::Response;
use crate::http::{date, retry_after};

/// Decides about the second attempt. The response to the first one had `status` and `retry_after`, and `left` is the
/// time until the deadline.
pub fn decide(status: u16, retry_after: Option<Duration>, left: Duration) -> Next {
    let outcome = Ok(Response { status, retry_after, ..Response::default() });
    let limits = Limits { retries: 1, number: 1, next_slot: None, left };
    retry::decide(&outcome, limits, 0.5).next
}

/// Parses a `Retry-After`. A date in it is relative to `date`, the `Date` of the response, or else to `now`.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    retry_after::retry_after(value, date, now)
}

/// Parses an `X-RateLimit-Reset`. A Unix time is relative to `date`, the `Date` of the response, or else to `now`.
pub fn rate_limit_reset(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    retry_after::reset(value, date, now)
}

/// Parses an HTTP date.
pub fn http_date(text: &str) -> Option<SystemTime> {
    date::parse(text)
}
