//! What no lines of a batch may break, whoever wrote them; for the fuzz target `lines` and its twin among the tests.

// It is called by a fuzz target, and shall panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Map, Value};

use crate::job::{Job, Medium};
use crate::lines::{self, Read};
use crate::options::Options;
use crate::output;

/// The lines of a batch, behind a byte that tells the medium which the command line names.
pub(crate) fn lines(data: &[u8]) {
    let (first, mut source) = data.split_first().map_or((&b'0', data), |(first, rest)| (first, rest));
    let media = [None, Some(Medium::Image), Some(Medium::Video), Some(Medium::Audio)];
    let medium = media[usize::from(first.wrapping_sub(b'0')) % media.len()];
    // None is lost, and none comes out of nothing.
    for bytes in source.split_inclusive(|byte| *byte == b'\n') {
        let line = lines::read_line(&mut source).unwrap().unwrap();
        match (line, std::str::from_utf8(bytes)) {
            (Ok(line), Ok(text)) => {
                assert_eq!(line.trim(), text.trim_end().trim_start_matches('\u{feff}').trim());
                assert!(!line.ends_with('\n'));
                one(&line, medium);
            }
            (Err(reason), text) => assert!(text.is_err(), "{reason}: {text:?}"),
            (Ok(line), Err(_)) => panic!("not what was written: {line}"),
        }
    }
    assert!(lines::read_line(&mut source).unwrap().is_none());
}

/// A line is a job that does all that the line says, or is refused in one line that can be shown.
fn one(line: &str, medium: Option<Medium>) {
    let Read { input, job } = lines::read(line, medium, &Options::default());
    let job = match job {
        Ok(job) => job,
        Err(reason) => {
            let shown = output::shown(&reason);
            assert!(!reason.is_empty() && !shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
            let is_web = identifai::Image::from_url(line.trim()).check().is_ok();
            assert!(!is_web, "{line}: {reason}");
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
                assert!([5, 10, 30].contains(&number.as_u64().unwrap()) && made == Medium::Video);
            }
            ("key_frames_method", Value::String(_)) => assert_eq!(made, Medium::Video),
            (_, Value::Bool(on)) => assert!(shown.contains(&format!("{name}: Some({on})")), "{name} in {shown}"),
            (name, value) => panic!("nothing was made of {name}: {value}"),
        }
    }
}

#[cfg(test)]
#[path = "../../fuzzing/twin.rs"]
mod twin;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_job_that_does_what_it_says_or_an_error_that_can_be_shown() {
        twin::run("lines", 400, lines);
    }
}
