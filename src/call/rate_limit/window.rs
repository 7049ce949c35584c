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
        let per_minute = usize::try_from(limit.per_minute).unwrap_or(usize::MAX).max(1);
        let over = self.sends.iter().take_while(|sent| now.saturating_duration_since(**sent) >= WINDOW).count();
        let even = div(WINDOW, limit.per_minute.max(1));
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

    /// Removes the latest send that is not after `slot`: nothing was sent in it.
    pub(super) fn give_back(&mut self, slot: Instant) {
        if let Some(at) = self.sends.iter().rposition(|sent| *sent <= slot) {
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
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const POST: Limit = Limit::new(30);

    /// What is left of a window after `seconds`.
    fn rest(seconds: u32) -> Duration {
        WINDOW.saturating_sub(SECOND * seconds)
    }

    /// Sends as soon as it may, `count` times, and returns when.
    fn run(window: &mut SlidingWindow, start: Instant, limit: Limit, count: usize) -> Vec<Duration> {
        let mut now = start;
        let send = |_| {
            now += window.reserve(limit, now, Duration::MAX).unwrap();
            now - start
        };
        (0..count).map(send).collect()
    }

    #[test]
    fn no_window_ever_holds_more_than_the_limit_and_neighbours_keep_their_distance() {
        let times = run(&mut SlidingWindow::default(), Instant::now(), POST, 300);
        for (index, time) in times.iter().enumerate() {
            let in_window = times[index..].iter().take_while(|later| **later < *time + WINDOW).count();
            assert!(in_window <= 30, "{in_window} from {time:?} on");
        }
        assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + POST.gap));
        // The first ones come fast, and from then on the limit is made use of to its end.
        assert_eq!(times[19], 19 * POST.gap);
        assert!(times[299] < 604 * SECOND, "ten minutes' worth in {:?}", times[299]);
    }

    #[test]
    fn after_a_rest_all_of_the_budget_is_there_but_no_burst() {
        let (mut window, start) = (SlidingWindow::default(), Instant::now());
        run(&mut window, start, POST, 30);
        let times = run(&mut window, start + 200 * SECOND, POST, 3);
        assert_eq!(times, [Duration::ZERO, POST.gap, 2 * POST.gap]);
        assert!(window.is_over(start + 300 * SECOND) && !window.is_over(start + 230 * SECOND));
    }

    #[test]
    fn a_wait_that_is_too_long_reserves_nothing_and_is_named() {
        let (mut window, start) = (SlidingWindow::default(), Instant::now());
        run(&mut window, start, POST, 30);
        let now = start + 30 * SECOND;
        for _ in 0..3 {
            assert_eq!(window.reserve(POST, now, 30 * SECOND), Err(rest(30)));
        }
        assert_eq!(window.reserve(POST, now, 31 * SECOND), Ok(rest(30)));
    }

    #[test]
    fn a_429_closes_the_class_as_told_or_for_the_rest_of_its_window() {
        let start = Instant::now();
        let learn = |headers: RateLimitHeaders| {
            let mut window = SlidingWindow::default();
            window.reserve(POST, start, Duration::MAX).unwrap();
            window.learn(POST, start + 10 * SECOND, headers, true, 0.0);
            window.wait(POST, start + 10 * SECOND)
        };
        assert_eq!(learn(RateLimitHeaders::default()), rest(10));
        assert_eq!(learn(RateLimitHeaders { reset: Some(7 * SECOND), ..RateLimitHeaders::default() }), 7 * SECOND);
        assert_eq!(
            learn(RateLimitHeaders { reset: Some(Duration::MAX), ..RateLimitHeaders::default() }),
            WINDOW * 60,
            "an hour at the most"
        );
        let mut window = SlidingWindow::default();
        window.learn(POST, start, RateLimitHeaders::default(), true, 0.0);
        assert_eq!((window.wait(POST, start), window.is_over(start)), (WINDOW, false));
    }

    #[test]
    fn refusals_for_a_second_are_followed_by_ever_longer_pauses() {
        let (mut window, start) = (SlidingWindow::default(), Instant::now());
        let headers = RateLimitHeaders { limit: Some(1), remaining: Some(0), reset: Some(SECOND) };
        let mut refuse = |jitter| {
            window.learn(POST, start, headers, true, jitter);
            window.wait(POST, start).as_millis()
        };
        assert_eq!([0.0; 4].map(&mut refuse), [1_020, 8_160, 16_320, 16_320]);
        assert_eq!(refuse(0.5), 16_320 + 510, "not in step with others");
        window.learn(POST, start, RateLimitHeaders::default(), false, 0.0);
        let later = start + 60 * SECOND;
        window.learn(POST, later, headers, true, 0.0);
        assert_eq!(window.wait(POST, later), POST.gap, "anew once one was let in");
    }

    #[test]
    fn what_is_used_up_is_believed_if_it_is_said_until_when() {
        let start = Instant::now();
        let wait = |headers: RateLimitHeaders| {
            let mut window = SlidingWindow::default();
            window.learn(POST, start, RateLimitHeaders { remaining: Some(0), ..headers }, false, 0.0);
            window.wait(POST, start)
        };
        assert_eq!(wait(RateLimitHeaders { reset: Some(9 * SECOND), ..RateLimitHeaders::default() }), 9 * SECOND);
        assert_eq!(wait(RateLimitHeaders { limit: Some(30), ..RateLimitHeaders::default() }), Duration::ZERO);
    }

    /// A service that counts as the backend's framework does: windows of a second and of a minute, each of which begins
    /// with the first request in it. What it refuses it does not count.
    #[derive(Default)]
    struct Service {
        windows: [(Option<Instant>, u32); 2],
    }

    impl Service {
        /// Whether a request is let in, and what the answer says.
        fn ask(&mut self, now: Instant) -> (bool, RateLimitHeaders) {
            for (window, (length, limit)) in self.windows.iter_mut().zip([(SECOND, 1), (60 * SECOND, 30)]) {
                if window.0.is_none_or(|start| now >= start + length) {
                    *window = (Some(now), 0);
                }
                if window.1 >= limit {
                    let left = (window.0.unwrap() + length - now).as_secs_f64().ceil();
                    let reset = Some(Duration::from_secs_f64(left));
                    return (false, RateLimitHeaders { limit: Some(limit), remaining: Some(0), reset });
                }
            }
            self.windows.iter_mut().for_each(|window| window.1 += 1);
            (true, RateLimitHeaders { limit: Some(30), remaining: Some(30 - self.windows[1].1), reset: None })
        }
    }

    /// `processes` that began one after the other, `apart`, send 1,000 requests. Returns how many of each were let in,
    /// how many were refused, and how long it took.
    fn side_by_side(processes: u32, apart: Duration) -> (Vec<u32>, u32, Duration) {
        let (start, mut service) = (Instant::now(), Service::default());
        let mut logs: Vec<SlidingWindow> = (0..processes).map(|_| SlidingWindow::default()).collect();
        let mut next: Vec<Instant> = (0..processes).map(|process| start + process * apart).collect();
        for (window, at) in logs.iter_mut().zip(&next) {
            window.reserve(POST, *at, Duration::ZERO).unwrap();
        }
        let (mut let_in, mut refused, mut dice) = (vec![0; logs.len()], 0, 1_u32);
        loop {
            let (process, now) = next.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
            let (ok, headers) = service.ask(now);
            let count = if ok { &mut let_in[process] } else { &mut refused };
            *count += 1;
            if let_in.iter().sum::<u32>() == 1_000 {
                return (let_in, refused, now - start);
            }
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = f64::from(dice) / f64::from(u32::MAX);
            let answered = now + Duration::from_millis(50).mul_f64(jitter);
            logs[process].learn(POST, answered, headers, !ok, jitter);
            next[process] = answered + logs[process].reserve(POST, answered, Duration::MAX).unwrap();
        }
    }

    #[test]
    fn processes_that_share_a_key_settle() {
        for tenths in 0..40 {
            let apart = SECOND * tenths / 10;
            let (_, refused, took) = side_by_side(1, apart);
            assert!(refused == 0 && took < 2_020 * SECOND, "{took:?}");
            let (let_in, refused, took) = side_by_side(2, apart);
            assert!(
                refused < 10 && let_in.iter().all(|count| *count > 400),
                "{apart:?}: {refused} refused, {let_in:?}"
            );
            assert!(took < 2_200 * SECOND, "{apart:?}: {took:?}");
            let (let_in, refused, took) = side_by_side(5, apart);
            assert!(
                refused < 350 && let_in.iter().all(|count| *count > 50),
                "{apart:?}: {refused} refused, {let_in:?}"
            );
            assert!(took < 2_500 * SECOND, "{apart:?}: {took:?}");
        }
    }
}
