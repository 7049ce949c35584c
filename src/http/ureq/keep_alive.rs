//! The `Keep-Alive` header of a response: how much longer the server keeps the connection open, by its own word.
//!
//! A server that closes an idle connection races the client that is about to use it. If the server's close crosses a
//! request on the way, the client cannot tell whether the server acted on it. A submit that ends so may have been paid
//! for. Many servers announce when they close (`Keep-Alive: timeout=5`), which makes the race
//! avoidable: the connection is not used near that time or later.
//!
//! - The server's clock starts when it has handed the last byte to its kernel, which can be long before that byte
//!   arrives here. So the time counts from the arrival of the head, not from the end of the body.
//! - The next request needs time to reach the server, and the server's clock may be coarse. So the connection is used
//!   until one second before the announced time ([`MARGIN`]).
//! - A server may also announce how many more requests it takes (`max=99`). With one left it may close right behind the
//!   next response, so the connection is used while two or more are left.
//!
//! RFC 2068, section 19.7.1.1, introduced the header; `draft-thomson-hybi-http-timeout` defines `timeout` and `max`.

use std::time::{Duration, Instant};

use super::head_text::lines;

/// The time between the last use of a connection and the announced end.
const MARGIN: Duration = Duration::from_secs(1);

/// The parameters of all `Keep-Alive` fields of one head. Of several with one name, the smallest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct KeepAlive {
    /// In seconds.
    timeout: Option<u64>,
    /// The number of requests that the server still takes on this connection.
    max: Option<u64>,
}

/// The time until which a connection may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReuseLimit {
    start: Instant,
    length: Duration,
}

impl ReuseLimit {
    /// Reads the limit from the head of a response that arrived at `arrival`. Returns `None` if the head has none.
    pub(super) fn from_head(head: &[u8], arrival: Instant) -> Option<Self> {
        let length = KeepAlive::from_head(head).reuse_time()?;
        Some(Self { start: arrival, length })
    }

    /// Returns `true` if a request may be sent at `now`.
    pub(super) fn allows(self, now: Instant) -> bool {
        now.saturating_duration_since(self.start) < self.length
    }
}

impl KeepAlive {
    fn from_head(head: &[u8]) -> Self {
        // The first line is that of the status.
        lines(head).skip(1).filter_map(|(line, _)| field_value(line)).fold(Self::default(), Self::and)
    }

    /// Adds the parameters of one field value. Parsing is lenient: what is not understood is skipped.
    fn and(self, value: &[u8]) -> Self {
        let smaller = |known: Option<u64>, found: u64| Some(known.map_or(found, |known| known.min(found)));
        parameters(value).fold(self, |all, parameter| match parse(parameter) {
            Some((name, number)) if name.eq_ignore_ascii_case(b"timeout") => {
                Self { timeout: smaller(all.timeout, number), ..all }
            }
            Some((name, number)) if name.eq_ignore_ascii_case(b"max") => Self { max: smaller(all.max, number), ..all },
            _ => all,
        })
    }

    /// Returns how long the connection may be used again. Returns `None` without a limit, and zero for never.
    fn reuse_time(self) -> Option<Duration> {
        if self.max.is_some_and(|max| max <= 1) {
            return Some(Duration::ZERO);
        }
        self.timeout.map(|timeout| Duration::from_secs(timeout).saturating_sub(MARGIN))
    }
}

/// Returns the value if `line` is a `Keep-Alive` field.
fn field_value(line: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"keep-alive";
    let (name, rest) = line.split_at_checked(NAME.len())?;
    rest.strip_prefix(b":").filter(|_| name.eq_ignore_ascii_case(NAME))
}

/// Splits a field value at commas, and at semicolons, which some servers write. Those in a quoted string do not count.
fn parameters(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    value.split(move |byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && matches!(byte, b',' | b';')
    })
}

/// Parses `name=number`. The number may be in quotes, a fraction is cut off, and one too large for the type becomes the
/// largest.
fn parse(parameter: &[u8]) -> Option<(&[u8], u64)> {
    let at = parameter.iter().position(|byte| *byte == b'=')?;
    let (name, value) = parameter.split_at_checked(at)?;
    let value = value.get(1..)?.trim_ascii();
    let value = value.strip_prefix(b"\"").unwrap_or(value).trim_ascii();
    let digits = value.split(|byte| !byte.is_ascii_digit()).next().filter(|digits| !digits.is_empty())?;
    let number = std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX);
    Some((name.trim_ascii(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameters of a head with these fields.
    fn read(fields: &str) -> (Option<u64>, Option<u64>) {
        let found = KeepAlive::from_head(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n").as_bytes());
        (found.timeout, found.max)
    }

    #[test]
    fn parameters_are_read_leniently() {
        let table = [
            ("Keep-Alive: timeout=5", (Some(5), None)),
            ("keep-alive:timeout=5,max=99", (Some(5), Some(99))),
            ("KEEP-ALIVE:\t MAX = 7 ,\t TimeOut = 60 ", (Some(60), Some(7))),
            ("Keep-Alive: timeout=\"5\", max=\" 3 \"", (Some(5), Some(3))),
            ("Keep-Alive: timeout=5; max=99", (Some(5), Some(99))),
            ("Keep-Alive: timeout=1.9", (Some(1), None)),
            ("Keep-Alive: timeout=5s", (Some(5), None)),
            ("Keep-Alive: ,, x, y=z, timeout=4,", (Some(4), None)),
            ("Keep-Alive: x=\"a, timeout=1\", timeout=9", (Some(9), None)),
            ("Keep-Alive: timeout=9, timeout=2, timeout=5", (Some(2), None)),
            ("Keep-Alive: timeout=9\r\nDate: today\r\nKeep-Alive: max=4\r\nKeep-Alive: timeout=3", (Some(3), Some(4))),
            ("Keep-Alive: timeout=0, max=0", (Some(0), Some(0))),
            ("Keep-Alive: timeout=99999999999999999999999", (Some(u64::MAX), None)),
        ];
        for (fields, expected) in table {
            assert_eq!(read(fields), expected, "{fields}");
            assert_eq!(read(&fields.replace("\r\n", "\n")), expected, "{fields} with bare line feeds");
        }
        let nothing = [
            "Date: today",
            "Keep-Alive:",
            "Keep-Alive: 5",
            "Keep-Alive: timeout",
            "Keep-Alive: timeout=",
            "Keep-Alive: timeout=-1",
            "Keep-Alive: timeout=soon",
            "Keep-Alive: timeouts=1, xtimeout=1, =1",
            "Keep-Alive: \u{fffd}\u{0}==,=",
            "Keep-Alives: timeout=1",
            "X-Keep-Alive: timeout=1",
            "Connection: keep-alive, timeout=1",
            "Proxy-Keep-Alive: timeout=1",
        ];
        for fields in nothing {
            assert_eq!(read(fields), (None, None), "{fields}");
        }
    }

    #[test]
    fn reuse_ends_a_second_before_the_announced_time() {
        let millis = Duration::from_millis;
        let table = [
            ("timeout=0", Some(millis(0))),
            ("timeout=1", Some(millis(0))),
            ("timeout=2", Some(millis(1_000))),
            ("timeout=5, max=2", Some(millis(4_000))),
            ("timeout=5, max=1", Some(millis(0))),
            ("max=0", Some(millis(0))),
            ("max=1", Some(millis(0))),
            ("max=2", None),
            ("x=1", None),
        ];
        let arrival = Instant::now();
        for (value, expected) in table {
            let limit = ReuseLimit::from_head(format!("HTTP/1.1 200 OK\nKeep-Alive: {value}\n\n").as_bytes(), arrival);
            assert_eq!(limit.map(|limit| limit.length), expected, "{value}");
            let Some((limit, length)) = limit.zip(expected) else { continue };
            assert!(!limit.allows(arrival + length), "{value}");
            assert_eq!(limit.allows(arrival), !length.is_zero(), "{value}");
        }
        let limit = ReuseLimit::from_head(b"HTTP/1.1 200 OK\nKeep-Alive: timeout=18446744073709551615\n\n", arrival);
        assert!(limit.unwrap().allows(arrival + Duration::from_secs(1 << 40)), "no sum overflows");
    }
}
