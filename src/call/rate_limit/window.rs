//! The rate budget of a key: when the next request may go, decided on a log of those that went.
//!
//! A log and not a token bucket: a bucket that is full lets twice the limit into one minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::config::{Limit, WINDOW};
use super::sharing::Company;
use crate::http::response::Told;
use crate::util::time::{after, part};

/// A refusal that asks for no more than this is about the requests of a second, not of the minute.
const BRIEF: Duration = Duration::from_secs(2);
/// How many gaps to pause after such a refusal, and after more of them in a row: two already show that somebody goes as
/// fast as they may, which lasts for a while.
const PAUSES: [u32; 3] = [1, 8, 16];

/// The requests of one class that went, or are about to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// In order of time; the future ones are reserved.
    sends: VecDeque<Instant>,
    /// Until when the service wants none.
    closed_until: Option<Instant>,
    /// How many refusals for a second came since a request was let in.
    brief_refusals: usize,
    company: Company,
}

impl Log {
    /// How long the next request has to wait.
    pub(super) fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let per_minute = usize::try_from(limit.per_minute).unwrap_or(usize::MAX).max(1);
        let over = self.sends.iter().take_while(|sent| now.saturating_duration_since(**sent) >= WINDOW).count();
        let even = part(WINDOW, limit.per_minute.max(1));
        let gap = match self.company.share(now) {
            // What was refused is tried again soon, so that it falls in between those of the others.
            _ if self.brief_refusals > 0 => limit.gap,
            // Who has been at it for a while goes evenly, which takes no longer and leaves room for others to begin.
            1 if self.sends.len().saturating_sub(over).saturating_mul(3) < per_minute.saturating_mul(2) => limit.gap,
            share => even.saturating_mul(share),
        };
        let after_last = self.sends.back().map(|last| after(*last, gap));
        let first_of_full = self.sends.len().checked_sub(per_minute).and_then(|at| self.sends.get(at));
        let after_full = first_of_full.map(|first| after(*first, WINDOW));
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
        self.sends.push_back(after(now, wait));
        Ok(wait)
    }

    /// Removes the latest send that is not after `slot`: nothing was sent in it.
    pub(super) fn give_back(&mut self, slot: Instant) {
        if let Some(at) = self.sends.iter().rposition(|sent| *sent <= slot) {
            self.sends.remove(at);
        }
    }

    /// Takes note of an answer that came `now`; `is_refusal` is a 429, and `chance` is from 0 up to 1.
    pub(super) fn learn(&mut self, limit: Limit, now: Instant, told: Told, is_refusal: bool, chance: f64) {
        if is_refusal {
            let pause = self.pause(limit, now, told, chance);
            self.close(now, pause);
            return;
        }
        self.brief_refusals = 0;
        // A limit of another number is not this one, but that of a second, perhaps.
        if let (Some(of), Some(remaining)) = (told.limit.filter(|of| *of == limit.per_minute), told.remaining) {
            self.company.learn(now, of, of.saturating_sub(remaining), chance);
        }
        if let (Some(0), Some(reset)) = (told.remaining, told.reset) {
            self.close(now, reset);
        }
    }

    /// How long to keep still after a refusal.
    fn pause(&mut self, limit: Limit, now: Instant, told: Told, chance: f64) -> Duration {
        let passed = |sent: &Instant| now.saturating_duration_since(*sent);
        let oldest = self.sends.iter().find(|sent| passed(sent) < WINDOW);
        let rest_of_window = oldest.map_or(WINDOW, |oldest| WINDOW.saturating_sub(passed(oldest)));
        let asked = told.reset.unwrap_or(rest_of_window);
        let is_brief = asked <= BRIEF;
        self.company.refuse(now, !is_brief);
        if !is_brief {
            self.brief_refusals = 0;
            return asked;
        }
        let gaps = PAUSES.get(self.brief_refusals).or(PAUSES.last()).copied().unwrap_or_default();
        self.brief_refusals = self.brief_refusals.saturating_add(1);
        asked.max(limit.gap.saturating_mul(gaps)).saturating_add(limit.gap.mul_f64(chance))
    }

    /// Lets nothing go for `pause`, an hour at the most.
    fn close(&mut self, now: Instant, pause: Duration) {
        self.closed_until = self.closed_until.max(Some(after(now, pause.min(WINDOW.saturating_mul(60)))));
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
    fn run(log: &mut Log, start: Instant, limit: Limit, count: usize) -> Vec<Duration> {
        let mut now = start;
        let send = |_| {
            now += log.reserve(limit, now, Duration::MAX).unwrap();
            now - start
        };
        (0..count).map(send).collect()
    }

    #[test]
    fn no_window_ever_holds_more_than_the_limit_and_neighbours_keep_their_distance() {
        let times = run(&mut Log::default(), Instant::now(), POST, 300);
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
        let (mut log, start) = (Log::default(), Instant::now());
        run(&mut log, start, POST, 30);
        let times = run(&mut log, start + 200 * SECOND, POST, 3);
        assert_eq!(times, [Duration::ZERO, POST.gap, 2 * POST.gap]);
        assert!(log.is_over(start + 300 * SECOND) && !log.is_over(start + 230 * SECOND));
    }

    #[test]
    fn a_wait_that_is_too_long_reserves_nothing_and_is_named() {
        let (mut log, start) = (Log::default(), Instant::now());
        run(&mut log, start, POST, 30);
        let now = start + 30 * SECOND;
        for _ in 0..3 {
            assert_eq!(log.reserve(POST, now, 30 * SECOND), Err(rest(30)));
        }
        assert_eq!(log.reserve(POST, now, 31 * SECOND), Ok(rest(30)));
    }

    #[test]
    fn a_429_closes_the_class_as_told_or_for_the_rest_of_its_window() {
        let start = Instant::now();
        let learn = |told: Told| {
            let mut log = Log::default();
            log.reserve(POST, start, Duration::MAX).unwrap();
            log.learn(POST, start + 10 * SECOND, told, true, 0.0);
            log.wait(POST, start + 10 * SECOND)
        };
        assert_eq!(learn(Told::default()), rest(10));
        assert_eq!(learn(Told { reset: Some(7 * SECOND), ..Told::default() }), 7 * SECOND);
        assert_eq!(learn(Told { reset: Some(Duration::MAX), ..Told::default() }), WINDOW * 60, "an hour at the most");
        let mut log = Log::default();
        log.learn(POST, start, Told::default(), true, 0.0);
        assert_eq!((log.wait(POST, start), log.is_over(start)), (WINDOW, false));
    }

    #[test]
    fn refusals_for_a_second_are_followed_by_ever_longer_pauses() {
        let (mut log, start) = (Log::default(), Instant::now());
        let told = Told { limit: Some(1), remaining: Some(0), reset: Some(SECOND) };
        let mut refuse = |chance| {
            log.learn(POST, start, told, true, chance);
            log.wait(POST, start).as_millis()
        };
        assert_eq!([0.0; 4].map(&mut refuse), [1_020, 8_160, 16_320, 16_320]);
        assert_eq!(refuse(0.5), 16_320 + 510, "not in step with others");
        log.learn(POST, start, Told::default(), false, 0.0);
        let later = start + 60 * SECOND;
        log.learn(POST, later, told, true, 0.0);
        assert_eq!(log.wait(POST, later), POST.gap, "anew once one was let in");
    }

    #[test]
    fn what_is_used_up_is_believed_if_it_is_said_until_when() {
        let start = Instant::now();
        let wait = |told: Told| {
            let mut log = Log::default();
            log.learn(POST, start, Told { remaining: Some(0), ..told }, false, 0.0);
            log.wait(POST, start)
        };
        assert_eq!(wait(Told { reset: Some(9 * SECOND), ..Told::default() }), 9 * SECOND);
        assert_eq!(wait(Told { limit: Some(30), ..Told::default() }), Duration::ZERO);
    }

    /// A service that counts as the backend's framework does: windows of a second and of a minute, each of which begins
    /// with the first request in it. What it refuses it does not count.
    #[derive(Default)]
    struct Service {
        windows: [(Option<Instant>, u32); 2],
    }

    impl Service {
        /// Whether a request is let in, and what the answer says.
        fn ask(&mut self, now: Instant) -> (bool, Told) {
            for (window, (length, limit)) in self.windows.iter_mut().zip([(SECOND, 1), (60 * SECOND, 30)]) {
                if window.0.is_none_or(|start| now >= start + length) {
                    *window = (Some(now), 0);
                }
                if window.1 >= limit {
                    let left = (window.0.unwrap() + length - now).as_secs_f64().ceil();
                    let reset = Some(Duration::from_secs_f64(left));
                    return (false, Told { limit: Some(limit), remaining: Some(0), reset });
                }
            }
            self.windows.iter_mut().for_each(|window| window.1 += 1);
            (true, Told { limit: Some(30), remaining: Some(30 - self.windows[1].1), reset: None })
        }
    }

    /// `processes` that began one after the other, `apart`, send 1,000 requests. Returns how many of each were let in,
    /// how many were refused, and how long it took.
    fn side_by_side(processes: u32, apart: Duration) -> (Vec<u32>, u32, Duration) {
        let (start, mut service) = (Instant::now(), Service::default());
        let mut logs: Vec<Log> = (0..processes).map(|_| Log::default()).collect();
        let mut next: Vec<Instant> = (0..processes).map(|process| start + process * apart).collect();
        for (log, at) in logs.iter_mut().zip(&next) {
            log.reserve(POST, *at, Duration::ZERO).unwrap();
        }
        let (mut let_in, mut refused, mut dice) = (vec![0; logs.len()], 0, 1_u32);
        loop {
            let (process, now) = next.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
            let (ok, told) = service.ask(now);
            let count = if ok { &mut let_in[process] } else { &mut refused };
            *count += 1;
            if let_in.iter().sum::<u32>() == 1_000 {
                return (let_in, refused, now - start);
            }
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let chance = f64::from(dice) / f64::from(u32::MAX);
            let answered = now + Duration::from_millis(50).mul_f64(chance);
            logs[process].learn(POST, answered, told, !ok, chance);
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
