//! Text, which is never media, whatever its name says.

/// Heads shorter than this say too little about texts that are not UTF-8.
const SHORTEST: usize = 16;
/// Binary data of this length without a single control character does not occur: one byte in ten is one.
const SURE: usize = 256;

/// Returns `true` if a file that begins with `head` is plain text: UTF-8, UTF-16 with a byte order mark, or an 8-bit or
/// multi-byte encoding without control characters.
pub(super) fn is_text(head: &[u8]) -> bool {
    match head {
        [] => false,
        [0xff, 0xfe, rest @ ..] => is_utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => is_utf_16(rest, u16::from_be_bytes),
        head if !head.iter().copied().all(is_printable) => false,
        head => is_utf_8(head) || is_legacy(head),
    }
}

/// Terminals know more control characters, but texts have these only: tab, line breaks, form feed, and the escape of
/// ISO 2022.
fn is_printable(byte: u8) -> bool {
    !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

/// The end of the head may split a character.
fn is_utf_8(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none() && error.valid_up_to() > 0, |_| true)
}

fn is_utf_16(rest: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let units = rest.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let count = rest.len() / 2;
    char::decode_utf16(units).enumerate().all(|(at, decoded)| match decoded {
        Ok(c) => u8::try_from(c).map_or(c != '\u{fffe}' && c != '\u{ffff}', is_printable),
        // A character that the end of the head splits.
        Err(error) => at.saturating_add(1) >= count && (0xd800..0xdc00).contains(&error.unpaired_surrogate()),
    })
}

fn is_legacy(head: &[u8]) -> bool {
    let foreign = head.iter().filter(|byte| !byte.is_ascii()).count();
    head.len() >= SURE || (head.len() >= SHORTEST && foreign.saturating_mul(3) < head.len())
}
