//! Functions that find the end and the lines of a response head.

use std::io::BufRead;

/// Maximum total size of the interim responses to a request. A server that sends more is treated as broken.
pub(super) const INTERIM_MAX: usize = 1024 * 1024;

/// The beginning of every response that this module accepts.
pub(super) const VERSION: &[u8] = b"HTTP/1.";

/// Returns `true` if `input` is empty or the beginning of a response.
///
/// If it is not, nothing more is read: a peer with another protocol may wait for this client to send something.
pub(super) fn may_be_http(input: &[u8]) -> bool {
    input.iter().zip(VERSION).all(|(byte, expected)| byte == expected)
}

/// Returns the length of the head at the beginning of `input`, or `None` if it is incomplete.
///
/// A line may end with a bare line feed, which ureq also accepts.
pub(super) fn head_len(input: &[u8]) -> Option<usize> {
    // The first line is the status line.
    lines(input).skip(1).find(|(line, _)| matches!(*line, b"\n" | b"\r\n")).map(|(_, end)| end)
}

/// Returns each line including its line end, with the offset of the byte after it.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let (mut rest, mut end) = (text, 0_usize);
    std::iter::from_fn(move || {
        let all = rest;
        let len = rest.skip_until(b'\n').ok().filter(|len| *len > 0)?;
        end = end.saturating_add(len);
        Some((all.get(..len)?, end))
    })
}
