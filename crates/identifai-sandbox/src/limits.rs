//! How fast the key may be used: two fixed windows a class of requests, counted as Laravel's `ThrottleRequests` does,
//! since the backend seems to run on that framework.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use identifai::RateLimit;

use super::method::Method;
use super::response::{Headers, RETRY_AFTER};

const LIMIT: &str = "X-RateLimit-Limit";
const REMAINING: &str = "X-RateLimit-Remaining";
const RESET: &str = "X-RateLimit-Reset";

/// What each class may do, and did.
#[derive(Debug)]
pub(super) struct Limits {
    submits: Option<Class>,
    reads: Option<Class>,
}

/// A minute, and a second of it: asked in this order, so that who has to wait long is told so.
type Class = [Window; 2];

/// It begins with its first request.
#[derive(Debug)]
struct Window {
    length: Duration,
    most: u32,
    count: u32,
    began: Option<Instant>,
}

impl Limits {
    pub(super) fn new(rate_limit: RateLimit) -> Self {
        // A second's number is rounded up: a client that spreads a minute's number evenly is not refused.
        let class = |most: u32| [Window::new(60, most), Window::new(1, most.div_ceil(30))];
        Self { submits: rate_limit.submits_per_minute().map(class), reads: rate_limit.reads_per_minute().map(class) }
    }

    /// Counts a request, and returns what its answer says of the limits; or what a refusal says, which is not counted.
    pub(super) fn take(&mut self, method: Method, now: Instant, wall: SystemTime) -> Result<Headers, Headers> {
        let class = match method {
            Method::Post | Method::Delete => &mut self.submits,
            Method::Get => &mut self.reads,
        };
        let Some(class) = class else { return Ok(Headers::new()) };
        for window in class.iter_mut() {
            window.forget_if_over(now);
        }
        if let Some(full) = class.iter().find(|window| window.count >= window.most) {
            return Err(full.refusal(now, wall));
        }
        for window in class.iter_mut() {
            window.began.get_or_insert(now);
            window.count += 1;
        }
        let [Window { most, count, .. }, _] = class;
        Ok(vec![(LIMIT, (*most).into()), (REMAINING, (*most - *count).into())])
    }
}

impl Window {
    const fn new(seconds: u64, most: u32) -> Self {
        Self { length: Duration::from_secs(seconds), most, count: 0, began: None }
    }

    fn left(&self, now: Instant) -> Duration {
        let passed = self.began.map(|began| now.saturating_duration_since(began));
        self.length.saturating_sub(passed.unwrap_or_default())
    }

    fn forget_if_over(&mut self, now: Instant) {
        if self.left(now).is_zero() {
            (self.count, self.began) = (0, None);
        }
    }

    fn refusal(&self, now: Instant, wall: SystemTime) -> Headers {
        let left = self.left(now);
        // Never 0, as a window that is over is not full.
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        vec![(LIMIT, self.most.into()), (REMAINING, 0), (RETRY_AFTER, seconds), (RESET, epoch + seconds)]
    }
}

#[cfg(test)]
mod tests;
