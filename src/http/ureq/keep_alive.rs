//! The `Keep-Alive` header of a response: the time for which the server keeps an idle connection open.
//!
//! A server may close an idle connection at the moment when the client sends a request on it. The client then cannot
//! tell whether the server acted on that request, and a submit may have been paid for. Many servers announce when they
//! close an idle connection (`Keep-Alive: timeout=5`), and a client that stops using it earlier avoids this race.
//!
//! - The timer of the server starts when it has passed the last byte to its kernel, which can be long before that byte
//!   arrives here. So the time is measured from the arrival of the head, not from the end of the body.
//! - The next request needs time to reach the server, and the timer of the server may be coarse. So the connection is
//!   used only until one second before the announced time ([`MARGIN`]).
//! - A server may also announce how many further requests it accepts (`max=99`). If it accepts only one, it may close
//!   the connection right after the next response. So the connection is used only while `max` is at least 2.
//!
//! RFC 2068, section 19.7.1.1, introduced the header. `draft-thomson-hybi-http-timeout` defines `timeout` and `max`.

use std::time::{Duration, Instant};

use super::head_text::lines;
use crate::util::time::saturating_add;

/// The minimum time between the last use of a connection and its announced end.
const MARGIN: Duration = Duration::from_secs(1);

/// Returns the time after which the connection is not used again, according to the head of a response that arrived at
/// `arrival`. Returns `None` if the head announces no limit. If a parameter occurs several times, the smallest value
/// counts.
pub(super) fn reuse_end(head: &[u8], arrival: Instant) -> Option<Instant> {
    let (mut timeout, mut max) = (None, None);
    // The first line is the status line.
    for value in lines(head).skip(1).filter_map(|(line, _)| field_value(line)) {
        for (name, number) in String::from_utf8_lossy(value).split([',', ';']).filter_map(parse) {
            let smallest = match name {
                name if name.eq_ignore_ascii_case("timeout") => &mut timeout,
                name if name.eq_ignore_ascii_case("max") => &mut max,
                _ => continue,
            };
            *smallest = Some(smallest.map_or(number, |known: u64| known.min(number)));
        }
    }
    if max.is_some_and(|max| max <= 1) {
        return Some(arrival);
    }
    timeout.map(|timeout| saturating_add(arrival, Duration::from_secs(timeout).saturating_sub(MARGIN)))
}

/// Returns the value if `line` is a `Keep-Alive` field.
fn field_value(line: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"keep-alive";
    let (name, rest) = line.split_at_checked(NAME.len())?;
    rest.strip_prefix(b":").filter(|_| name.eq_ignore_ascii_case(NAME))
}

/// Parses `name=number`. The number may be in quotes. Fractions are cut off, and a number that overflows becomes
/// `u64::MAX`.
fn parse(parameter: &str) -> Option<(&str, u64)> {
    let (name, value) = parameter.split_once('=')?;
    let value = value.trim_matches(|c: char| c.is_whitespace() || c == '"');
    let digits = value.split(|c: char| !c.is_ascii_digit()).next().filter(|digits| !digits.is_empty())?;
    Some((name.trim(), digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of seconds for which a connection is reused after a head with these fields.
    fn seconds(fields: &str) -> Option<u64> {
        let arrival = Instant::now();
        let end = reuse_end(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n").as_bytes(), arrival)?;
        Some(end.duration_since(arrival).as_secs())
    }

    #[test]
    fn malformed_parameters_are_tolerated() {
        let table = [
            ("Keep-Alive: timeout=5", 4),
            ("keep-alive:timeout=5,max=99", 4),
            ("KEEP-ALIVE:\t MAX = 7 ,\t TimeOut = 60 ", 59),
            ("Keep-Alive: timeout=\"5\", max=\" 3 \"", 4),
            ("Keep-Alive: timeout=5; max=99", 4),
            ("Keep-Alive: timeout=2.9", 1),
            ("Keep-Alive: timeout=5s", 4),
            ("Keep-Alive: ,, x, y=z, timeout=4,", 3),
            ("Keep-Alive: timeout=9, timeout=2, timeout=5", 1),
            ("Keep-Alive: timeout=9\r\nDate: today\r\nKeep-Alive: max=4\r\nKeep-Alive: timeout=3", 2),
            ("Keep-Alive: timeout=9, \u{fffd}\u{0}==,=", 8),
            // A comma inside quotes is treated as the end of a parameter. This can only shorten the time.
            ("Keep-Alive: x=\"a, timeout=3\", timeout=9", 2),
        ];
        for (fields, expected) in table {
            assert_eq!(seconds(fields), Some(expected), "{fields}");
            assert_eq!(seconds(&fields.replace("\r\n", "\n")), Some(expected), "{fields} with bare line feeds");
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
            "Keep-Alives: timeout=1",
            "X-Keep-Alive: timeout=1",
            "Connection: keep-alive, timeout=1",
            "Proxy-Keep-Alive: timeout=1",
            "Keep-Alive: max=2",
        ];
        for fields in nothing {
            assert_eq!(seconds(fields), None, "{fields}");
        }
    }

    #[test]
    fn reuse_ends_a_second_before_the_announced_time() {
        let table = [
            ("timeout=0", 0),
            ("timeout=1", 0),
            ("timeout=2", 1),
            ("timeout=5, max=2", 4),
            ("timeout=5, max=1", 0),
            ("timeout=0, max=0", 0),
            ("max=0", 0),
            ("max=1", 0),
        ];
        for (value, expected) in table {
            assert_eq!(seconds(&format!("Keep-Alive: {value}")), Some(expected), "{value}");
        }
        for longest in [u64::MAX.to_string(), "9".repeat(30)] {
            assert!(seconds(&format!("Keep-Alive: timeout={longest}")) > Some(1 << 27), "no sum overflows");
        }
    }
}
