//! What any bytes must not break: one function for each fuzz target of `fuzz/`, which asserts what this crate promises
//! of what it reads and writes. The tests run each of them for a moment.

// They are called by fuzz targets, and shall panic.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod answer;
#[cfg(test)]
pub(crate) mod foreign;
mod form;
#[cfg(feature = "journal")]
mod journal;
mod mask;
mod report;
mod rest;
mod retry_after;
#[cfg(test)]
mod twin;
mod url;

use serde_json::Value;

pub use self::answer::answer;
pub use self::form::{Part, form};
#[cfg(feature = "journal")]
pub use self::journal::journal;
pub use self::mask::mask;
pub use self::report::report;
pub use self::rest::rest;
pub use self::retry_after::retry_after;
pub use self::url::url;
use crate::api_key::ApiKey;
use crate::error::Error;

/// What is left of the fuzzer's bytes, which choose from their front.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// A byte, which counts from the digit zero so that the seeds can be read; zero where there is none.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first.wrapping_sub(b'0')
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// A text up to the next 0xff, which is in no UTF-8.
    fn text(&mut self) -> String {
        let mut parts = self.0.splitn(2, |byte| *byte == 0xff);
        let text = parts.next().unwrap_or_default();
        self.0 = parts.next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// A number of two bytes.
    fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }
}

/// That no terminal does anything with `text` but show it, on one line.
fn assert_printable(text: &str) {
    let acts = |c: char| {
        let reorders = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'].contains(&c);
        c.is_control() || reorders || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.contains(acts), "{text:?}");
}

/// A key that a service may echo.
const KEY: &str = "fuzz-key-0123456789";

/// That an error can be printed as it is, is of bounded size, and does not have the key once it has left a call.
fn assert_safe(error: Error) -> Error {
    assert_printable(&error.to_string());
    let error = error.sealed(&ApiKey::new(KEY), &[]);
    assert_printable(&error.to_string());
    for text in [error.message(), error.request_id()].into_iter().flatten() {
        assert_printable(text);
    }
    let shown = error.to_string();
    assert!(shown.len() < 2_000, "{} bytes: {shown}", shown.len());
    assert!(error.body().is_none_or(|body| body.len() <= 4_096));
    let all = format!("{shown} {error:?} {:?}", error.body());
    assert!(!all.contains(KEY), "{all}");
    error
}

/// That a text is an identifier which is safe in paths, file names and logs.
fn is_identifier(text: &str) -> bool {
    let is_safe = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-');
    !text.is_empty() && text.len() <= 128 && text.chars().all(is_safe)
}

/// What a field says, without the blanks around it.
fn word(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|word| !word.is_empty())
}

/// A body as JSON, as a reading that is not ours has it; but for what only `serde_json` gives a meaning.
fn value(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    serde_json::from_str(text).ok().filter(|_| !text.contains("serde_json::private"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_answer_is_understood_or_told_and_no_identifier_is_lost() {
        twin::run("answer", 800, answer);
    }

    #[test]
    fn a_report_is_never_taken_for_more_than_it_says_and_survives_being_stored() {
        twin::run("report", 800, report);
    }

    #[test]
    fn what_is_said_of_accounts_and_tickets_is_read_as_it_stands_there() {
        twin::run("rest", 800, rest);
    }

    #[test]
    fn every_date_and_number_says_when_to_come_back_and_nothing_else_does() {
        twin::run("retry_after", 800, retry_after);
    }

    #[test]
    fn a_form_is_what_an_independent_parser_finds_in_it() {
        twin::run("form", 400, |data| form(data, foreign::form));
    }

    #[cfg(feature = "journal")]
    #[test]
    fn a_journal_that_was_torn_or_written_into_forgets_nothing_that_was_accepted() {
        twin::run("journal", 400, journal);
    }

    #[test]
    fn a_url_has_one_host_for_everybody() {
        twin::run("url", 800, |data| url(data, foreign::place));
    }

    #[test]
    fn no_written_form_of_a_secret_passes() {
        twin::run("mask", 800, mask);
    }
}
