//! The head of a response as text: its end and its lines.

use std::io::BufRead;

/// Maximum total size of the interim responses to a request. A server that sends more is treated as broken.
pub(super) const INTERIM_MAX: usize = 1024 * 1024;

/// The beginning of every response that is parsed.
pub(super) const VERSION: &[u8] = b"HTTP/1.";

/// Returns `true` if `input` is the beginning of a response, or empty. A peer of another protocol may wait for us to go
/// on, so nothing more is read then.
pub(super) fn may_be_http(input: &[u8]) -> bool {
    input.iter().zip(VERSION).all(|(byte, expected)| byte == expected)
}

/// Returns the length of the head at the front of `input`, once it is complete. Lines may end in a bare line feed, as
/// ureq accepts that.
pub(super) fn head_len(input: &[u8]) -> Option<usize> {
    // The first line is the status line.
    lines(input).skip(1).find(|(line, _)| matches!(*line, b"\n" | b"\r\n")).map(|(_, end)| end)
}

/// Returns each line with its line end, and the offset behind it.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let (mut rest, mut end) = (text, 0_usize);
    std::iter::from_fn(move || {
        let all = rest;
        let len = rest.skip_until(b'\n').ok().filter(|len| *len > 0)?;
        end = end.saturating_add(len);
        Some((all.get(..len)?, end))
    })
}
