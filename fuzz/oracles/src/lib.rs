//! The oracles of the fuzz targets in `fuzz/`. An oracle panics if its input breaks a promise of the library or the
//! program. `tests/smoke.rs` runs each oracle briefly.

#![forbid(unsafe_code)]
// Failed assertions panic, so other panics are allowed as well.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod account;
mod batch_line;
mod form;
pub mod independent;
mod journal;
mod redaction;
mod report;
mod response;
mod retry_after;
mod typed;
mod url;

use identifai::{Error, internals};
use serde_json::Value;

pub use self::account::account;
pub use self::batch_line::batch_line;
pub use self::form::form;
pub use self::journal::journal;
pub use self::redaction::redaction;
pub use self::report::report;
pub use self::response::response;
pub use self::retry_after::retry_after;
pub use self::url::url;

/// The remaining bytes of the fuzzer's input. Choices are taken from the front.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// Takes a byte and subtracts the character `0`, so that seeds can be written as text. Returns 0 at the end of the
    /// input.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first.wrapping_sub(b'0')
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// Takes a text up to the next byte 0xff, which never occurs in UTF-8.
    fn text(&mut self) -> String {
        let mut parts = self.0.splitn(2, |byte| *byte == 0xff);
        let text = parts.next().unwrap_or_default();
        self.0 = parts.next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// Takes a number of two bytes.
    fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }
}

/// Asserts that a terminal prints `text` on one line: it has no control characters and no characters that reorder text.
fn assert_printable(text: &str) {
    let acts = |c: char| {
        let reorders = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'].contains(&c);
        c.is_control() || reorders || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.contains(acts), "{text:?}");
}

/// The API key, which the service may echo.
const KEY: &str = "fuzz-key-0123456789";

/// Redacts an error as a call does, and asserts that it can be printed, has a bounded size, and does not contain the
/// key.
fn assert_safe(error: Error) -> Error {
    assert_printable(&error.to_string());
    let error = internals::redact_error(error, KEY);
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

/// Returns `true` if a text is an identifier that is safe in paths, file names and logs.
fn is_identifier(text: &str) -> bool {
    let is_safe = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-');
    !text.is_empty() && text.len() <= 128 && text.chars().all(is_safe)
}

/// Returns the trimmed text of a field, or `None` if it is blank or not a string.
fn word(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|word| !word.is_empty())
}

/// Parses a body as JSON, independently of the library. Returns `None` for a text with the private markers of
/// `serde_json`, which only that crate interprets.
fn value(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    serde_json::from_str(text).ok().filter(|_| !text.contains("serde_json::private"))
}
