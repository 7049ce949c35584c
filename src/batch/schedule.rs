//! When a batch looks, and when it lets submits rest: decided on values alone.

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::exchange::after;
use crate::wait::Wait;

/// How often to look while there is more to submit: at 30 submits a minute, a look is for 7 items and more.
const WHILE_BUSY: Duration = Duration::from_secs(15);
/// No pause is longer. What the service asks for is no time to reckon with.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The pauses after failed submits: doubling, with full jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long to let submits rest after a 429 that does not say.
const MINUTE: Duration = Duration::from_secs(60);

/// When to look at what is pending.
///
/// As long as there is something to submit, rarely, so that one look is for many. Once there is not, as a [`Wait`] for
/// a single one would, and anew each time that comes about.
#[derive(Debug, Default)]
pub(super) struct Looks {
    next: Option<Instant>,
    /// Before when the service wants none.
    not_before: Option<Instant>,
    is_idle: bool,
    pauses: u32,
}

impl Looks {
    /// How long it is to the next look. It comes at `last_call` at the latest; `is_idle` says that nothing can be
    /// submitted before something has finished.
    pub(super) fn next_in(
        &mut self,
        now: Instant,
        last_call: Instant,
        is_idle: bool,
        wait: &Wait,
        chance: f64,
    ) -> Duration {
        if is_idle && !self.is_idle {
            let soon = after(now, wait.pause(0, chance).min(LONGEST));
            self.pauses = 0;
            self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
        }
        self.is_idle = is_idle;
        let next = *self.next.get_or_insert(after(now, WHILE_BUSY));
        let next = self.not_before.max(Some(next.min(last_call)));
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Takes note of a look that is begun.
    pub(super) fn begin(&mut self, now: Instant, wait: &Wait, chance: f64) {
        self.pauses = self.pauses.saturating_add(1);
        let pause = if self.is_idle { wait.pause(self.pauses, chance) } else { WHILE_BUSY };
        self.next = Some(after(now, pause.min(LONGEST)));
    }

    /// Takes note that nothing is pending, so that there is nothing to look at.
    pub(super) fn rest(&mut self) {
        *self = Self { not_before: self.not_before, ..Self::default() };
    }

    /// Puts the next look off: the service asks for that.
    pub(super) fn put_off(&mut self, now: Instant, pause: Duration) {
        self.not_before = self.not_before.max(Some(after(now, pause.min(LONGEST))));
    }
}

/// Whether submits rest, since none is let in.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed_until: Option<Instant>,
    failures: u32,
    since: Option<Instant>,
}

impl Gate {
    pub(super) fn opens_in(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Takes note of a submit that was not let in, and returns how long submits rest. `is_shut` says that no other one
    /// would have been either, and `chance` is from 0 up to 1.
    pub(super) fn refuse(&mut self, now: Instant, error: &Error, is_shut: bool, chance: f64) -> Duration {
        let own = match error.kind() {
            ErrorKind::RateLimited => MINUTE,
            _ => FIRST_PAUSE.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE).mul_f64(chance),
        };
        let pause = error.retry_after().unwrap_or(own).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        if is_shut {
            self.since.get_or_insert(now);
        }
        self.closed_until = self.closed_until.max(Some(after(now, pause)));
        pause
    }

    /// Takes note of a submit that reached the service. What rests because of others rests on.
    pub(super) fn let_in(&mut self) {
        (self.failures, self.since) = (0, None);
    }

    /// For how long none was let in.
    pub(super) fn closed_for(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// What a submit that failed means to the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Surely not accepted, and not the fault of the item: it may be tried again for as long as anybody waits.
    Again,
    /// Surely not accepted, or the caller does not mind: it may be tried again as often as a call of its own.
    Retry,
    /// All others would fare the same: nothing more is submitted.
    Stop,
    /// The item failed.
    Fail,
}

impl Means {
    pub(super) fn of(error: &Error, resend_if_unknown: bool) -> Self {
        use ErrorKind::{Config, Connect, Disconnected, Forbidden, Journal, OutOfCredits, RateLimited, Redirect};
        use ErrorKind::{Server, Timeout, Tls, Unauthorized};
        match error.kind() {
            RateLimited | Connect => Self::Again,
            Unauthorized | Forbidden | OutOfCredits | Config | Redirect | Tls | Journal => Self::Stop,
            // A yes whose rest got lost is a yes.
            _ if error.status().is_some_and(|status| (200..=299).contains(&status)) => Self::Fail,
            Timeout | Disconnected | Server if resend_if_unknown => Self::Retry,
            _ if error.is_retryable() || (resend_if_unknown && error.status() == Some(408)) => Self::Retry,
            _ => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "")
    }

    #[test]
    fn looks_are_rare_while_there_is_more_to_submit_and_soon_once_there_is_not() {
        let (mut looks, wait, now) = (Looks::default(), Wait::default(), Instant::now());
        let later = now + 1_000 * SECOND;
        assert_eq!(looks.next_in(now, later, false, &wait, 0.0), 15 * SECOND);
        assert_eq!(looks.next_in(now + 5 * SECOND, later, false, &wait, 0.0), 10 * SECOND);
        assert_eq!(looks.next_in(now + 5 * SECOND, later, true, &wait, 0.0), 2 * SECOND);
        looks.begin(now + 7 * SECOND, &wait, 0.0);
        assert_eq!(looks.next_in(now + 7 * SECOND, later, true, &wait, 0.0), 3 * SECOND);
        looks.begin(now + 10 * SECOND, &wait, 0.0);
        assert_eq!(looks.next_in(now + 10 * SECOND, later, true, &wait, 0.0), 4_500 * SECOND / 1_000);
        // Busy again, and idle once more: anew.
        assert_eq!(looks.next_in(now + 10 * SECOND, later, false, &wait, 0.0), 4_500 * SECOND / 1_000);
        assert_eq!(looks.next_in(now + 10 * SECOND, later, true, &wait, 0.0), 2 * SECOND);
    }

    #[test]
    fn a_look_comes_at_the_last_call_but_not_before_the_service_wants_it() {
        let (mut looks, wait, now) = (Looks::default(), Wait::default(), Instant::now());
        assert_eq!(looks.next_in(now, now + SECOND, false, &wait, 0.0), SECOND);
        looks.put_off(now, 40 * SECOND);
        assert_eq!(looks.next_in(now, now + SECOND, false, &wait, 0.0), 40 * SECOND);
        looks.rest();
        let later = now + 1_000 * SECOND;
        assert_eq!(
            looks.next_in(now, later, true, &wait, 0.0),
            40 * SECOND,
            "that holds while nothing is pending, too"
        );
        looks.rest();
        assert_eq!(looks.next_in(later, later + later.duration_since(now), false, &wait, 0.0), 15 * SECOND, "anew");
    }

    #[test]
    fn submits_rest_as_was_asked_a_minute_or_ever_longer() {
        let now = Instant::now();
        let pauses = |kind, chance: f64| {
            let mut gate = Gate::default();
            [(); 7].map(|()| gate.refuse(now, &error(kind), true, chance).as_millis())
        };
        assert_eq!(pauses(ErrorKind::Connect, 1.0), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert_eq!(pauses(ErrorKind::Connect, 0.5)[..2], [250, 500]);
        assert_eq!(pauses(ErrorKind::RateLimited, 0.5), [60_000; 7]);
        let mut gate = Gate::default();
        gate.refuse(now, &error(ErrorKind::RateLimited).with_retry_after(Some(7 * SECOND)), false, 0.5);
        assert_eq!(gate.opens_in(now), 7 * SECOND);
        assert_eq!(gate.closed_for(now + 9 * SECOND), Duration::ZERO, "one item's trouble is not everybody's");
        gate.refuse(now, &error(ErrorKind::Connect), true, 0.5);
        assert_eq!(gate.closed_for(now + 9 * SECOND), 9 * SECOND);
    }

    #[test]
    fn what_a_failure_means_depends_on_whose_fault_it_is_and_whether_it_may_have_been_sent() {
        use ErrorKind::*;
        use Means::{Again, Fail, Retry, Stop};
        //  what happened, what it means, and if the caller does not mind paying twice
        let table = [
            (error(RateLimited).with_status(429), Again, Again),
            (error(Connect), Again, Again),
            (error(Timeout), Retry, Retry),
            (error(Timeout).or_sent(true), Fail, Retry),
            (error(Disconnected), Retry, Retry),
            (error(Disconnected).or_sent(true), Fail, Retry),
            (error(Disconnected).with_status(200).or_sent(true), Fail, Fail),
            // One that came before the request had left whole, and one from behind a proxy.
            (error(Server).with_status(503), Retry, Retry),
            (error(Server).with_status(503).with_retry_after(Some(SECOND)).or_sent(true), Fail, Retry),
            (error(Server).with_status(500).or_sent(true), Fail, Retry),
            (error(Rejected).with_status(408).or_sent(true), Fail, Retry),
            (error(Rejected).with_status(400), Fail, Fail),
            (error(NotFound).with_status(404), Fail, Fail),
            (error(UnexpectedResponse).with_status(200).or_sent(true), Fail, Fail),
            (error(InvalidInput), Fail, Fail),
            (error(Cancelled), Fail, Fail),
            (error(Unauthorized).with_status(401), Stop, Stop),
            (error(Forbidden).with_status(403), Stop, Stop),
            (error(OutOfCredits).with_status(400), Stop, Stop),
            (error(Redirect).with_status(302).or_sent(true), Stop, Stop),
            (error(Tls), Stop, Stop),
            (error(Config), Stop, Stop),
            (error(Journal), Stop, Stop),
        ];
        for (error, means, if_resent) in table {
            assert_eq!((Means::of(&error, false), Means::of(&error, true)), (means, if_resent), "{error:?}");
        }
    }
}
