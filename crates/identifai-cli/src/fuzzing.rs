//! What no lines of a batch may break, whoever wrote them; for the fuzz target `lines` and its twin among the tests.

// It is called by a fuzz target, and shall panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;

use serde_json::{Map, Value};

use crate::job::{Job, Medium};
use crate::lines::{self, List, Next, Read};
use crate::options::Options;
use crate::{names, output};

/// The lines of a batch, behind a byte that tells the medium which the command line names.
pub(crate) fn lines(data: &[u8]) {
    let (first, mut source) = data.split_first().map_or((&b'0', data), |(first, rest)| (first, rest));
    let media = [None, Some(Medium::Image), Some(Medium::Video), Some(Medium::Audio)];
    let medium = media[usize::from(first.wrapping_sub(b'0')) % media.len()];
    whole(source);
    // None is lost, and none comes out of nothing.
    for bytes in source.split_inclusive(|byte| *byte == b'\n') {
        let line = lines::read_line(&mut source).unwrap().unwrap().line;
        let mut expected = bytes;
        while let Some(shorter) = expected.strip_suffix(b"\n").or_else(|| expected.strip_suffix(b"\r")) {
            expected = shorter;
        }
        while let Some(shorter) = expected.strip_prefix("\u{feff}".as_bytes()) {
            expected = shorter;
        }
        assert_eq!(line, expected);
        match lines::text(line) {
            Ok(line) => one(&line, medium),
            Err(reason) => assert!(std::str::from_utf8(bytes).is_err(), "{reason}: {bytes:?}"),
        }
    }
    assert!(lines::read_line(&mut source).unwrap().is_none());
}

/// A list has each of its lines that is not blank, up to one that is not text; or it is refused at its first one.
fn whole(source: &[u8]) {
    let mut list = List::new(source);
    let mut count = 0;
    let reason = loop {
        match list.next().unwrap() {
            Next::Line(..) => count += 1,
            Next::Unusable(reason) => break Some(reason),
            Next::NotYet | Next::End => break None,
        }
    };
    let lines = source.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(line).replace('\u{feff}', ""));
    let all = lines.filter(|line| !line.trim().is_empty()).count();
    match reason {
        None => assert!(count == all && !source.contains(&0)),
        Some(reason) => assert!(count < all && (count == 0 || source.contains(&0)), "{reason}"),
    }
}

/// A line is a job that does all that the line says, or is refused in one line that can be shown.
fn one(line: &OsStr, medium: Option<Medium>) {
    let Read { input, file, job } = lines::read(line, medium, &Options::default());
    assert!(file.is_none_or(|file| names::shown(file.as_os_str()) == input));
    let is_utf_8 = line.to_str().is_some();
    let line = &names::shown(line);
    let job = match job {
        Ok(job) => job,
        Err(reason) => {
            let shown = output::shown(&reason);
            assert!(!reason.is_empty() && !shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
            let is_web = identifai::Image::from_url(line.trim()).check().is_ok();
            let is_known = line.contains([',', ';']) || reason.contains("does not document");
            assert!(!is_web || !is_utf_8 || is_known, "{line}: {reason}");
            return;
        }
    };
    let (made, shown) = match &job {
        Job::Image(job) => (Medium::Image, job.check().map(|()| format!("{job:?}"))),
        Job::Video(job) => (Medium::Video, job.check().map(|()| format!("{job:?}"))),
        Job::Audio(job) => (Medium::Audio, job.check().map(|()| format!("{job:?}"))),
    };
    let shown = shown.unwrap();
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
            ("medium", value) => assert_eq!(value, made.name()),
            ("ref_id" | "webhook_url", Value::String(_)) => {
                assert!(shown.contains(&format!("{name}: Some")), "{shown}");
            }
            ("frames", Value::Number(number)) => {
                assert!([5.0, 10.0, 30.0].contains(&number.as_f64().unwrap()) && made == Medium::Video);
            }
            ("key_frames_method", Value::String(_)) => assert_eq!(made, Medium::Video),
            (_, Value::Bool(on)) => assert!(shown.contains(&format!("{name}: Some({on})")), "{name} in {shown}"),
            (name, value) => panic!("nothing was made of {name}: {value}"),
        }
    }
}

#[cfg(test)]
#[path = "../../../src/fuzzing/twin.rs"]
mod twin;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_job_that_does_what_it_says_or_an_error_that_can_be_shown() {
        twin::run("lines", 400, lines);
    }
}
