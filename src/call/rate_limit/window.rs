//! The sliding window of one key: the time of the next request follows from those of the last minute.
//!
//! It is not a token bucket, because a full bucket lets twice the limit into one minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::config::{Limit, WINDOW};
use super::sharing::KeySharing;
use crate::http::response::RateLimitHeaders;
use crate::util::time::{div, saturating_add};

/// A refusal that asks for no more than this is about the requests of a second, not of the minute.
const BRIEF: Duration = Duration::from_secs(2);
/// How many gaps to pause after such a refusal, and after more of them in a row: two already show that somebody goes as
/// fast as they may, which lasts for a while.
const PAUSES: [u32; 3] = [1, 8, 16];

/// The requests of one class that went, or are about to.
#[derive(Debug, Default)]
pub(super) struct SlidingWindow {
    /// In order of time; the future ones are reserved.
    sends: VecDeque<Instant>,
    /// Until when the service wants none.
    closed_until: Option<Instant>,
    /// How many refusals for a second came since a request was let in.
    brief_refusals: usize,
    sharing: KeySharing,
}

impl SlidingWindow {
    /// How long the next request has to wait.
    pub(super) fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let per_minute = usize::try_from(limit.per_minute).unwrap_or(usize::MAX);
        let over = self.sends.iter().take_while(|sent| now.saturating_duration_since(**sent) >= WINDOW).count();
        let even = div(WINDOW, limit.per_minute);
        let gap = match self.sharing.share(now) {
            // What was refused is tried again soon, so that it falls in between those of the others.
            _ if self.brief_refusals > 0 => limit.gap,
            // Who has been at it for a while goes evenly, which takes no longer and leaves room for others to begin.
            1 if self.sends.len().saturating_sub(over).saturating_mul(3) < per_minute.saturating_mul(2) => limit.gap,
            share => even.saturating_mul(share),
        };
        let after_last = self.sends.back().map(|last| saturating_add(*last, gap));
        let first_of_full = self.sends.len().checked_sub(per_minute).and_then(|at| self.sends.get(at));
        let after_full = first_of_full.map(|first| saturating_add(*first, WINDOW));
        let earliest = [after_last, after_full, self.closed_until].into_iter().flatten().max();
        earliest.map_or(Duration::ZERO, |earliest| earliest.saturating_duration_since(now))
    }

    /// Reserves the next place, and returns how long to wait for it; or how long it would have been, if that is more
    /// than `most`.
    pub(super) fn reserve(&mut self, limit: Limit, now: Instant, most: Duration) -> Result<Duration, Duration> {
        while self.sends.front().is_some_and(|first| now.saturating_duration_since(*first) >= WINDOW) {
            self.sends.pop_front();
        }
        let wait = self.wait(limit, now);
        if wait > most {
            return Err(wait);
        }
        self.sends.push_back(saturating_add(now, wait));
        Ok(wait)
    }

    /// Removes the send that `slot` was reserved for: nothing was sent in it.
    pub(super) fn give_back(&mut self, slot: Instant) {
        if let Ok(at) = self.sends.binary_search(&slot) {
            self.sends.remove(at);
        }
    }

    /// Takes note of an answer that came `now`; `is_refusal` is a 429, and `jitter` is from 0 up to 1.
    pub(super) fn learn(
        &mut self,
        limit: Limit,
        now: Instant,
        headers: RateLimitHeaders,
        is_refusal: bool,
        jitter: f64,
    ) {
        if is_refusal {
            let pause = self.pause(limit, now, headers, jitter);
            self.close(now, pause);
            return;
        }
        self.brief_refusals = 0;
        // A limit of another number is not this one, but that of a second, perhaps.
        if let (Some(of), Some(remaining)) = (headers.limit.filter(|of| *of == limit.per_minute), headers.remaining) {
            self.sharing.learn(now, of, of.saturating_sub(remaining), jitter);
        }
        if let (Some(0), Some(reset)) = (headers.remaining, headers.reset) {
            self.close(now, reset);
        }
    }

    /// How long to keep still after a refusal.
    fn pause(&mut self, limit: Limit, now: Instant, headers: RateLimitHeaders, jitter: f64) -> Duration {
        let passed = |sent: &Instant| now.saturating_duration_since(*sent);
        let oldest = self.sends.iter().find(|sent| passed(sent) < WINDOW);
        let rest_of_window = oldest.map_or(WINDOW, |oldest| WINDOW.saturating_sub(passed(oldest)));
        let asked = headers.reset.unwrap_or(rest_of_window);
        let is_brief = asked <= BRIEF;
        self.sharing.refuse(now, !is_brief);
        if !is_brief {
            self.brief_refusals = 0;
            return asked;
        }
        let gaps = PAUSES.get(self.brief_refusals).or(PAUSES.last()).copied().unwrap_or_default();
        self.brief_refusals = self.brief_refusals.saturating_add(1);
        asked.max(limit.gap.saturating_mul(gaps)).saturating_add(limit.gap.mul_f64(jitter))
    }

    /// Lets nothing go for `pause`, an hour at the most.
    fn close(&mut self, now: Instant, pause: Duration) {
        self.closed_until = self.closed_until.max(Some(saturating_add(now, pause.min(WINDOW.saturating_mul(60)))));
    }

    /// Whether nothing in it matters any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let last = self.sends.back().is_none_or(|last| now.saturating_duration_since(*last) >= WINDOW);
        last && self.closed_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests;
