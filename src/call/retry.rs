//! Decides whether a request is sent again, and when, on values alone.

use std::time::Duration;

use super::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::http::response::{Failure, Response};
use crate::http::transport::Outcome;

/// The step after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports it.
pub enum Next {
    /// Another attempt, after a pause.
    Retry(Duration),
    /// Nothing: the pause before another attempt would end after the deadline.
    TooLate(Duration),
    /// Nothing: the request may not be repeated, or was repeated often enough.
    Stop,
}

/// A decision after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) next: Next,
    /// The time after which the caller may try again, as its [error](Error::retry_after) tells.
    pub(crate) retry_after: Option<Duration>,
}

/// The limits of a next attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Number of retries that are left, if the request [may be repeated](may_repeat); else 0.
    pub(crate) retries: u32,
    /// Number of the last attempt, from 1.
    pub(crate) number: u32,
    /// Time until the next slot of the rate limit, after a 429.
    pub(crate) next_slot: Option<Duration>,
    /// Time until the deadline.
    pub(crate) left: Duration,
}

/// Decides what follows an attempt that ended with `outcome`. `chance` is from 0 up to 1.
///
/// The pause is what the service asks for, after a 429 at least the time until the next slot, else the
/// [backoff](Backoff::RETRY).
pub(crate) fn decide(outcome: &Outcome, limits: Limits, chance: f64) -> Decision {
    let response = outcome.as_ref().ok();
    let asked = response.and_then(|response| response.retry_after).max(limits.next_slot);
    if limits.retries == 0 {
        return Decision { next: Next::Stop, retry_after: asked };
    }
    let pause = asked.unwrap_or_else(|| Backoff::RETRY.pause(limits.number.saturating_sub(1), chance));
    if pause < limits.left {
        return Decision { next: Next::Retry(pause), retry_after: asked };
    }
    let is_refusal = response.is_some_and(|response| response.status == 429);
    Decision { next: Next::TooLate(pause), retry_after: if is_refusal { Some(pause) } else { asked } }
}

/// Makes the error of a call whose rate limit has no slot before the deadline, but one after `wait`.
pub(crate) fn no_slot(wait: Duration) -> Error {
    let summary = "rate limited locally: the next slot is after this call's deadline";
    Error::new(ErrorKind::RateLimited, summary).with_retry_after(Some(wait)).mark_repeatable(true)
}

/// Returns `true` if a request may be sent again after `outcome`, and if that may help.
pub(crate) fn may_repeat(outcome: &Outcome, is_idempotent: bool, resend_if_unknown: bool) -> bool {
    if is_idempotent { is_passing(outcome) } else { may_resend(outcome, resend_if_unknown) }
}

/// Returns `true` if another attempt may end better than `outcome`.
fn is_passing(outcome: &Outcome) -> bool {
    let is_passing = |failure: &Failure| {
        !failure.is_final && matches!(failure.kind, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Disconnected)
    };
    match outcome {
        Ok(response) if response.is_success() => response.truncated.as_ref().is_some_and(is_passing),
        Ok(response) => matches!(response.status, 408 | 429 | 500 | 502 | 503 | 504),
        Err(failure) => is_passing(failure),
    }
}

/// Returns `true` if a submit may be repeated after `outcome`.
///
/// RFC 9110 (section 9.2.2) forbids it unless the request is known not to have been applied: here, that it never left
/// whole, or that a 429 refused it. `resend_if_unknown` is the caller's word that paying twice is all right where
/// that is open; a 2xx leaves nothing open, even if its body broke off.
fn may_resend(outcome: &Outcome, resend_if_unknown: bool) -> bool {
    let accepted = outcome.as_ref().is_ok_and(Response::is_success);
    is_passing(outcome) && !accepted && (resend_if_unknown || !may_have_been_sent(outcome))
}

/// Returns `true` if the service may have acted on the submit although `outcome` is not a success.
///
/// A 4xx says that it did not. A redirect, a 5xx, and a 2xx that cannot be read leave it open; so does a 408, behind
/// which a proxy may stand. A 503 proves nothing even if it names a time to come back: caches and proxies make one
/// after they passed the request on (Varnish's built-in VCL puts `Retry-After` on each of its own).
pub(crate) fn may_have_been_sent(outcome: &Outcome) -> bool {
    match outcome {
        // What had not arrived whole cannot have been acted on.
        Ok(response) if response.arrived_before_upload_end => response.is_success(),
        Ok(response) => match response.status {
            408 => true,
            400..=499 => false,
            _ => true,
        },
        Err(failure) => failure.request_fully_sent,
    }
}

#[cfg(test)]
mod tests;
