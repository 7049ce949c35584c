//! The sliding window of one key, which computes the time of the next request from those of the last minute.
//!
//! It is not a token bucket, because a bucket that is full at the beginning of a minute allows twice the limit in that
//! minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::config::{Limit, WINDOW};
use super::sharing::KeySharing;
use crate::http::response::RateLimitHeaders;
use crate::util::time::{div, saturating_add};

/// The longest pause that a 429 for the limit per second requests. A 429 with a longer pause is for the limit per
/// minute.
const BRIEF: Duration = Duration::from_secs(2);
/// The pauses, in gaps, after the first, second and each further 429 in a row for the limit per second. Two in a row
/// show that another process uses the full rate, which usually goes on for a while.
const PAUSES: [u32; 3] = [1, 8, 16];

/// The requests of one class that were sent recently or have a reserved slot.
#[derive(Debug, Default)]
pub(super) struct SlidingWindow {
    /// The times of the sends, in ascending order. Times in the future are reserved slots.
    sends: VecDeque<Instant>,
    /// The time before which the service accepts no request.
    closed_until: Option<Instant>,
    /// The number of 429s for the limit per second since the last accepted request.
    brief_refusals: usize,
    sharing: KeySharing,
}

impl SlidingWindow {
    /// Returns the time until the next request may be sent.
    ///
    /// The next request has to wait for the latest of these times:
    ///
    /// - the end of the gap after the last request,
    /// - if the window already contains as many requests as the limit allows, the time at which the oldest one expires,
    /// - the end of the time for which the service accepts no request.
    ///
    /// A process that is the only user of the key starts with the shortest gap. Past two thirds of the limit it spaces
    /// its requests evenly over the window. The throughput is the same, and a process that starts now finds gaps. A
    /// process that shares the key spaces all its requests evenly, within its [share](KeySharing).
    pub(super) fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let per_minute = usize::try_from(limit.per_minute).unwrap_or(usize::MAX);
        let expired = self.sends.iter().take_while(|sent| now.saturating_duration_since(**sent) >= WINDOW).count();
        let in_window = self.sends.len().saturating_sub(expired);
        let even = div(WINDOW, limit.per_minute);
        let gap = match self.sharing.divisor(now) {
            // After a 429 the next request is made soon, so that it falls between the requests of the other processes.
            _ if self.brief_refusals > 0 => limit.gap,
            1 if in_window.saturating_mul(3) < per_minute.saturating_mul(2) => limit.gap,
            divisor => even.saturating_mul(divisor),
        };
        let after_last = self.sends.back().map(|last| saturating_add(*last, gap));
        let first_of_full = self.sends.len().checked_sub(per_minute).and_then(|at| self.sends.get(at));
        let after_full = first_of_full.map(|first| saturating_add(*first, WINDOW));
        let earliest = [after_last, after_full, self.closed_until].into_iter().flatten().max();
        earliest.map_or(Duration::ZERO, |earliest| earliest.saturating_duration_since(now))
    }

    /// Reserves the next slot and returns the time until it. If that is more than `max_wait`, reserves nothing and
    /// returns the time as the error.
    pub(super) fn reserve(&mut self, limit: Limit, now: Instant, max_wait: Duration) -> Result<Duration, Duration> {
        while self.sends.front().is_some_and(|first| now.saturating_duration_since(*first) >= WINDOW) {
            self.sends.pop_front();
        }
        let wait = self.wait(limit, now);
        if wait > max_wait {
            return Err(wait);
        }
        self.sends.push_back(saturating_add(now, wait));
        Ok(wait)
    }

    /// Removes a reserved slot in which no request was sent.
    pub(super) fn give_back(&mut self, slot: Instant) {
        if let Ok(at) = self.sends.binary_search(&slot) {
            self.sends.remove(at);
        }
    }

    /// Records a response that was received at `now`. `is_refusal` is `true` for a 429. `jitter` is a random number, at
    /// least 0 and less than 1.
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
        // Headers with a different limit are about something else, for example the limit per second.
        if let (Some(of), Some(remaining)) = (headers.limit.filter(|of| *of == limit.per_minute), headers.remaining) {
            self.sharing.learn(now, of, of.saturating_sub(remaining), jitter);
        }
        if let (Some(0), Some(reset)) = (headers.remaining, headers.reset) {
            self.close(now, reset);
        }
    }

    /// Returns the pause after a 429.
    ///
    /// It is the time that the service requests, else the rest of the window. After a 429 for the limit per second it
    /// is extended to some [gaps](PAUSES) and by jitter, so that processes which collided do not collide again.
    fn pause(&mut self, limit: Limit, now: Instant, headers: RateLimitHeaders, jitter: f64) -> Duration {
        let passed = |sent: &Instant| now.saturating_duration_since(*sent);
        let oldest = self.sends.iter().find(|sent| passed(sent) < WINDOW);
        let rest_of_window = oldest.map_or(WINDOW, |oldest| WINDOW.saturating_sub(passed(oldest)));
        let requested = headers.reset.unwrap_or(rest_of_window);
        let is_brief = requested <= BRIEF;
        self.sharing.refuse(now, !is_brief);
        if !is_brief {
            self.brief_refusals = 0;
            return requested;
        }
        let gaps = PAUSES.get(self.brief_refusals).or(PAUSES.last()).copied().unwrap_or_default();
        self.brief_refusals = self.brief_refusals.saturating_add(1);
        requested.max(limit.gap.saturating_mul(gaps)).saturating_add(limit.gap.mul_f64(jitter))
    }

    /// Closes the class for `pause`, but for at most about an hour.
    fn close(&mut self, now: Instant, pause: Duration) {
        self.closed_until = self.closed_until.max(Some(saturating_add(now, pause.min(WINDOW.saturating_mul(60)))));
    }

    /// Returns `true` if nothing in the window affects later requests.
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        let is_empty = self.sends.back().is_none_or(|last| now.saturating_duration_since(*last) >= WINDOW);
        is_empty && self.closed_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests;
