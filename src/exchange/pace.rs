//! The rate budget of a key: when the next request may go, decided on a log of those that went.
//!
//! A log and not a token bucket: a bucket that is full lets twice the limit into one minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::wire::request::Method;

/// How long a send counts. The service counts minutes; what leaves evenly may arrive unevenly.
const WINDOW: Duration = Duration::from_millis(60_500);

/// How fast requests may follow each other.
///
/// The service allows a key one submit a second and 30 a minute, and two reads a second and 60 a minute. By default a
/// process stays within that by itself, for each key: a call waits for its turn, and fails at once as
/// [`RateLimited`](crate::ErrorKind::RateLimited) if that is beyond its deadline. What the service answers is believed:
/// a 429 closes the class of requests for as long as `Retry-After` says, else for what is left of the minute, and what
/// `X-RateLimit-Remaining` says that others with the same key used up is taken into account.
///
/// ```
/// use identifai::{Client, Pace};
///
/// // A key for which the service allows more.
/// let client = Client::builder("api-key").base_url("http://localhost:8080").pace(Pace::per_minute(120, 240)).build()?;
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(Option<Limits>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    submits: Limit,
    reads: Limit,
}

impl Pace {
    /// No pacing: for a sandbox, or a program that paces itself.
    pub const fn off() -> Self {
        Self(None)
    }

    /// So many submits and reads a minute, and a thirtieth of that a second, as the documented limits have it. An override
    /// counts as a submit. 0 is unusable for a client.
    pub const fn per_minute(submits: u32, reads: u32) -> Self {
        Self(Some(Limits { submits: Limit::new(submits), reads: Limit::new(reads) }))
    }

    pub(crate) fn check(self) -> Result<()> {
        match self.0 {
            Some(Limits { submits, reads }) if submits.per_minute == 0 || reads.per_minute == 0 => {
                Err(Error::config("pace", "must allow more than no request a minute; Pace::off() allows any number"))
            }
            _ => Ok(()),
        }
    }

    /// How many requests of a class may go, if not any number.
    #[cfg(feature = "sandbox")]
    pub(crate) fn most_a_minute(self, method: Method) -> Option<u32> {
        self.limit(method).map(|limit| limit.per_minute)
    }

    pub(super) fn limit(self, method: Method) -> Option<Limit> {
        let limits = self.0?;
        Some(match method {
            Method::Get => limits.reads,
            Method::Post => limits.submits,
        })
    }
}

/// Within the limits that the service documents: 30 submits and 60 reads a minute.
impl Default for Pace {
    fn default() -> Self {
        Self::per_minute(30, 60)
    }
}

/// How many requests of a class may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// In any [`WINDOW`].
    per_minute: u32,
    /// Between neighbours.
    gap: Duration,
}

/// The requests of one class that went, or are about to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// In order of time; the future ones are reserved.
    sends: VecDeque<Instant>,
    /// Until when the service wants none.
    closed_until: Option<Instant>,
}

/// What an answer says of the budget: headers that the backend's framework sends, none of them documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// `X-RateLimit-Limit`.
    pub(crate) limit: Option<u32>,
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: Option<u32>,
    /// `X-RateLimit-Reset` as the time from now, or `Retry-After`.
    pub(crate) reset: Option<Duration>,
}

impl Limit {
    /// The gap is two hundredths longer than it would have to be, as arrivals jitter.
    const fn new(per_minute: u32) -> Self {
        let gap = if per_minute == 0 { WINDOW } else { Duration::from_micros(30_600_000 / per_minute as u64) };
        Self { per_minute, gap }
    }
}

impl Log {
    /// How long the next request has to wait.
    pub(super) fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let after_last = self.sends.back().map(|last| *last + limit.gap);
        let per_minute = usize::try_from(limit.per_minute).unwrap_or(usize::MAX).max(1);
        let first_of_full = self.sends.len().checked_sub(per_minute).and_then(|at| self.sends.get(at));
        let after_full = first_of_full.map(|first| *first + WINDOW);
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
        self.sends.push_back(now + wait);
        Ok(wait)
    }

    /// Takes note of an answer that came `now`; `is_refusal` is a 429.
    pub(super) fn learn(&mut self, limit: Limit, now: Instant, told: Told, is_refusal: bool) {
        let in_window = self.sends.iter().filter(|sent| now.saturating_duration_since(**sent) < WINDOW);
        let (count, oldest) = (in_window.clone().count(), in_window.clone().next().copied());
        let rest_of_window =
            oldest.map_or(WINDOW, |oldest| WINDOW.saturating_sub(now.saturating_duration_since(oldest)));
        // That nothing remains may be said of a second, so it must be plain of which time.
        let is_used_up = told.remaining == Some(0) && (told.reset.is_some() || told.limit == Some(limit.per_minute));
        if is_refusal || is_used_up {
            let until = now + told.reset.unwrap_or(rest_of_window).min(WINDOW * 60);
            self.closed_until = self.closed_until.max(Some(until));
        } else if let (Some(of), Some(remaining)) = (told.limit, told.remaining) {
            // What others with the same key sent counts as sent just now. A limit of another number is not this one.
            if of == limit.per_minute {
                let taken = usize::try_from(of.saturating_sub(remaining)).unwrap_or_default();
                let at = self.sends.partition_point(|sent| *sent <= now);
                (count..taken).for_each(|_| self.sends.insert(at, now));
            }
        }
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
        // Ten minutes' worth in nine windows and the last one's thirty.
        assert_eq!(times[299], 9 * WINDOW + 29 * POST.gap);
    }

    #[test]
    fn the_documented_limits_are_the_default() {
        let limit = |method| Pace::default().limit(method).unwrap();
        assert_eq!((limit(Method::Post).per_minute, limit(Method::Post).gap.as_millis()), (30, 1_020));
        assert_eq!((limit(Method::Get).per_minute, limit(Method::Get).gap.as_millis()), (60, 510));
        assert_eq!(Pace::off().limit(Method::Get), None);
        for pace in [Pace::per_minute(0, 1), Pace::per_minute(1, 0)] {
            assert!(pace.check().unwrap_err().to_string().starts_with("pace: "));
        }
        Pace::off().check().and(Pace::per_minute(u32::MAX, 1).check()).unwrap();
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
            log.learn(POST, start + 10 * SECOND, told, true);
            log.wait(POST, start + 10 * SECOND)
        };
        assert_eq!(learn(Told::default()), rest(10));
        assert_eq!(learn(Told { reset: Some(7 * SECOND), ..Told::default() }), 7 * SECOND);
        assert_eq!(learn(Told { reset: Some(Duration::MAX), ..Told::default() }), WINDOW * 60, "an hour at the most");
        let mut log = Log::default();
        log.learn(POST, start, Told::default(), true);
        assert_eq!((log.wait(POST, start), log.is_over(start)), (WINDOW, false));
    }

    #[test]
    fn what_others_took_counts() {
        let (mut log, start) = (Log::default(), Instant::now());
        log.reserve(POST, start, Duration::MAX).unwrap();
        let told = |limit, remaining| Told { limit: Some(limit), remaining: Some(remaining), reset: None };
        log.learn(POST, start, told(30, 29), false);
        log.learn(POST, start, told(2, 1), false);
        assert_eq!(log.sends.len(), 1, "nobody else, or a limit that is not this one");
        log.learn(POST, start, told(30, 4), false);
        let times = run(&mut log, start + 2 * SECOND, POST, 5);
        assert!(times[3] < 6 * SECOND && times[4] >= rest(2), "{times:?}");
        let used_up = |told: Told| {
            let mut log = Log::default();
            log.learn(POST, start, Told { remaining: Some(0), ..told }, false);
            log.wait(POST, start)
        };
        assert_eq!(used_up(Told { limit: Some(30), ..Told::default() }), WINDOW);
        assert_eq!(used_up(Told { limit: Some(1), reset: Some(SECOND), ..Told::default() }), SECOND);
        assert_eq!(used_up(Told { limit: Some(1), ..Told::default() }), Duration::ZERO, "one a second, perhaps");
    }
}
