//! Exponential backoff: the computation only, without a clock.

use std::time::Duration;

/// A sequence of pauses that grow by a factor up to a maximum. Jitter shortens each pause by a random amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    pub(crate) initial: Duration,
    /// The factor from each pause to the next, at least 1.
    pub(crate) growth: f64,
    pub(crate) max: Duration,
    /// The maximum fraction by which jitter shortens a pause, from 0 to 1.
    pub(crate) jitter: f64,
}

impl Backoff {
    /// The backoff between attempts that cost nothing. It has full jitter, so clients that failed at the same time
    /// retry at different times.
    pub(crate) const RETRY: Self =
        Self { initial: Duration::from_millis(500), growth: 2.0, max: Duration::from_secs(8), jitter: 1.0 };

    /// Returns pause `number`, counted from 0. `random` is a number of at least 0 and less than 1.
    pub(crate) fn pause(&self, number: u32, random: f64) -> Duration {
        let exponent = i32::try_from(number).unwrap_or(i32::MAX);
        let grown = self.initial.as_secs_f64() * self.growth.powi(exponent);
        let pause = grown.min(self.max.as_secs_f64()) * (1.0 - self.jitter * random);
        Duration::try_from_secs_f64(pause).unwrap_or(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_pauses_double_up_to_eight_seconds() {
        let longest = |number| Backoff::RETRY.pause(number, 0.0).as_millis();
        assert_eq!([0, 1, 2, 3, 4, 5, u32::MAX].map(longest), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    }

    #[test]
    fn jitter_full_reaches_zero_and_partial_does_not() {
        assert_eq!(Backoff::RETRY.pause(2, 1.0), Duration::ZERO);
        assert_eq!(Backoff::RETRY.pause(2, 0.75), Duration::from_millis(500));
        assert_eq!(Backoff { jitter: 0.25, ..Backoff::RETRY }.pause(2, 1.0), Duration::from_millis(1_500));
    }

    #[test]
    fn pause_longest_durations_does_not_overflow() {
        let endless = Backoff { initial: Duration::MAX, max: Duration::MAX, ..Backoff::RETRY };
        assert_eq!(endless.pause(u32::MAX, 0.0), Duration::MAX);
    }
}
