//! Detection of plain text, which is refused under any extension, unless any format is allowed. For example, a failed
//! download may have left an error page under the name of a video.

/// The minimum number of bytes by which text in an encoding other than UTF-8 and UTF-16 is recognized.
const SHORTEST: usize = 16;
/// The number of bytes without a control character that are certainly text. In binary data, about one byte in ten is a
/// control character.
const SURE: usize = 256;

/// Returns `true` if a file that begins with `head` is plain text.
///
/// The text may be UTF-8, UTF-16 with a byte order mark, or an 8-bit or multi-byte encoding without control characters.
pub(super) fn is_text(head: &[u8]) -> bool {
    match head {
        [] => false,
        [0xff, 0xfe, rest @ ..] => is_utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => is_utf_16(rest, u16::from_be_bytes),
        head if !head.iter().copied().all(is_printable) => false,
        head => is_utf_8(head) || is_legacy(head),
    }
}

/// Returns `true` if a file is probably text although [`is_text`] did not recognize it. It must be called only if no
/// other format was detected.
///
/// Such text contains a few bytes that do not occur in plain text, is UTF-16 or UTF-32 without a byte order mark, or is
/// too short for [`is_text`] to recognize the encoding.
pub(super) fn is_unclean_text(head: &[u8]) -> bool {
    if head.is_empty() {
        return false;
    }
    // Bell, backspace, vertical tab, and the end-of-file character of DOS.
    let is_in_texts = |byte: u8| is_printable(byte) || matches!(byte, 0x07 | 0x08 | 0x0b | 0x1a);
    let unprintable = head.iter().filter(|byte| !is_in_texts(**byte)).count();
    let foreign = head.iter().filter(|byte| !byte.is_ascii()).count();
    let letters = head.len().saturating_sub(foreign).saturating_sub(unprintable);
    // Binary data can consist mostly of letters, such as silence in MPEG audio. So the share of unprintable bytes is
    // limited.
    let most = head.len().checked_div(64).unwrap_or_default().saturating_add(2);
    let is_mostly_letters = unprintable <= most && unprintable.saturating_mul(4) <= letters;
    unprintable == 0 || (is_mostly_letters && (foreign == 0 || is_utf_8(head))) || is_wide(head)
}

/// Returns `true` if the text is UTF-16 without a byte order mark, or UTF-32 with or without one. At least three
/// quarters of the characters must be ASCII.
fn is_wide(head: &[u8]) -> bool {
    let has_most = |width: usize, at: usize| {
        let is_ascii = |unit: &&[u8]| {
            unit.iter()
                .enumerate()
                .all(|(index, byte)| if index == at { byte.is_ascii() && is_printable(*byte) } else { *byte == 0 })
        };
        let ascii = head.chunks_exact(width).filter(is_ascii).count();
        ascii.saturating_mul(width).saturating_mul(4) >= head.len().saturating_mul(3) && ascii > 1
    };
    [(2, 0), (2, 1), (4, 0), (4, 3)].into_iter().any(|(width, at)| has_most(width, at))
}

/// Returns `true` unless the byte is a control character that does not occur in text. The control characters of text
/// are tab, line feed, carriage return, form feed, and the escape character of ISO 2022.
fn is_printable(byte: u8) -> bool {
    !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

/// Returns `true` if `head` is UTF-8. The last character may be incomplete, because the end of `head` may split it.
fn is_utf_8(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none() && error.valid_up_to() > 0, |_| true)
}

/// Returns `true` if the bytes after a byte order mark are UTF-16 in the byte order of `unit`, without control
/// characters.
fn is_utf_16(rest: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let units = rest.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let count = rest.len() / 2;
    char::decode_utf16(units).enumerate().all(|(at, decoded)| match decoded {
        Ok(c) => u8::try_from(c).map_or(c != '\u{fffe}' && c != '\u{ffff}', is_printable),
        // The end of the head may split the last character.
        Err(error) => at.saturating_add(1) >= count && (0xd800..0xdc00).contains(&error.unpaired_surrogate()),
    })
}

/// Returns `true` if bytes without control characters are text in an encoding other than UTF-8 and UTF-16.
fn is_legacy(head: &[u8]) -> bool {
    let foreign = head.iter().filter(|byte| !byte.is_ascii()).count();
    head.len() >= SURE || (head.len() >= SHORTEST && foreign.saturating_mul(3) < head.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide<const N: usize>(text: &str, unit: impl Fn(u32) -> [u8; N]) -> Vec<u8> {
        text.chars().flat_map(|c| unit(u32::from(c))).collect()
    }

    #[test]
    fn text_with_some_control_characters_is_text() {
        let page = "<!doctype html><title>404</title>".repeat(100);
        let le = |c: u32| u16::try_from(c).unwrap().to_le_bytes();
        let be = |c: u32| u16::try_from(c).unwrap().to_be_bytes();
        let says = "<p>Not found: caf\u{e9}</p>\r\n";
        let texts: [Vec<u8>; 15] = [
            format!("{page}\0").into(),
            format!("{says}\0{page}").into(),
            b"file not found\r\n\x1a".to_vec(),
            b"HTTP/1.1 404 Not Found\r\n\x07\x08<html>".to_vec(),
            b"N\x08NA\x08A".to_vec(),
            b"one page\x0banother\n".repeat(30),
            wide(says, le),
            wide(says, be),
            wide(says, u32::to_le_bytes),
            wide(says, u32::to_be_bytes),
            wide("\u{feff}<html>", u32::to_le_bytes),
            // Texts in Shift JIS, Big5 and KOI8 that are too short for `is_text` to recognize the encoding.
            b"\x8c\xa9\x82\xc2\x82\xa9\x82\xe8\x82\xdc\x82\xb9\x82\xf1".repeat(8),
            b"\xa7\xe4\xa4\xa3\xa8\xec".to_vec(),
            b"\xe6\xc1\xca\xcc \xce\xc5".to_vec(),
            b"\xe9".repeat(30),
        ];
        for text in &texts {
            assert!(is_unclean_text(text), "{text:x?}");
        }
    }

    #[test]
    fn binary_data_is_not_text() {
        let silence = [&b"\xff\xfb\xe0\x04"[..], &[0; 32], &[b'U'; 1_008]].concat();
        let noise: Vec<u8> = (0..300_u32).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        let pcm: Vec<u8> = (0..1_000_u16).flat_map(|n| (n % 97).to_le_bytes()).collect();
        let data: [&[u8]; 7] = [
            b"",
            b"\0",
            &[0; 5_000],
            &silence[900..].iter().chain(&silence.repeat(3)).copied().collect::<Vec<_>>(),
            &noise,
            &pcm,
            b"\0\0\0\x20ftypheic\0\0\0\0mif1",
        ];
        for data in data {
            assert!(!is_unclean_text(data), "{data:x?}");
        }
    }
}
