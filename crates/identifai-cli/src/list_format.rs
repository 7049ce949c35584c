//! Detection of lists and lines in other formats than one item per line, before any item is submitted and paid for.

use std::path::Path;

use identifai::Format;

const UTF_16: &str = "the list must be UTF-8, not UTF-16 (in PowerShell: `Out-File -Encoding utf8`)";
const NUL: &str = "contains a NUL byte; write UTF-8 text with one item per line (not `find -print0`)";
const ARRAY: &str = "a JSON array; write one object per line, for example with `jq -c '.[]'`";
const MULTI_LINE: &str = "an object on several lines; write each object on one line, for example with `jq -c .`";
const QUOTED: &str = "text in quotes; write the URL or path without them, for example with `jq -r`";
const COLUMNS: &str = "several columns, as in CSV; write only the URL or path, or an object such as \
    {\"input\": \"cat.png\", \"ref_id\": \"17\"} (also for a URL that contains such a comma)";

const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// The maximum number of separators that are examined in a line, which may have a MiB of them.
const MAX_SEPARATORS: usize = 16;

/// Returns the reason why a list with this line cannot be used: the line has NUL bytes or is UTF-16. Returns `None` if
/// the line is text. `number` is the number of the line, counted from 1.
pub(crate) fn not_text_reason(line: &[u8], number: u64) -> Option<String> {
    let is_marked = number == 1 && (line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff"));
    if !line.contains(&0) {
        // In UTF-16, every ASCII character and every line ending contains a NUL byte. A marked line without one may be
        // a file name that begins with the bytes of the mark.
        let is_name = !line.contains(&b'\n') && exists(line);
        return (is_marked && !is_name).then(|| UTF_16.to_owned());
    }
    // In little-endian UTF-16, a line ends between the two bytes of the line feed, so the next line begins with the
    // second byte. The NUL bytes may therefore be at even or at odd positions.
    let (even, odd) = line.chunks_exact(2).fold((0, 0), |(even, odd), pair| match pair {
        [0, 0] => (even + 1, odd + 1),
        [0, _] => (even + 1, odd),
        [_, 0] => (even, odd + 1),
        _ => (even, odd),
    });
    let is_utf_16 = is_marked || (even.min(odd) == 0 && even.max(odd) >= (line.len() / 4).max(1));
    Some(if is_utf_16 { UTF_16.to_owned() } else { format!("line {number}: {NUL}") })
}

#[cfg(unix)]
fn exists(line: &[u8]) -> bool {
    let name = std::os::unix::ffi::OsStrExt::from_bytes(line);
    Path::new::<std::ffi::OsStr>(name).exists()
}

#[cfg(not(unix))]
fn exists(_: &[u8]) -> bool {
    false
}

/// Returns the reason why a line belongs to another format, such as CSV or a JSON array. Returns `None` if a file of
/// that name exists, or if the line may be a URL that contains a separator.
pub(crate) fn other_format_reason(line: &str) -> Option<&'static str> {
    let reason = match line.chars().next()? {
        '[' => ARRAY,
        ']' | '}' => MULTI_LINE,
        '{' if line == "{" || line.ends_with(',') => MULTI_LINE,
        '{' => return None,
        quote @ ('"' | '\'') if is_quoted(line, quote) => QUOTED,
        _ if has_columns(line) => COLUMNS,
        _ => return None,
    };
    (!Path::new(line).exists()).then_some(reason)
}

/// Checks for a single quoted text, optionally followed by a comma, as in an array. A line of CSV has further columns.
fn is_quoted(line: &str, quote: char) -> bool {
    let line = line.strip_suffix(',').unwrap_or(line);
    let inner = line.strip_prefix(quote).and_then(|line| line.strip_suffix(quote));
    inner.is_some_and(|inner| !inner.contains(quote))
}

/// Checks for several columns, as far as they can be distinguished from a URL or path that contains a separator.
fn has_columns(line: &str) -> bool {
    if !line.contains(SEPARATORS) {
        return false;
    }
    if line.contains('\t') || line.starts_with('"') {
        return true;
    }
    let mut splits = line.match_indices(SEPARATORS).take(MAX_SEPARATORS).map(|(at, _)| {
        let (before, after) = line.split_at_checked(at).unwrap_or((line, ""));
        (before.trim_end(), after.trim_start_matches(SEPARATORS))
    });
    if !begins_url(line) {
        // A path does not contain a URL, so a URL after a separator is a column.
        let is_header = !line.contains(['.', '/', '\\']);
        return is_header
            || splits.any(|(before, after)| {
                begins_url(after.trim_start_matches([' ', '"']))
                    || Format::from_extension(before).is_some()
                    || Path::new(before).is_file()
            });
    }
    splits.any(|(before, after)| {
        // After a `?` or `#`, or if the text before it does not end in a file name, a separator may be a part of the
        // URL. If a blank or a quote follows it, it is never a part of the URL.
        let is_whole = !before.contains(['?', '#']) && Format::from_extension(before).is_some();
        after.starts_with([' ', '"']) || (is_whole && (begins_url(after) || !after.contains(['=', '?'])))
    })
}

fn begins_url(text: &str) -> bool {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|text| text.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_another_format_is_detected() {
        let table = [
            (ARRAY, &["[", r#"["https://x.test/a.jpg"]"#, r#"[{"input": "https://x.test/a.jpg"},"#][..]),
            (MULTI_LINE, &["{", "]", "}", "},", r#"{"input": "https://x.test/a.jpg"},"#]),
            (QUOTED, &[r#""https://x.test/a.jpg""#, r#""cat.png","#, "'cat.png'"]),
            (
                COLUMNS,
                &[
                    "url,label",
                    "url;label",
                    "url\tlabel",
                    ",url,label",
                    "https://x.test/a.jpg,human",
                    "https://x.test/a.JPG, human",
                    "https://x.test/a.jpg;human",
                    "https://x.test/a.mp4,n/a",
                    "https://x.test/a.jpg,1.jpg",
                    "https://x.test/a.jpg,",
                    "https://x.test/w_400,h_300/a.jpg,human",
                    "https://x.test/a, human",
                    "https://x.test/a.jpg,https://x.test/b?c=1",
                    "https://x.test/a\thuman",
                    "https://x.test/a?b=1,\"a human\"",
                    "human,https://x.test/a",
                    "0,https://x.test/a,human",
                    r#""https://x.test/a","human""#,
                    "cat.png,human",
                    "pictures/cat.png;human",
                    "cat, 2026.png,human",
                ],
            ),
        ];
        for (reason, lines) in table {
            for line in lines {
                assert_eq!(other_format_reason(line), Some(reason), "{line}");
            }
        }
    }

    #[test]
    fn url_or_missing_file_with_commas_is_accepted() {
        for line in [
            "https://x.test/w_400,h_300,c_fill/cat.jpg",
            "https://x.test/cat,dog",
            "https://x.test/cat,dog.jpg",
            "https://x.test/id/!300,300/0/default.jpg",
            "https://x.test/@45.46,9.19,15z",
            "https://x.test/cat.jpg?size=1,2",
            "https://x.test/cat.jpg?from=https://y.test/a,https://z.test/b",
            "https://x.test/cat.jpg;jsessionid=1",
            "https://x.test/cdn-cgi/image/fit=cover,width=80/https://y.test/a.jpg",
            "https://x.test/cat.jpg#a,b",
            "HTTPS://x.test/cat?of=a.jpg,b",
            "HTTP://\u{e9}.test/cat,dog",
            "no such directory/cat, 2026.png",
            "cat.png",
            r#"{"input": "https://x.test/a.jpg,human"}"#,
            "it's.png",
        ] {
            assert_eq!(other_format_reason(line), None, "{line}");
        }
    }

    #[test]
    fn utf_16_is_distinguished_from_other_nul_bytes() {
        let encoded = |text: &str, encode: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(encode).collect::<Vec<_>>();
        let text = "https://x.test/caf\u{e9}\u{732b}.jpg\r\n";
        for encode in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            for text in [text.to_owned(), format!("\u{feff}{text}"), "\u{feff}\u{732b}".to_owned()] {
                assert_eq!(not_text_reason(&encoded(&text, encode), 1).as_deref(), Some(UTF_16), "{text}");
            }
            // A line after the first one may begin with the second byte of a line feed.
            assert_eq!(not_text_reason(&encoded(text, encode)[1..], 2).as_deref(), Some(UTF_16));
        }
        for (line, number) in [(&b"cat.png\0dog.png\0"[..], 1), (b"\0\0\0\x20ftypisom", 1), (b"cat\0.png", 7)] {
            let reason = not_text_reason(line, number).unwrap();
            assert_eq!(reason, format!("line {number}: {NUL}"), "{line:?}");
        }
        for line in ["", "cat.png", "https://x.test/\u{732b}"] {
            assert_eq!(not_text_reason(line.as_bytes(), 1), None);
        }
    }
}
