//! What of an answer ureq may see, which logs all that it reads at trace level: not the key, whatever the answer is,
//! and of a refusal not what was secret in the URLs that it quotes.

use std::io::BufRead;
use std::ops::Range;

use ::ureq::unversioned::transport::Buffers;

use super::head_text::head_len;
use crate::api_key::{ApiKey, MIN_REDACTABLE_LEN};
use crate::util::encodings::{encodings, other_encodings};

/// As wide as what it covers, since the length of an answer may be told ahead.
const BLOT: u8 = b'*';

/// Over the answer to one request.
#[derive(Debug)]
pub(super) struct KeyMask {
    key: ApiKey,
    secrets: Vec<String>,
    part: Part,
}

/// How far the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    /// Of a success. An identifier may be the hash of a file, and its URL may have that hash, too.
    Success,
    Refusal,
}

impl KeyMask {
    /// Over `secrets` and `key`, but for those that may stand in an answer by chance.
    pub(super) fn new(key: &ApiKey, secrets: &[&str]) -> Self {
        let secrets =
            secrets.iter().filter(|secret| secret.len() >= MIN_REDACTABLE_LEN).map(|secret| (*secret).to_owned());
        Self { key: key.clone(), secrets: secrets.collect(), part: Part::Head }
    }

    /// Covers what has come in, and is in `buffers` to be read. A secret that comes in pieces shows.
    pub(super) fn cover(&mut self, buffers: &mut dyn Buffers) {
        let input = buffers.input();
        let mut body = 0;
        while self.part == Part::Head {
            let rest = input.get(body..).unwrap_or_default();
            let Some(len) = head_len(rest) else { break };
            body = body.saturating_add(len);
            self.part = match rest.get("HTTP/1.1 ".len()) {
                Some(b'1') => Part::Head,
                Some(b'2') => Part::Success,
                _ => Part::Refusal,
            };
        }
        let mut found = Vec::new();
        if self.key.expose().len() >= MIN_REDACTABLE_LEN {
            self.key.encodings().for_each(|form| find(input, 0, form, &mut found));
        }
        if self.part == Part::Refusal {
            for secret in &self.secrets {
                let others = other_encodings(secret);
                encodings(secret, &others).for_each(|form| find(input, body, form, &mut found));
            }
        }
        if !found.is_empty() {
            blot(buffers, found);
        }
    }
}

/// Adds where `text` stands in `input` from `start` on.
fn find(input: &[u8], start: usize, text: &str, found: &mut Vec<Range<usize>>) {
    let Some((first, others)) = text.as_bytes().split_first() else { return };
    let (mut rest, mut end) = (input.get(start..).unwrap_or_default(), start);
    // A heatmap has millions of bytes, and this finds the next one of a kind as fast as there is a way to.
    while let Ok(passed @ 1..) = rest.skip_until(*first) {
        end = end.saturating_add(passed);
        let place = end..end.saturating_add(others.len());
        if input.get(place.clone()) == Some(others) {
            found.push(end.saturating_sub(1)..place.end);
        }
    }
}

/// Writes the input anew, as it is for reading only.
fn blot(buffers: &mut dyn Buffers, places: Vec<Range<usize>>) {
    let mut input = buffers.input().to_vec();
    for place in places {
        input.get_mut(place).unwrap_or_default().fill(BLOT);
    }
    buffers.input_consume(input.len());
    // As much room as there was input.
    if let Some(room) = buffers.input_append_buf().get_mut(..input.len()) {
        room.copy_from_slice(&input);
        buffers.input_appended(input.len());
    }
}

#[cfg(test)]
mod tests {
    use ::ureq::unversioned::transport::LazyBuffers;

    use super::*;

    const KEY: &str = "a/key-of-17-chars";
    const TOKEN: &str = "a-t0ken-of-a-signed-url";

    /// What ureq sees when `pieces` come in one by one and it takes all of each that is past the head.
    fn seen(pieces: &[&str]) -> String {
        let mut key_mask = KeyMask::new(&ApiKey::new(KEY), &[TOKEN, "short"]);
        let mut buffers = LazyBuffers::new(1_000, 1);
        let mut seen = String::new();
        for piece in pieces {
            buffers.input_append_buf()[..piece.len()].copy_from_slice(piece.as_bytes());
            buffers.input_appended(piece.len());
            key_mask.cover(&mut buffers);
            let taken = if key_mask.part == Part::Head { 0 } else { buffers.input().len() };
            seen.push_str(std::str::from_utf8(&buffers.input()[..taken]).unwrap());
            buffers.input_consume(taken);
        }
        seen
    }

    #[test]
    fn the_key_is_covered_wherever_it_stands() {
        for status in ["200 OK", "400 X", "500 X"] {
            let head = format!("HTTP/1.1 {status}\r\nX-Key: ");
            assert_eq!(
                seen(&[&format!("{head}{KEY}\r\n\r\n{KEY}"), "and a\\/key-of-17-chars"]),
                format!("{head}*****************\r\n\r\n*****************and ******************")
            );
            assert_eq!(
                seen(&[&head, KEY, "\r\n\r\n"]),
                format!("{head}*****************\r\n\r\n"),
                "a head is read whole"
            );
        }
    }

    #[test]
    fn a_secret_of_a_url_is_covered_in_what_a_refusal_says() {
        let body = format!("no file at https://x/?s={TOKEN}&t=short");
        let covered = format!("no file at https://x/?s={}&t=short", "*".repeat(TOKEN.len()));
        for interim in ["", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n"] {
            for status in ["302 X", "400 X", "503 X"] {
                let head = format!("{interim}HTTP/1.1 {status}\r\nX: {TOKEN}\r\n\r\n");
                assert_eq!(seen(&[&format!("{head}{body}"), &body]), format!("{head}{covered}{covered}"));
            }
            let success = format!("{interim}HTTP/1.1 200 OK\r\n\r\n{TOKEN}");
            assert_eq!(seen(&[&success]), success, "it may be the identifier");
        }
    }

    #[test]
    fn a_short_key_covers_nothing() {
        let mut buffers = LazyBuffers::new(100, 1);
        buffers.input_append_buf()[..8].copy_from_slice(b"HTTP/1.1");
        buffers.input_appended(8);
        KeyMask::new(&ApiKey::new("HTTP"), &["HTTP"]).cover(&mut buffers);
        assert_eq!(buffers.input(), b"HTTP/1.1");
    }
}
