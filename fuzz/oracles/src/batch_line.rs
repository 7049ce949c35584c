//! The oracle of the input lines of the program's `batch` command.

use std::ffi::OsStr;

use identifai_cli::internals::{Line, Submission, count_lines, decode, display_source, escape, parse_line, read_line};
use serde_json::{Map, Value};

/// Checks the lines of a batch. The first byte chooses the media type given on the command line.
pub fn batch_line(data: &[u8]) {
    let (first, mut source) = data.split_first().map_or((&b'0', data), |(first, rest)| (first, rest));
    let media = [None, Some("image"), Some("video"), Some("audio")];
    let medium = media[usize::from(first.wrapping_sub(b'0')) % media.len()];
    check_list(source);
    // Reads back exactly the lines of the source.
    for bytes in source.split_inclusive(|byte| *byte == b'\n') {
        let line = read_line(&mut source).unwrap().unwrap();
        let mut expected = bytes;
        while let Some(shorter) = expected.strip_suffix(b"\n").or_else(|| expected.strip_suffix(b"\r")) {
            expected = shorter;
        }
        while let Some(shorter) = expected.strip_prefix("\u{feff}".as_bytes()) {
            expected = shorter;
        }
        assert_eq!(line, expected);
        match decode(line) {
            Ok(line) => check_line(&line, medium),
            Err(reason) => assert!(std::str::from_utf8(bytes).is_err(), "{reason}: {bytes:?}"),
        }
    }
    assert!(read_line(&mut source).unwrap().is_none());
}

/// Asserts the result of counting a list's lines. Without an error, it counts all lines that are not blank. With an error,
/// counting stopped at a line that is not text, or the first line was refused.
fn check_list(source: &[u8]) {
    let (count, reason) = count_lines(source).unwrap();
    let lines = source.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(line).replace('\u{feff}', ""));
    let all = lines.filter(|line| !line.trim().is_empty()).count();
    match reason {
        None => assert!(count == all && !source.contains(&0)),
        Some(reason) => assert!(count < all && (count == 0 || source.contains(&0)), "{reason}"),
    }
}

/// Asserts that a line becomes a submission with all options of the line, or an error that can be printed on one line.
fn check_line(line: &OsStr, medium: Option<&str>) {
    let Line { input, file, submission } = parse_line(line, medium);
    assert!(file.is_none_or(|file| display_source(file.as_os_str()) == input));
    let is_utf_8 = line.to_str().is_some();
    let line = &display_source(line);
    let Submission { medium: made, checked } = match submission {
        Ok(submission) => submission,
        Err(reason) => {
            let shown = escape(&reason);
            assert!(!reason.is_empty() && !shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
            let is_web = identifai::Image::from_url(line.trim()).check().is_ok();
            let is_known = line.contains([',', ';']) || reason.contains("does not document");
            let is_known = is_known || reason.contains("expected an image, video or audio file");
            assert!(!is_web || !is_utf_8 || is_known, "{line}: {reason}");
            return;
        }
    };
    let shown = checked.unwrap();
    if !line.trim().starts_with('{') {
        assert_eq!(input, line.trim());
        assert!(medium.is_none_or(|medium| medium == made), "{line}");
        return;
    }
    let fields: Map<String, Value> = serde_json::from_str(line.trim()).unwrap();
    assert_eq!(fields["input"], input);
    for (name, value) in fields {
        match (name.as_str(), value) {
            (_, Value::Null) | ("input" | "any_format", _) => {}
            ("medium", value) => assert_eq!(value, made),
            ("ref_id" | "webhook_url", Value::String(_)) => {
                assert!(shown.contains(&format!("{name}: Some")), "{shown}");
            }
            ("frames", Value::Number(number)) => {
                assert!([5.0, 10.0, 30.0].contains(&number.as_f64().unwrap()) && made == "video");
            }
            ("key_frames_method", Value::String(_)) => assert_eq!(made, "video"),
            (_, Value::Bool(on)) => assert!(shown.contains(&format!("\"{name}\": \"{on}\"")), "{name} in {shown}"),
            (name, value) => panic!("{name} is ignored: {value}"),
        }
    }
}
