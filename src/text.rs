//! Foreign text, made safe to be shown.

/// Foreign text as one line that no terminal interprets: control characters and those that reorder or break lines
/// (Unicode's bidirectional controls and separators) are escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.trim().chars() {
        let reorders = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || reorders {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
