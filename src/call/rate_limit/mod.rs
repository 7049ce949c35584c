//! The rate limiters of this process.
//!
//! There is one sliding window for each API key, service and class of requests. All clients of the process share it.

pub(crate) mod config;
mod sharing;
mod window;

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use self::config::{Limit, RateLimit};
use self::window::SlidingWindow;
use crate::api_key::ApiKey;
use crate::http::fork_safe::PerProcess;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::util::sync::lock;

/// The rate limiter of a key, a service and a class of requests: a window that all clients share, and the limit
/// that this client set.
#[derive(Debug)]
pub(super) struct Limiter {
    window: Shared,
    limit: Limit,
}

type Shared = Arc<Mutex<SlidingWindow>>;

/// All windows, by a hash of key, service and class. A hash is stored because a map of keys would keep a copy of each
/// key in memory.
#[derive(Default)]
struct Windows {
    by_hash: HashMap<u64, Shared>,
}

impl Windows {
    fn for_key(&mut self, key: &ApiKey, service: &str, method: Method, now: Instant) -> Shared {
        let hash = self.by_hash.hasher().hash_one((key.expose(), service, method == Method::Get));
        if let Some(known) = self.by_hash.get(&hash) {
            return Arc::clone(known);
        }
        self.by_hash.retain(|_, window| Arc::strong_count(window) > 1 || !lock(window).is_expired(now));
        Arc::clone(self.by_hash.entry(hash).or_default())
    }
}

static WINDOWS: LazyLock<PerProcess<Mutex<Windows>>> = LazyLock::new(|| PerProcess::new(Mutex::default()));

impl Limiter {
    /// Returns the limiter for requests with `key` to `service` by `method`, or `None` if `rate_limit` does not limit
    /// them.
    pub(super) fn for_key(
        key: &ApiKey,
        service: &str,
        method: Method,
        rate_limit: RateLimit,
        now: Instant,
    ) -> Option<Self> {
        let limit = rate_limit.limit(method)?;
        let window = lock(WINDOWS.get(Mutex::default)).for_key(key, service, method, now);
        Some(Self { window, limit })
    }

    /// See [`SlidingWindow::wait`].
    pub(super) fn wait(&self, now: Instant) -> Duration {
        lock(&self.window).wait(self.limit, now)
    }

    /// See [`SlidingWindow::reserve`].
    pub(super) fn reserve(&self, now: Instant, max_wait: Duration) -> Result<Duration, Duration> {
        lock(&self.window).reserve(self.limit, now, max_wait)
    }

    /// See [`SlidingWindow::give_back`].
    pub(super) fn give_back(&self, slot: Instant) {
        lock(&self.window).give_back(slot);
    }

    /// Learns from the rate limit headers of a response. If it is a 429, returns the time until the next slot.
    pub(super) fn learn(&self, now: Instant, response: &Response, jitter: f64) -> Option<Duration> {
        let is_refusal = response.status == 429;
        let mut window = lock(&self.window);
        window.learn(self.limit, now, response.rate_limit, is_refusal, jitter);
        is_refusal.then(|| window.wait(self.limit, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_shared_per_key_service_and_class() {
        let now = Instant::now();
        let of = |key: &str, service: &str, method| {
            Limiter::for_key(&ApiKey::new(key), service, method, RateLimit::default(), now).unwrap().window
        };
        let first = of("key", "a.test", Method::Post);
        assert!(Arc::ptr_eq(&first, &of("key", "a.test", Method::Post)));
        for other in
            [of("yek", "a.test", Method::Post), of("key", "b.test", Method::Post), of("key", "a.test", Method::Get)]
        {
            assert!(!Arc::ptr_eq(&first, &other));
        }
    }

    #[test]
    fn windows_unused_and_expired_are_removed() {
        let (mut windows, start) = (Windows::default(), Instant::now());
        let limit = RateLimit::default().limit(Method::Post).unwrap();
        let mut of = |key: &str, now| {
            let window = windows.for_key(&ApiKey::new(key), "a.test", Method::Post, now);
            (window, windows.by_hash.len())
        };
        let (held, sent) = (of("held", start).0, of("sent", start).0);
        lock(&sent).reserve(limit, start, Duration::ZERO).unwrap();
        let sent = Arc::downgrade(&{ sent });
        for number in 0..10 {
            assert_eq!(of(&number.to_string(), start).1, 3, "the previous empty window is removed");
        }
        assert!(
            Arc::ptr_eq(&held, &of("held", start).0) && sent.upgrade().is_some(),
            "a window that is in use or has recent sends is kept"
        );
        let minute = Duration::from_secs(61);
        assert_eq!((of("last", start + minute).1, sent.upgrade().is_some()), (2, false), "all its sends expired");
    }
}
