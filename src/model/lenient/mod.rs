//! Lenient reading of JSON: a field of another type than documented counts as absent.

pub(crate) mod object;
pub(crate) mod value;

use std::borrow::Cow;

/// What a body says as text: without a byte order mark, and without what surrounds the JSON.
pub(crate) fn json_text(body: &[u8]) -> Cow<'_, str> {
    fn trim(text: &str) -> &str {
        text.trim_start_matches('\u{feff}').trim()
    }
    // Nearly all are, and this is the fastest way to see it.
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(trim(text));
    }
    let mut text = String::from_utf8_lossy(body).into_owned();
    // Cut in place: it may be long.
    text.truncate(text.trim_end().len());
    text.drain(..text.len().saturating_sub(trim(&text).len()));
    Cow::Owned(text)
}
