//! The time of the next attempt.

use std::time::{Duration, SystemTime};

use crate::call::retry::{self, Limits, Next};
use crate::http::response::Response;
use crate::http::{date, retry_after};

/// A decision on the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Retry after this pause.
    After(Duration),
    /// Do not retry: this pause would end after the deadline.
    TooLate(Duration),
    /// Do not retry.
    Stop,
}

/// Decides on the attempt after the first one, which got `status` and `retry_after`, with `left` until the deadline.
pub fn decide(status: u16, retry_after: Option<Duration>, left: Duration) -> Retry {
    let outcome = Ok(Response { status, retry_after, ..Response::default() });
    let limits = Limits { retries: 1, number: 1, next_slot: None, left };
    match retry::decide(&outcome, limits, 0.5).next {
        Next::Retry(pause) => Retry::After(pause),
        Next::TooLate(pause) => Retry::TooLate(pause),
        Next::Stop => Retry::Stop,
    }
}

/// Parses a `Retry-After`. A date is relative to `date`, the `Date` of the response, or else to `now`.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    retry_after::retry_after(value, date, now)
}

/// Parses an `X-RateLimit-Reset`. A time is relative to `date`, the `Date` of the response, or else to `now`.
pub fn rate_limit_reset(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    retry_after::reset(value, date, now)
}

/// Parses an HTTP date.
pub fn http_date(text: &str) -> Option<SystemTime> {
    date::parse(text)
}
