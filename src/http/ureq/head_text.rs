//! The head of a response as text: where it ends, and its lines.

use std::io::BufRead;

/// How long the interim answers to a request may be together. Who sends more does not mean to answer.
pub(super) const INTERIM_MAX: usize = 1024 * 1024;

/// How long the head of an answer is, if it is there to its end. ureq takes bare line feeds, so this does.
pub(super) fn head_len(input: &[u8]) -> Option<usize> {
    // The first line is that of the status.
    lines(input).skip(1).find(|(line, _)| matches!(*line, b"\n" | b"\r\n")).map(|(_, end)| end)
}

/// Lines with their ends, and where these are.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let (mut rest, mut end) = (text, 0_usize);
    std::iter::from_fn(move || {
        let all = rest;
        let len = rest.skip_until(b'\n').ok().filter(|len| *len > 0)?;
        end = end.saturating_add(len);
        Some((all.get(..len)?, end))
    })
}
