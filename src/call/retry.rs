//! Retry decisions: if and when a request is sent again.
//!
//! The functions compute on values, without a clock or a network. A read is idempotent and is retried after every
//! failure that may be temporary. A submit costs money, so the failure must also prove that the service did not accept
//! it, unless `resend_if_unknown` is set. [`may_have_been_sent`] lists those proofs.

use std::time::Duration;

use super::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::http::response::{Failure, Response};
use crate::http::transport::Outcome;

/// The step that follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports it.
pub enum Next {
    /// Retry after this pause.
    Retry(Duration),
    /// End the call, because the pause before the next attempt would not end before the deadline. The value is that
    /// pause.
    TooLate(Duration),
    /// End the call, because the request may not be repeated or no retries are left.
    Stop,
}

/// The decision that is made after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) next: Next,
    /// The time after which the caller may retry. See [`Error::retry_after`].
    pub(crate) retry_after: Option<Duration>,
}

/// The limits for the next attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The number of retries that are left, or 0 if the request [may not be repeated](may_repeat).
    pub(crate) retries: u32,
    /// The number of the last attempt, counted from 1.
    pub(crate) number: u32,
    /// The time until the next slot of the rate limit. `None` unless the response was a 429.
    pub(crate) next_slot: Option<Duration>,
    /// The maximum pause: the time until the deadline, or less for a call with a stall limit.
    pub(crate) left: Duration,
}

/// Decides on the step after an attempt that ended with `outcome`. `jitter` is a random number, at least 0 and less
/// than 1.
///
/// The pause before a retry is the time in `Retry-After`. After a 429 it is at least the time until the next slot of
/// the rate limit. If neither is known, the pause is that of [`Backoff::RETRY`].
pub(crate) fn decide(outcome: &Outcome, limits: Limits, jitter: f64) -> Decision {
    let response = outcome.as_ref().ok();
    let requested = response.and_then(|response| response.retry_after).max(limits.next_slot);
    if limits.retries == 0 {
        return Decision { next: Next::Stop, retry_after: requested };
    }
    let pause = requested.unwrap_or_else(|| Backoff::RETRY.pause(limits.number.saturating_sub(1), jitter));
    if pause < limits.left {
        return Decision { next: Next::Retry(pause), retry_after: requested };
    }
    let is_refusal = response.is_some_and(|response| response.status == 429);
    Decision { next: Next::TooLate(pause), retry_after: if is_refusal { Some(pause) } else { requested } }
}

/// Creates the error of a call whose next slot of the rate limit, after `wait`, is later than its deadline.
pub(crate) fn no_slot(wait: Duration) -> Error {
    let summary = "rate limited locally: the next slot is after this call's deadline";
    Error::new(ErrorKind::RateLimited, summary).with_retry_after(Some(wait)).mark_repeatable(true)
}

/// Returns `true` if the request may be sent again after `outcome` and another attempt may succeed.
pub(crate) fn may_repeat(outcome: &Outcome, is_idempotent: bool, resend_if_unknown: bool) -> bool {
    if is_idempotent { is_temporary(outcome) } else { may_resend(outcome, resend_if_unknown) }
}

/// Returns `true` if `outcome` is a temporary failure, so that another attempt may succeed.
fn is_temporary(outcome: &Outcome) -> bool {
    let is_temporary = |failure: &Failure| {
        !failure.is_final && matches!(failure.kind, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Disconnected)
    };
    match outcome {
        Ok(response) if response.is_success() => response.truncated.as_ref().is_some_and(is_temporary),
        Ok(response) => matches!(response.status, 408 | 429 | 500 | 502 | 503 | 504),
        Err(failure) => is_temporary(failure),
    }
}

/// Returns `true` if a submit may be repeated after `outcome`.
///
/// According to RFC 9110 (section 9.2.2), a client should not retry a request that is not idempotent unless the first
/// request is known not to have been applied. That is known if the request was not sent completely or if a 429 refused
/// it. `resend_if_unknown` also allows a retry where it is not known: the caller accepts that the submit may be paid
/// for twice. A 2xx shows that the submit was accepted, even if its body is truncated, so it is never retried.
fn may_resend(outcome: &Outcome, resend_if_unknown: bool) -> bool {
    let accepted = outcome.as_ref().is_ok_and(Response::is_success);
    is_temporary(outcome) && !accepted && (resend_if_unknown || !may_have_been_sent(outcome))
}

/// Returns `true` if the service may have accepted a submit that ended with `outcome`.
///
/// These outcomes prove that the service did not accept it:
///
/// - The request was not sent completely, because the connection or the upload failed, or because a response other
///   than a 2xx arrived before the end of the upload.
/// - The status code is a 4xx other than 408.
///
/// All other outcomes prove nothing. The service may have accepted a submit that ended with a redirect, a 5xx, or a
/// 2xx with an unreadable body. A 408 may come from a proxy that forwarded the request. A 503 proves nothing even if
/// it has a `Retry-After`: caches and proxies also send a 503 after they forwarded a request, and Varnish's built-in
/// VCL adds `Retry-After` to each 503 that it generates.
pub(crate) fn may_have_been_sent(outcome: &Outcome) -> bool {
    match outcome {
        // The service cannot have processed a request that it had not received completely.
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
