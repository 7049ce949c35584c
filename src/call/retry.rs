//! Whether a request is sent again, and when: decided on values alone.

use std::time::Duration;

use crate::error::ErrorKind;
use crate::http::response::{Failure, Response};
use crate::http::transport::Outcome;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What follows a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another one, after a pause.
    TryAfter(Duration),
    /// Nothing, since the pause that would come first has no place before the deadline.
    TooLate(Duration),
    /// Nothing: it is done, cannot be mended, or was tried often enough.
    Stop,
}

/// Decides what follows try `number` (from 1) with `left` of the time, if there are retries left and it
/// [may be repeated](may_repeat); `jitter` is from 0 up to 1.
pub(crate) fn next(outcome: &Outcome, number: u32, jitter: f64, left: Duration) -> Next {
    let asked = outcome.as_ref().ok().and_then(|response| response.retry_after);
    match pause(number, asked, jitter) {
        pause if pause < left => Next::TryAfter(pause),
        pause => Next::TooLate(pause),
    }
}

/// Whether a request may be sent again after `outcome`, and whether that may help.
pub(crate) fn may_repeat(outcome: &Outcome, is_idempotent: bool, resend_if_unknown: bool) -> bool {
    if is_idempotent { is_passing(outcome) } else { may_resend(outcome, resend_if_unknown) }
}

/// Whether another try may turn out better than `outcome`.
fn is_passing(outcome: &Outcome) -> bool {
    let is_passing = |failure: &Failure| {
        !failure.is_final && matches!(failure.kind, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Disconnected)
    };
    match outcome {
        Ok(response) if is_success(response) => response.truncated.as_ref().is_some_and(is_passing),
        Ok(response) => matches!(response.status, 408 | 429 | 500 | 502 | 503 | 504),
        Err(failure) => is_passing(failure),
    }
}

/// Whether a submit may be repeated after `outcome`.
///
/// RFC 9110 (section 9.2.2) forbids it unless the request is known not to have been applied: here, that it never left
/// whole, or that a 429 refused it. `resend_if_unknown` is the caller's word that paying twice is all right where
/// that is open; a 2xx leaves nothing open, even if its body broke off.
fn may_resend(outcome: &Outcome, resend_if_unknown: bool) -> bool {
    let accepted = outcome.as_ref().is_ok_and(is_success);
    is_passing(outcome) && !accepted && (resend_if_unknown || !may_have_been_sent(outcome))
}

fn is_success(response: &Response) -> bool {
    (200..=299).contains(&response.status)
}

/// Whether the service may have acted on the submit although `outcome` is no success.
///
/// A 4xx says that it did not. A redirect, a 5xx, and a 2xx that cannot be read leave it open; so does a 408, behind
/// which a proxy may stand. A 503 proves nothing even if it names a time to come back: caches and proxies make one
/// after they passed the request on (Varnish's built-in VCL puts `Retry-After` on each of its own).
pub(crate) fn may_have_been_sent(outcome: &Outcome) -> bool {
    match outcome {
        // What had not arrived whole cannot have been acted on.
        Ok(response) if response.arrived_before_upload_end => is_success(response),
        Ok(response) => match response.status {
            408 => true,
            400..=499 => false,
            _ => true,
        },
        Err(failure) => failure.request_fully_sent,
    }
}

/// How long to pause before retry `number` (from 1): what the service asks for, else 0.5 s doubling to 8 s with full
/// jitter, so that clients which failed together do not return together.
fn pause(number: u32, asked: Option<Duration>, jitter: f64) -> Duration {
    asked.unwrap_or_else(|| {
        let doubled = FIRST_PAUSE.saturating_mul(1 << number.saturating_sub(1).min(8));
        doubled.min(LONGEST_PAUSE).mul_f64(jitter)
    })
}

#[cfg(test)]
mod tests;
