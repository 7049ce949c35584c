//! The headers that say when to come back: `Retry-After` and `X-RateLimit-Reset`.

use std::time::{Duration, SystemTime};

use super::date as http_date;

/// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. A date is measured against the `Date` of the
/// same answer where there is one, as the two clocks may differ; a date in the past is no pause.
pub(crate) fn retry_after(value: &str, date: Option<&str>, wall: SystemTime) -> Option<Duration> {
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let then = http_date::parse(value.trim())?;
    let now = date.and_then(http_date::parse).unwrap_or(wall);
    Some(then.duration_since(now).unwrap_or_default())
}

/// Reads `X-RateLimit-Reset`: a time since 1970 in seconds, as the backend's framework sends it, measured against the
/// `Date` of the same answer; what is too small for that is a number of seconds from now.
pub(crate) fn reset(value: &str, date: Option<&str>, wall: SystemTime) -> Option<Duration> {
    let seconds = seconds(value)?;
    if seconds < 1_000_000_000 {
        return Some(Duration::from_secs(seconds));
    }
    let now = date.and_then(http_date::parse).unwrap_or(wall).duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(seconds).saturating_sub(now))
}

/// Reads a number of seconds. Gateways send fractions, which RFC 9110 does not have. They are rounded up, as a request
/// that comes too early is refused again.
fn seconds(value: &str) -> Option<u64> {
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // More digits than fit mean never; the longest time there is says that best.
    let seconds: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    Some(seconds.saturating_add(u64::from(fraction.bytes().any(|digit| digit != b'0'))))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_reset_is_a_time_since_1970_or_seconds() {
        let wall = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let read = |value, date| Some(reset(value, date, wall)?.as_secs());
        assert_eq!(
            (read("1700000045", None), read("1600000000", None), read(" 45 ", None)),
            (Some(45), Some(0), Some(45))
        );
        assert_eq!(read("1700000045", Some("Tue, 14 Nov 2023 22:13:30 GMT")), Some(35));
        assert_eq!((read("1700000044.2", None), read("0.2", None)), (Some(45), Some(1)), "rounded up");
        assert_eq!((read("soon", None), read("-1", None)), (None, None));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wall = UNIX_EPOCH + Duration::from_secs(784_111_700);
        let read = |value, date| Some(retry_after(value, date, wall)?.as_secs());
        let at_37 = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(read("120", None), Some(120));
        assert_eq!(read(" 0 ", None), Some(0));
        assert_eq!(read("99999999999999999999999", None), Some(u64::MAX));
        assert_eq!(read(at_37, None), Some(77));
        assert_eq!(read(at_37, Some("Sun, 06 Nov 1994 08:49:30 GMT")), Some(7));
        assert_eq!(read(at_37, Some("nonsense")), Some(77));
        assert_eq!(read("Sun, 06 Nov 1993 08:49:37 GMT", None), Some(0));
        for (value, seconds) in [("4.997", 5), ("0.001", 1), (".5", 1), ("4.000", 4), ("4.", 4), (" 1.5 ", 2)] {
            assert_eq!(read(value, None), Some(seconds), "{value}");
        }
        for value in ["", ".", "-1", "+1", "1.-5", "1.5.0", "1,5", "1e3", "soon"] {
            assert_eq!(read(value, None), None, "{value}");
        }
    }
}
