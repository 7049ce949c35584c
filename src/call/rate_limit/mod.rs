//! The budgets of this process: one a key and service, whoever asks.

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

/// What requests of one class with one key to one service share, and the limit that the caller keeps.
#[derive(Debug)]
pub(super) struct Limiter {
    window: Shared,
    limit: Limit,
}

type Shared = Arc<Mutex<SlidingWindow>>;

/// Windows by a hash of key, service and class: no copy of a key stays behind.
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
        self.by_hash.retain(|_, window| Arc::strong_count(window) > 1 || !lock(window).is_over(now));
        Arc::clone(self.by_hash.entry(hash).or_default())
    }
}

static WINDOWS: LazyLock<PerProcess<Mutex<Windows>>> = LazyLock::new(|| PerProcess::new(Mutex::default()));

impl Limiter {
    /// The one for what `key` asks of `service` by `method`; none if `rate_limit` sets no limit.
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
    pub(super) fn reserve(&self, now: Instant, most: Duration) -> Result<Duration, Duration> {
        lock(&self.window).reserve(self.limit, now, most)
    }

    /// See [`SlidingWindow::give_back`].
    pub(super) fn give_back(&self, slot: Instant) {
        lock(&self.window).give_back(slot);
    }

    /// Learns from a response. Returns the time until the next slot if that is a refusal.
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
    fn one_a_key_service_and_class() {
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
    fn what_nobody_uses_any_more_is_forgotten_and_nothing_else() {
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
            assert_eq!(of(&number.to_string(), start).1, 3, "the one before is not kept");
        }
        assert!(Arc::ptr_eq(&held, &of("held", start).0) && sent.upgrade().is_some());
        let minute = Duration::from_secs(61);
        assert_eq!((of("last", start + minute).1, sent.upgrade().is_some()), (2, false), "it does not matter any more");
    }
}
