//! A parser for HTTP dates in all three forms (RFC 9110, section 5.6.7). `Retry-After` needs it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Parses a date like `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// It also accepts the two obsolete forms that a recipient must understand: `Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`. The name of the weekday is not checked.
#[expect(clippy::arithmetic_side_effects, reason = "a year has at most four digits")]
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    let ([_, day, month, year, time, "GMT"] | [_, month, day, time, year]) = *words.as_slice() else { return None };
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
    let (day, year) = (number(day)?, full_year(year)?);
    let mut clock = time.split(':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // A leap second is treated as the second before it.
    if clock.next().is_some() || day == 0 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_epoch(year, month, day)?;
    let next_month = days_since_epoch(year + month / 12, month % 12 + 1, 1)?;
    if days >= next_month {
        return None;
    }
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second.min(59);
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn number(text: &str) -> Option<u64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Returns the year with its century. Two digits from 70 on belong to the 20th century, and those up to 69 to the 21st.
///
/// RFC 9110 has a rule that depends on the current year, for dates more than 50 years ahead. No date in a `Retry-After`
/// is that far ahead, so the fixed limit is sufficient.
#[expect(clippy::arithmetic_side_effects, reason = "two digits")]
fn full_year(text: &str) -> Option<u64> {
    match (text.len(), number(text)?) {
        (2, year @ 70..) => Some(1900 + year),
        (2, year) => Some(2000 + year),
        (4, year) => Some(year),
        _ => None,
    }
}

/// Returns the number of days since 1970-01-01 in the Gregorian calendar. The computation begins each year in March,
/// which makes the leap day the last day of a year.
#[expect(clippy::arithmetic_side_effects, reason = "a year has at most four digits, a month and a day at most two")]
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month < 3 { year.checked_sub(1)? } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        Some(parse(text)?.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn date_in_each_rfc_form_is_parsed() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
        assert_eq!(seconds("Wed, 01 Mar 2000 00:00:00 GMT"), Some(951_868_800));
        assert_eq!(seconds("Monday, 23-Nov-26 19:30:00 GMT"), Some(1_795_462_200));
        assert_eq!(seconds("Mon, 23 Nov 2026 19:30:00 GMT"), Some(1_795_462_200));
        assert_eq!(seconds("Fri, 31 Dec 9999 23:59:60 GMT"), Some(253_402_300_799));
        assert!(seconds("Thu, 30 Nov 2000 12:00:00 GMT").is_some(), "the last day of a month");
    }

    #[test]
    fn malformed_or_impossible_date_is_rejected() {
        for text in [
            "",
            "soon",
            "2026-11-23T19:30:00Z",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 0000 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 32 Dec 1994 08:49:37 GMT",
            "Sun, 29 Feb 2100 08:49:37 GMT",
            "Sun, 29 Feb 2026 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
