//! Detects other processes that use the same API key, and computes this process's share of the rate limit.

use std::time::{Duration, Instant};

use super::config::WINDOW;

/// The time for which other processes are assumed to use the key after the last sign of them.
const REMEMBERED: Duration = WINDOW.saturating_mul(10);
/// The divisor of the smallest share.
const MAX_DIVISOR: u32 = 64;

/// An estimate of how many other processes use the same key, made from the responses of the service.
///
/// The service counts the requests of a key in a window and reports how many are left (`X-RateLimit-Remaining`). There
/// are other processes if the service counted more requests than this process sent, or if it sends a 429 although this
/// process keeps within the limit. The share of this process then changes as follows:
///
/// - At the first sign of other processes, it is half of the rate.
/// - After each 429 for the limit per minute it is halved, unless the service accepted at most one request of this
///   process in that window.
/// - If less than three quarters of the limit was used in a window, it is doubled with a probability of one half, up to
///   half of the rate.
/// - If the service counted only requests of this process in a window, or if there was no sign of other processes for
///   ten windows, it is the whole rate.
///
/// The divisor of a share is a power of two. The intervals between the requests of the processes are then multiples of
/// each other, so requests that do not collide once do not collide later.
#[derive(Debug)]
pub(super) struct KeySharing {
    /// This process may send one of `divisor` requests that the key allows. 1 means all of them.
    divisor: u32,
    /// The time of the last sign of other processes.
    others_seen: Option<Instant>,
    /// The number of requests that the service last counted in its window.
    counted: u32,
    /// The number of those that this process sent.
    own: u32,
}

impl Default for KeySharing {
    fn default() -> Self {
        Self { divisor: 1, others_seen: None, counted: 0, own: 0 }
    }
}

impl KeySharing {
    /// Returns the divisor of the share of this process: 2 stands for half of the rate.
    pub(super) fn divisor(&self, now: Instant) -> u32 {
        let is_recent = |seen| now.saturating_duration_since(seen) < REMEMBERED;
        if self.others_seen.is_some_and(is_recent) { self.divisor } else { 1 }
    }

    /// Records a request that was accepted. `counted` is its number in the service's window, which allows `limit`
    /// requests.
    pub(super) fn learn(&mut self, now: Instant, limit: u32, counted: u32, jitter: f64) {
        let is_new_window = counted <= self.counted;
        if is_new_window {
            let is_much_left = u64::from(self.counted) * 4 < u64::from(limit) * 3;
            if self.own == self.counted {
                self.divisor = 1;
            } else if is_much_left && jitter < 0.5 {
                // A random half of the processes takes more. Otherwise all of them would at the same time.
                self.divisor = (self.divisor / 2).max(2);
            }
            self.own = 0;
        }
        self.own = self.own.saturating_add(1);
        self.counted = counted;
        if counted > self.own {
            self.note_others(now, self.divisor);
        }
    }

    /// Records a 429 that was received although this process keeps within the limit. `is_used_up` is `true` if it is
    /// for the limit per minute.
    pub(super) fn refuse(&mut self, now: Instant, is_used_up: bool) {
        // A process with more than one accepted request in the window takes too much. A process with fewer cannot know
        // its share yet.
        let divisor = if is_used_up && self.own > 1 { self.divisor.saturating_mul(2) } else { self.divisor };
        self.note_others(now, divisor);
    }

    fn note_others(&mut self, now: Instant, divisor: u32) {
        self.divisor = divisor.clamp(2, MAX_DIVISOR);
        self.others_seen = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_shrinks_with_other_processes_and_recovers() {
        let (mut sharing, start) = (KeySharing::default(), Instant::now());
        (1..=5).for_each(|counted| sharing.learn(start, 30, counted, 0.0));
        assert_eq!(sharing.divisor(start), 1, "no other process");
        sharing.learn(start, 30, 7, 0.0);
        assert_eq!(sharing.divisor(start), 2, "another process sent the sixth request");
        sharing.refuse(start, false);
        assert_eq!(sharing.divisor(start), 2, "a collision within one second");
        sharing.refuse(start, true);
        assert_eq!(sharing.divisor(start), 4, "more than two processes");
        (1..=9).for_each(|_| sharing.refuse(start, true));
        assert_eq!(sharing.divisor(start), MAX_DIVISOR);
        assert_eq!(sharing.divisor(start + REMEMBERED), 1, "other processes are forgotten after ten minutes");
    }

    #[test]
    fn share_after_unused_window_grows() {
        let start = Instant::now();
        // Begins with a share of one eighth. `window` has the counts of one window, after which a new one begins.
        let divisor_after = |window: &[u32], jitter| {
            let mut sharing = KeySharing { divisor: 8, others_seen: Some(start), counted: 30, own: 3 };
            window.iter().chain(&[1]).for_each(|counted| sharing.learn(start, 30, *counted, jitter));
            sharing.divisor(start)
        };
        assert_eq!(divisor_after(&[5, 14, 23], 0.0), 8, "more than three quarters were used");
        assert_eq!(divisor_after(&[5, 9, 12], 0.0), 4, "less than three quarters were used");
        assert_eq!(divisor_after(&[5, 9, 12], 0.9), 8, "jitter leaves the rest to other processes");
        assert_eq!(divisor_after(&[1, 2, 3, 4], 0.0), 1, "the service counted only own requests");
    }
}
