//! The options of the rate limit.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::http::request::Method;
use crate::util::time::div;

/// The time for which a send counts against the limit. The service counts per minute. The window is half a second
/// longer because requests that are sent at even intervals may arrive at uneven intervals.
pub(super) const WINDOW: Duration = Duration::from_millis(60_500);

/// The maximum rate of requests per API key.
///
/// The service allows one submit per second and 30 per minute for each key, and two reads per second and 60 per
/// minute. By default a process keeps within these limits for each key. A call waits for its slot. If the slot is
/// after the deadline of the call, the call fails at once with [`RateLimited`](crate::ErrorKind::RateLimited). So does
/// an upload without a deadline if its slot is more than 120 seconds away.
///
/// After a 429, no request of the same class (submits or reads) is sent for as long as `Retry-After` or
/// `X-RateLimit-Reset` requests, and for at most about an hour. Without these headers, none is sent until the oldest
/// request of this process leaves the window of 60.5 seconds.
///
/// If `X-RateLimit-Remaining` or a 429 shows that other processes use the same key, this process reduces its rate to a
/// share of the limit and spaces its requests evenly. The processes then seldom exceed the limit together. See
/// [concepts](crate::concepts#several-processes-with-one-key).
///
/// ```
/// use identifai::{Client, RateLimit};
///
/// // A key with a higher limit.
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
    /// Creates a configuration without a limit, for a sandbox or a program that limits its own rate.
    pub const fn unlimited() -> Self {
        Self { submits_per_minute: None, reads_per_minute: None }
    }

    /// Limits to `submits` and `reads` per minute, and to 1/30 of each per second, which is the ratio of the documented
    /// limits. For example, 30 per minute allow one per second.
    ///
    /// Every `POST` and `DELETE` request counts as a submit, such as an override. If one of the limits is 0, building a
    /// client fails with [`Config`](crate::ErrorKind::Config).
    pub const fn per_minute(submits: u32, reads: u32) -> Self {
        Self { submits_per_minute: Some(submits), reads_per_minute: Some(reads) }
    }

    pub(crate) fn check(self) -> Result<()> {
        if self.submits_per_minute == Some(0) || self.reads_per_minute == Some(0) {
            let reason = "must allow at least one request per minute; use an unlimited rate limit to disable it";
            return Err(Error::config("rate_limit", reason));
        }
        Ok(())
    }

    /// Returns the maximum number of submits per minute, or `None` if it is not limited.
    pub const fn submits_per_minute(self) -> Option<u32> {
        self.submits_per_minute
    }

    /// Returns the maximum number of reads per minute, or `None` if it is not limited.
    pub const fn reads_per_minute(self) -> Option<u32> {
        self.reads_per_minute
    }

    pub(super) fn limit(self, method: Method) -> Option<Limit> {
        let per_minute = match method {
            Method::Get => self.reads_per_minute,
            // The service documents no limit for DELETE, so it counts as a submit, which has the lower limit.
            Method::Post | Method::Delete => self.submits_per_minute,
        };
        per_minute.map(Limit::new)
    }
}

/// The limits that the service documents: 30 submits and 60 reads per minute.
impl Default for RateLimit {
    fn default() -> Self {
        Self::per_minute(30, 60)
    }
}

/// The limit of one class of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The maximum number of requests in any [`WINDOW`].
    pub(super) per_minute: u32,
    /// The minimum time between two requests.
    pub(super) gap: Duration,
}

impl Limit {
    /// Creates the limit of `per_minute` requests. The gap is 2 % longer than the service requires, because the time
    /// between two arrivals varies.
    fn new(per_minute: u32) -> Self {
        Self { per_minute, gap: div(Duration::from_millis(30_600), per_minute) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limit_default_is_documented_limit() {
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
