//! Parsers for the headers that specify the time of a retry: `Retry-After` and `X-RateLimit-Reset`.

use std::time::{Duration, SystemTime};

use super::date as http_date;

/// Parses `Retry-After`, which is a number of seconds or a date (RFC 9110, section 10.2.3).
///
/// A date is relative to `date`, the `Date` of the same response, since the clocks of the service and of this machine
/// may differ. Without a valid `Date`, it is relative to `wall`. A date in the past yields zero.
pub(crate) fn retry_after(value: &str, date: Option<&str>, wall: SystemTime) -> Option<Duration> {
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let then = http_date::parse(value.trim())?;
    let now = date.and_then(http_date::parse).unwrap_or(wall);
    Some(then.duration_since(now).unwrap_or_default())
}

/// Parses `X-RateLimit-Reset`. The web framework of the service sends a Unix time in seconds. It is relative to `date`,
/// the `Date` of the same response, or else to `wall`.
///
/// A value below 1,000,000,000 would be a time before September 2001. It is taken as a number of seconds from now.
pub(crate) fn reset(value: &str, date: Option<&str>, wall: SystemTime) -> Option<Duration> {
    let seconds = seconds(value)?;
    if seconds < 1_000_000_000 {
        return Some(Duration::from_secs(seconds));
    }
    let now = date.and_then(http_date::parse).unwrap_or(wall).duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(seconds).saturating_sub(now))
}

/// Parses a number of seconds. RFC 9110 does not allow fractions, but some gateways send them. They are rounded up,
/// since a request that is sent too early is rejected again.
fn seconds(value: &str) -> Option<u64> {
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // A number that overflows becomes the longest possible time.
    let seconds: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    Some(seconds.saturating_add(u64::from(fraction.bytes().any(|digit| digit != b'0'))))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn reset_is_parsed_as_unix_time_or_seconds() {
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
    fn retry_after_is_parsed_as_seconds_or_date() {
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
