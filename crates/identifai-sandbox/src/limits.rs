//! The rate limits of the key. Each class of requests has two fixed windows, which are counted as in Laravel's
//! `ThrottleRequests`, since the backend seems to use that framework.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use identifai::RateLimit;

use super::method::Method;
use super::response::{Headers, RETRY_AFTER};

const LIMIT: &str = "X-RateLimit-Limit";
const REMAINING: &str = "X-RateLimit-Remaining";
const RESET: &str = "X-RateLimit-Reset";

/// The limits of both classes of requests. `None` means unlimited.
#[derive(Debug)]
pub(super) struct Limits {
    submits: Option<Class>,
    reads: Option<Class>,
}

/// The windows of a minute and of a second. The minute is checked first, so that a refusal reports the longer wait.
type Class = [Window; 2];

/// A window of time. It begins with its first request.
#[derive(Debug)]
struct Window {
    length: Duration,
    limit: u32,
    count: u32,
    start: Option<Instant>,
}

impl Limits {
    pub(super) fn new(rate_limit: RateLimit) -> Self {
        // The limit of a second is rounded up, so that a client that spreads its requests evenly is not refused.
        let class = |limit: u32| [Window::new(60, limit), Window::new(1, limit.div_ceil(30))];
        Self { submits: rate_limit.submits_per_minute().map(class), reads: rate_limit.reads_per_minute().map(class) }
    }

    /// Counts a request, and returns the headers of its response. If the request is refused, it is not counted, and the
    /// error contains the headers of the refusal.
    pub(super) fn take(&mut self, method: Method, now: Instant, wall: SystemTime) -> Result<Headers, Headers> {
        let class = match method {
            Method::Post | Method::Delete => &mut self.submits,
            Method::Get => &mut self.reads,
        };
        let Some(class) = class else { return Ok(Headers::new()) };
        for window in class.iter_mut() {
            window.reset_if_ended(now);
        }
        if let Some(full) = class.iter().find(|window| window.count >= window.limit) {
            return Err(full.refusal(now, wall));
        }
        for window in class.iter_mut() {
            window.start.get_or_insert(now);
            window.count += 1;
        }
        let [Window { limit, count, .. }, _] = class;
        Ok(vec![(LIMIT, (*limit).into()), (REMAINING, (*limit - *count).into())])
    }
}

impl Window {
    const fn new(seconds: u64, limit: u32) -> Self {
        Self { length: Duration::from_secs(seconds), limit, count: 0, start: None }
    }

    fn left(&self, now: Instant) -> Duration {
        let passed = self.start.map(|start| now.saturating_duration_since(start));
        self.length.saturating_sub(passed.unwrap_or_default())
    }

    fn reset_if_ended(&mut self, now: Instant) {
        if self.left(now).is_zero() {
            (self.count, self.start) = (0, None);
        }
    }

    fn refusal(&self, now: Instant, wall: SystemTime) -> Headers {
        let left = self.left(now);
        // Never 0: only a window that has not ended can be full.
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        vec![(LIMIT, self.limit.into()), (REMAINING, 0), (RETRY_AFTER, seconds), (RESET, epoch + seconds)]
    }
}

#[cfg(test)]
mod tests;
