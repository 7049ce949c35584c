//! The rate limit that a caller sets.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::http::request::Method;
use crate::util::time::div;

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
pub struct RateLimit {
    submits_per_minute: Option<u32>,
    reads_per_minute: Option<u32>,
}

impl RateLimit {
    /// No rate limit: for a sandbox, or a program that limits its own rate.
    pub const fn unlimited() -> Self {
        Self { submits_per_minute: None, reads_per_minute: None }
    }

    /// So many submits and reads a minute, and a thirtieth of that a second, as the documented limits have it. An
    /// override counts as a submit. 0 is unusable for a client.
    pub const fn per_minute(submits: u32, reads: u32) -> Self {
        Self { submits_per_minute: Some(submits), reads_per_minute: Some(reads) }
    }

    pub(crate) fn check(self) -> Result<()> {
        if self.submits_per_minute == Some(0) || self.reads_per_minute == Some(0) {
            let reason = "must allow more than no request a minute; one that is off allows any number";
            return Err(Error::config("rate_limit", reason));
        }
        Ok(())
    }

    /// Returns the number of submits a minute; `None` if it is not limited.
    pub const fn submits_per_minute(self) -> Option<u32> {
        self.submits_per_minute
    }

    /// Returns the number of reads a minute; `None` if it is not limited.
    pub const fn reads_per_minute(self) -> Option<u32> {
        self.reads_per_minute
    }

    pub(super) fn limit(self, method: Method) -> Option<Limit> {
        let per_minute = match method {
            Method::Get => self.reads_per_minute,
            // Nothing is documented for deleting.
            Method::Post | Method::Delete => self.submits_per_minute,
        };
        per_minute.map(Limit::new)
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
    fn new(per_minute: u32) -> Self {
        Self { per_minute, gap: div(Duration::from_millis(30_600), per_minute) }
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
