//! The oracle of retry times: the headers `Retry-After` and `X-RateLimit-Reset`, and HTTP dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use identifai::internals::parse::{self, Response};
use identifai::internals::retry::{self, Next, http_date};

use crate::{Input, assert_printable};

const DAY: u64 = 24 * 60 * 60;
/// The first day of the year 10000, counted from 1970.
const DAYS: u64 = 2_932_897;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Checks the pause in a header, for any `Date` of the response and any current time.
pub fn retry_after(data: &[u8]) {
    let mut input = Input(data);
    let (value, sent) = (input.text(), input.text());
    let sent = Some(sent.as_str()).filter(|sent| !sent.is_empty());
    let seed =
        [input.number(), input.number(), input.number()].into_iter().fold(0, |sum, part| sum << 16 | part as u64);
    let wall = UNIX_EPOCH + Duration::from_secs(seed % (DAYS * DAY));
    check_pauses(&value, sent, wall);
    assert_parsed_in_every_form(seed % DAYS, seed / DAYS % DAY);
    for text in [Some(value.as_str()), sent].into_iter().flatten() {
        if let Some(time) = http_date(text) {
            let seconds = time.duration_since(UNIX_EPOCH).unwrap().as_secs();
            let [named, ..] = forms(seconds / DAY, seconds % DAY);
            assert!(seconds / DAY < DAYS && text.contains(&named[8..11]), "{text}: {named}");
            assert_eq!(http_date(&named), Some(time), "{text}");
        }
    }
}

/// Checks `value` as the value of both headers. `sent` is the `Date` of the response.
fn check_pauses(value: &str, sent: Option<&str>, wall: SystemTime) {
    let now = sent.and_then(http_date).unwrap_or(wall);
    let pause = retry::retry_after(value, sent, wall);
    let until = http_date(value.trim()).map(|until| until.duration_since(now).unwrap_or_default());
    assert_eq!(pause, digits(value).map(Duration::from_secs).or(until), "{value}");
    let reset = retry::rate_limit_reset(value, sent, wall);
    match digits(value) {
        // A number from 1,000,000,000 on is a Unix time (2001 or later). A smaller one is a number of seconds.
        Some(seconds @ 0..1_000_000_000) => assert_eq!(reset, Some(Duration::from_secs(seconds)), "{value}"),
        Some(u64::MAX) => {}
        Some(seconds) => {
            let now = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
            assert_eq!(reset, Some(Duration::from_secs(seconds.saturating_sub(now))), "{value}");
        }
        None => assert_eq!(reset, None, "{value}"),
    }
    for pause in [pause, reset].into_iter().flatten() {
        let refusal = Response { status: 429, retry_after: Some(pause), ..Response::default() };
        let error = parse::submit(refusal).unwrap_err();
        assert_eq!(error.retry_after(), Some(pause));
        assert_printable(&error.to_string());
        let left = Duration::from_secs(30);
        match retry::decide(429, Some(pause), left) {
            Next::Retry(next) => assert!(next == pause && next < left),
            Next::TooLate(next) => assert!(next == pause && next >= left),
            Next::Stop => panic!("a pause of {pause:?} stops the call"),
        }
    }
}

/// Parses a decimal number and rounds it up. A number that is too large becomes `u64::MAX`.
fn digits(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: Vec<u64> =
        (whole.to_owned() + fraction).chars().map(|c| Some(u64::from(c.to_digit(10)?))).collect::<Option<_>>()?;
    let (whole, fraction) = digits.split_at_checked(whole.len())?;
    let number = whole.iter().fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(*digit));
    (!digits.is_empty()).then(|| number.saturating_add(u64::from(fraction.iter().sum::<u64>() > 0)))
}

fn assert_parsed_in_every_form(day: u64, second: u64) {
    let [fixed, rfc850, asctime] = forms(day, second);
    let expected = UNIX_EPOCH + Duration::from_secs(day * DAY + second);
    for form in [&fixed, &asctime] {
        assert_eq!(http_date(form), Some(expected), "{form}");
    }
    // A year of two digits is from 1970 to 2069.
    if day < 36_525 {
        assert_eq!(http_date(&rfc850), Some(expected), "{rfc850}");
    }
}

/// Returns a time in the three forms of RFC 9110, section 5.6.7.
fn forms(day: u64, second: u64) -> [String; 3] {
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(day % 7).unwrap()];
    let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
    let (year, month, day) = date(day);
    let month = MONTHS[month];
    [
        format!("{weekday}, {day:02} {month} {year:04} {time} GMT"),
        format!("{weekday}day, {day:02}-{month}-{:02} {time} GMT", year % 100),
        format!("{weekday} {month} {day:2} {time} {year:04}"),
    ]
}

/// Returns the year, the month (from 0) and the day of a number of days since 1970. It first skips whole cycles of the
/// calendar, and then counts years and months.
fn date(day: u64) -> (u64, usize, u64) {
    let (mut year, mut left) = (1970 + day / 146_097 * 400, day % 146_097);
    loop {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if is_leap { 29 } else { 28 };
        for (month, days) in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
            if left < days {
                return (year, month, left + 1);
            }
            left -= days;
        }
        year += 1;
    }
}
