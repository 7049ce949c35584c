//! Safe display of untrusted text.

/// Returns untrusted text as a single, trimmed line that is safe to print to a terminal.
///
/// Control characters are escaped. So are characters that reorder text, break lines or are invisible: Unicode's
/// bidirectional controls, separators and formatting characters without a width.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.trim().chars() {
        if c.is_control() || is_deceptive(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}
