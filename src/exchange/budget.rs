//! The budgets of this process: one a key and service, whoever asks.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::pace::Log;
use super::process::PerProcess;
use crate::api_key::ApiKey;
use crate::wire::request::Method;

/// What requests of one class with one key to one service share.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(Arc<Mutex<Log>>);

/// Budgets by a hash of key, service and class: no copy of a key stays behind.
#[derive(Default)]
struct Budgets {
    hasher: RandomState,
    by_hash: HashMap<u64, Budget>,
}

static BUDGETS: LazyLock<PerProcess<Mutex<Budgets>>> = LazyLock::new(|| PerProcess::new(Mutex::default()));

impl Budget {
    /// The one for what `key` asks of `service` by `method`.
    pub(super) fn of(key: &ApiKey, service: &str, method: Method, now: Instant) -> Self {
        let mut budgets = BUDGETS.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let hash = budgets.hasher.hash_one((key.expose(), service, method == Method::Get));
        if !budgets.by_hash.contains_key(&hash) {
            budgets.by_hash.retain(|_, budget| Arc::strong_count(&budget.0) > 1 || !budget.lock().is_over(now));
        }
        budgets.by_hash.entry(hash).or_default().clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_key_service_and_class() {
        let now = Instant::now();
        let of = |key: &str, service: &str, method| Budget::of(&ApiKey::new(key), service, method, now);
        let first = of("key", "a.test", Method::Post);
        assert!(Arc::ptr_eq(&first.0, &of("key", "a.test", Method::Post).0));
        for other in
            [of("yek", "a.test", Method::Post), of("key", "b.test", Method::Post), of("key", "a.test", Method::Get)]
        {
            assert!(!Arc::ptr_eq(&first.0, &other.0));
        }
    }
}
