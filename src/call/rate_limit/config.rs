//! The rate limit that a caller sets.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::http::request::Method;

/// How long a send counts. The service counts minutes; what leaves evenly may arrive unevenly.
pub(super) const WINDOW: Duration = Duration::from_millis(60_500);

/// How fast requests may follow each other.
///
/// The service allows a key one submit a second and 30 a minute, and two reads a second and 60 a minute. By default a
/// process stays within that by itself, for each key: a call waits for its slot, and fails at once as
/// [`RateLimited`](crate::ErrorKind::RateLimited) if that is beyond its deadline. What the service answers is believed:
/// a 429 closes the class of requests for as long as `Retry-After` says, else for what is left of the minute. If
/// `X-RateLimit-Remaining` or a 429 shows that others use the same key, the process spaces its requests evenly, within
/// its share of the limit, so that several processes settle instead of fighting.
///
/// ```
/// use identifai::{Client, RateLimit};
///
/// // A key for which the service allows more.
/// let limit = RateLimit::per_minute(120, 240);
/// let client = Client::builder("api-key").base_url("http://localhost:8080").rate_limit(limit).build()?;
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(Option<Limits>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    submits: Limit,
    reads: Limit,
}

impl RateLimit {
    /// No rate limit: for a sandbox, or a program that limits its own rate.
    pub const fn unlimited() -> Self {
        Self(None)
    }

    /// So many submits and reads a minute, and a thirtieth of that a second, as the documented limits have it. An
    /// override counts as a submit. 0 is unusable for a client.
    pub const fn per_minute(submits: u32, reads: u32) -> Self {
        Self(Some(Limits { submits: Limit::new(submits), reads: Limit::new(reads) }))
    }

    pub(crate) fn check(self) -> Result<()> {
        match self.0 {
            Some(Limits { submits, reads }) if submits.per_minute == 0 || reads.per_minute == 0 => Err(Error::config(
                "rate_limit",
                "must allow more than no request a minute; one that is off allows any number",
            )),
            _ => Ok(()),
        }
    }

    /// Returns the number of submits a minute; `None` if it is not limited.
    pub const fn submits_per_minute(self) -> Option<u32> {
        match self.0 {
            Some(limits) => Some(limits.submits.per_minute),
            None => None,
        }
    }

    /// Returns the number of reads a minute; `None` if it is not limited.
    pub const fn reads_per_minute(self) -> Option<u32> {
        match self.0 {
            Some(limits) => Some(limits.reads.per_minute),
            None => None,
        }
    }

    pub(super) fn limit(self, method: Method) -> Option<Limit> {
        let limits = self.0?;
        Some(match method {
            Method::Get => limits.reads,
            // Nothing is documented for deleting.
            Method::Post | Method::Delete => limits.submits,
        })
    }
}

/// Within the limits that the service documents: 30 submits and 60 reads a minute.
impl Default for RateLimit {
    fn default() -> Self {
        Self::per_minute(30, 60)
    }
}

/// How many requests of a class may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// In any [`WINDOW`].
    pub(super) per_minute: u32,
    /// Between neighbours.
    pub(super) gap: Duration,
}

impl Limit {
    /// The gap is two hundredths longer than it would have to be, as arrivals jitter.
    pub(super) const fn new(per_minute: u32) -> Self {
        let gap = match 30_600_000_u64.checked_div(per_minute as u64) {
            Some(micros) => Duration::from_micros(micros),
            None => WINDOW,
        };
        Self { per_minute, gap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_limits_are_the_default() {
        let limit = |method| RateLimit::default().limit(method).unwrap();
        assert_eq!((limit(Method::Post).per_minute, limit(Method::Post).gap.as_millis()), (30, 1_020));
        assert_eq!((limit(Method::Get).per_minute, limit(Method::Get).gap.as_millis()), (60, 510));
        assert_eq!(RateLimit::unlimited().limit(Method::Get), None);
        for rate_limit in [RateLimit::per_minute(0, 1), RateLimit::per_minute(1, 0)] {
            assert!(rate_limit.check().unwrap_err().to_string().starts_with("rate_limit: "));
        }
        RateLimit::unlimited().check().and(RateLimit::per_minute(u32::MAX, 1).check()).unwrap();
    }
}
