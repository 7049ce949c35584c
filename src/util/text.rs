//! Foreign text, made safe to be shown.

/// Foreign text as one line that no terminal interprets: control characters are escaped, and so are those that reorder
/// or break lines, or cannot be seen (Unicode's bidirectional controls, separators and formats without a width).
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.trim().chars() {
        if c.is_control() || is_odd(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

fn is_odd(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}
