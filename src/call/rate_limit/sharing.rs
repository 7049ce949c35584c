//! Whether others use the same key, and how much of its rate is left for this process.

use std::time::{Duration, Instant};

use super::config::WINDOW;

/// For how long others are reckoned with after their last trace.
const REMEMBERED: Duration = WINDOW.saturating_mul(10);
/// One in so many, at the least.
const SMALLEST_SHARE: u32 = 64;

/// What answers show of others with the same key.
///
/// Shares are halves of halves: the periods of the processes are then multiples of each other, so that once their
/// requests have fallen between those of the others they stay there.
#[derive(Debug)]
pub(super) struct KeySharing {
    /// This process takes one in so many of the requests that the key may make; 1 is all of them.
    share: u32,
    last_trace: Option<Instant>,
    /// How many requests the service last counted in its window, and how many of those are our own.
    taken: u32,
    own: u32,
}

impl Default for KeySharing {
    fn default() -> Self {
        Self { share: 1, last_trace: None, taken: 0, own: 0 }
    }
}

impl KeySharing {
    pub(super) fn share(&self, now: Instant) -> u32 {
        let is_recent = |trace| now.saturating_duration_since(trace) < REMEMBERED;
        if self.last_trace.is_some_and(is_recent) { self.share } else { 1 }
    }

    /// Takes note of a request that was let in: the service counts it as the `taken`th in its window of `limit`.
    pub(super) fn learn(&mut self, now: Instant, limit: u32, taken: u32, jitter: f64) {
        let is_new_window = taken <= self.taken;
        if is_new_window {
            let is_much_left = u64::from(self.taken) * 4 < u64::from(limit) * 3;
            if self.own == self.taken {
                self.share = 1;
            } else if is_much_left && jitter < 0.5 {
                // By chance, as else all of them would do it at once.
                self.share = (self.share / 2).max(2);
            }
            self.own = 0;
        }
        self.own = self.own.saturating_add(1);
        self.taken = taken;
        if taken > self.own {
            self.trace(now, self.share);
        }
    }

    /// Takes note of a 429, although this process keeps within the limit: `is_used_up` if it is about the whole minute.
    pub(super) fn refuse(&mut self, now: Instant, is_used_up: bool) {
        // Who was let in before takes too much; who was not has yet to find out how much that is.
        let share = if is_used_up && self.own > 1 { self.share.saturating_mul(2) } else { self.share };
        self.trace(now, share);
    }

    fn trace(&mut self, now: Instant, share: u32) {
        self.share = share.clamp(2, SMALLEST_SHARE);
        self.last_trace = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_noticed_reckoned_with_and_forgotten() {
        let (mut sharing, start) = (KeySharing::default(), Instant::now());
        (1..=5).for_each(|taken| sharing.learn(start, 30, taken, 0.0));
        assert_eq!(sharing.share(start), 1, "nobody else");
        sharing.learn(start, 30, 7, 0.0);
        assert_eq!(sharing.share(start), 2, "somebody took the sixth");
        sharing.refuse(start, false);
        assert_eq!(sharing.share(start), 2, "a collision");
        sharing.refuse(start, true);
        assert_eq!(sharing.share(start), 4, "more than two");
        (1..=9).for_each(|_| sharing.refuse(start, true));
        assert_eq!(sharing.share(start), SMALLEST_SHARE);
        assert_eq!(sharing.share(start + REMEMBERED), 1, "for ten minutes");
    }

    #[test]
    fn what_is_left_over_is_taken_and_all_of_it_by_who_is_alone() {
        let start = Instant::now();
        // One in eight, and then the counts of a window, after which a new one begins.
        let share_after = |window: &[u32], jitter| {
            let mut sharing = KeySharing { share: 8, last_trace: Some(start), taken: 30, own: 3 };
            window.iter().chain(&[1]).for_each(|taken| sharing.learn(start, 30, *taken, jitter));
            sharing.share(start)
        };
        assert_eq!(share_after(&[5, 14, 23], 0.0), 8, "little is left over");
        assert_eq!(share_after(&[5, 9, 12], 0.0), 4, "much is");
        assert_eq!(share_after(&[5, 9, 12], 0.9), 8, "by chance, others are to take it");
        assert_eq!(share_after(&[1, 2, 3, 4], 0.0), 1, "alone");
    }
}
