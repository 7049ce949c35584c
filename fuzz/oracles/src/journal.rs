//! Journals that were truncated anywhere or written into, and other files.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use identifai::internals::journal::{self, EarlierRun, Key, Store};
use identifai::{
    AnyReport, AnySubmission, Error, ErrorKind, Identifier, Image, ImageReport, Journal, Video, VideoReport,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Input, assert_printable};

const HEADER: &[u8] = b"{\"event\":\"journal\",\"version\":1}\n";

/// Checks a journal of any bytes, or one that was kept and then truncated or written into.
pub fn journal(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => any_file(input.0),
        1 => any_file(&[HEADER, input.0].concat()),
        2 => torn(input),
        _ => written_into(input),
    }
}

/// A file that is removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(content: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("identifai-fuzz-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn open(&self) -> Result<Journal, Error> {
        Journal::open(&self.0)
    }

    fn content(&self) -> Vec<u8> {
        fs::read(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns four jobs. Two are equal, and one is a file that exists and does not change.
fn jobs() -> [AnySubmission; 4] {
    let cat = || Image::from_url("https://x.test/cat.jpg").into();
    let file = Image::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).into();
    [cat(), cat(), file, Video::from_url("https://x.test/clip.mp4").into()]
}

fn look_up(journal: &Journal) -> [(Key, EarlierRun); 4] {
    jobs().map(|job| journal.look_up(&job).unwrap())
}

/// Checks a file that may be a journal. It is left as it is, or every job that it records as accepted is known.
fn any_file(content: &[u8]) {
    let scratch = Scratch::new(content);
    let journal = match scratch.open() {
        Ok(journal) => journal,
        Err(error) => {
            refused(&error, &scratch, content);
            return;
        }
    };
    let lines: Vec<&[u8]> =
        content.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).collect();
    let kept = if lines.is_empty() { HEADER.to_vec() } else { lines.concat() };
    assert_eq!(scratch.content(), kept, "whole lines");
    assert!(lines.iter().all(|line| serde_json::from_slice::<&RawValue>(line).is_ok()), "a line is not JSON");
    // A line is not refused for half a character in its report, which `Value` cannot hold.
    let lines: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert!(lines.first().is_none_or(|line| line["event"] == "journal" && line["version"] == 1));
    for (key, past) in look_up(&journal) {
        let is_its = |line: &&Value| {
            let job = format!("{:032x}", key.fingerprint);
            line["job"].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&job))
                && line["occurrence"] == key.occurrence
        };
        let is_accepted = |line: &Value| line["event"] == "submitted" || line["event"] == "finished";
        if lines.iter().filter(is_its).any(is_accepted) {
            assert!(!matches!(past, EarlierRun::None), "it would be paid for again");
        }
    }
    if let Err(error) = journal::bind(&journal, "x.test:443") {
        assert_printable(&error.to_string());
    }
}

/// Asserts that a file was refused and left as it is, and returns the number of the line that the error names.
fn refused(error: &Error, scratch: &Scratch, content: &[u8]) -> Option<usize> {
    assert_eq!((error.kind(), scratch.content() == content), (ErrorKind::Journal, true));
    let shown = error.to_string();
    assert_printable(&shown);
    let Some(rest) = shown.strip_prefix("journal: line ") else {
        assert!(!content.contains(&b'\n') && shown.ends_with("the file is no journal"), "{shown}");
        return None;
    };
    let line = rest.split(':').next().unwrap().parse().unwrap();
    assert!((1..=line_ends(content)).contains(&line), "{shown}");
    Some(line)
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// The steps that were recorded of a job.
#[derive(Clone, Default)]
struct History {
    is_begun: bool,
    is_open: bool,
    identifier: Option<Identifier>,
    is_finished: bool,
}

impl History {
    fn assert_known(&self, past: &EarlierRun) {
        let is_known = match past {
            EarlierRun::Finished(report) => self.is_finished && Some(report.identifier()) == self.identifier.as_ref(),
            EarlierRun::Submitted(identifier) => !self.is_finished && self.identifier.as_ref() == Some(identifier),
            EarlierRun::Indeterminate => self.identifier.is_none() && (self.is_begun || self.is_open),
            EarlierRun::None => self.identifier.is_none() && !self.is_begun && !self.is_open,
            EarlierRun::Changed => false,
        };
        assert!(is_known, "{past:?}");
    }

    /// Records the next step, if the job is at a point where it is possible.
    fn step(&mut self, journal: &Journal, (number, key): (usize, Key), what: u8) {
        match what % 5 {
            0 if self.identifier.is_none() => {
                journal.begin(key, &jobs()[number]).unwrap();
                self.is_open |= std::mem::replace(&mut self.is_begun, true);
            }
            1 if self.is_begun => {
                let identifier: Identifier = format!("id-{number}").parse().unwrap();
                journal.submitted(key, &identifier).unwrap();
                (self.is_begun, self.identifier) = (false, Some(identifier));
            }
            2 if self.is_begun => {
                journal::failed(journal, key, ErrorKind::Connect, false).unwrap();
                self.is_begun = false;
            }
            3 if self.is_begun => {
                journal::failed(journal, key, ErrorKind::Timeout, true).unwrap();
                (self.is_begun, self.is_open) = (false, true);
            }
            4 => {
                if let Some(identifier) = &self.identifier {
                    journal.finished(key, &report(number, identifier)).unwrap();
                    self.is_finished = true;
                }
            }
            _ => {}
        }
    }
}

fn report(number: usize, identifier: &Identifier) -> AnyReport {
    let json = format!("{{\"identifier\":\"{identifier}\",\"status\":\"done\",\"name\":\"a\\nb\"}}");
    match number {
        3 => AnyReport::Video(VideoReport::from_json(json).unwrap()),
        _ => AnyReport::Image(ImageReport::from_json(json).unwrap()),
    }
}

/// Keeps a journal with the steps that the input chooses. Returns it, and the histories of the jobs after each step
/// with the length that it had then.
fn kept(steps: &[u8]) -> (Vec<u8>, Vec<(usize, [History; 4])>) {
    let scratch = Scratch::new(b"");
    let journal = scratch.open().unwrap();
    let keys = look_up(&journal).map(|(key, _)| key);
    let mut histories = <[History; 4]>::default();
    let mut known = vec![(HEADER.len(), histories.clone())];
    for step in steps.iter().take(64) {
        let number = usize::from(step & 3);
        histories[number].step(&journal, (number, keys[number]), step >> 2);
        let len = fs::metadata(&scratch.0).unwrap().len();
        known.push((usize::try_from(len).unwrap(), histories.clone()));
    }
    (scratch.content(), known)
}

/// Checks a truncated journal with half a line of any bytes behind it. All that was kept whole is known, and the
/// journal can be continued.
fn torn(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = kept(input.0);
    let at = at % (whole.len() + 1);
    let garbage = garbage.replace('\n', "");
    let content = [&whole[..at], garbage.as_bytes()].concat();
    let scratch = Scratch::new(&content);
    let Some((_, histories)) = known.iter().rfind(|(len, _)| *len <= at) else {
        // The rest of the first line is too short to be recognized, or nothing was recorded.
        return match scratch.open() {
            Ok(journal) => assert!(look_up(&journal).iter().all(|(_, past)| matches!(past, EarlierRun::None))),
            Err(error) => assert_eq!(refused(&error, &scratch, &content), None),
        };
    };
    let mut histories = histories.clone();
    {
        let journal = scratch.open().unwrap();
        for (number, (key, past)) in look_up(&journal).iter().enumerate() {
            histories[number].assert_known(past);
            let next = match past {
                EarlierRun::None | EarlierRun::Changed | EarlierRun::Indeterminate => [0, 1],
                EarlierRun::Submitted(_) | EarlierRun::Finished(_) => [4, 4],
            };
            for what in next {
                histories[number].step(&journal, (number, *key), what);
            }
        }
    }
    let journal = scratch.open().unwrap();
    for ((_, past), history) in look_up(&journal).iter().zip(histories) {
        history.assert_known(past);
    }
}

/// Checks a journal that somebody wrote into. The error names the first line that is not one, or every job that was
/// paid for is known.
fn written_into(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = kept(input.0);
    let at = at % (whole.len() + 1);
    let content = [&whole[..at], garbage.as_bytes(), &whole[at..]].concat();
    let scratch = Scratch::new(&content);
    match scratch.open() {
        Ok(journal) => {
            let (_, histories) = known.last().unwrap();
            for ((_, past), history) in look_up(&journal).iter().zip(histories) {
                let is_known = !matches!(past, EarlierRun::None | EarlierRun::Changed);
                assert!(history.identifier.is_none() || is_known, "it would be paid for again");
            }
        }
        Err(error) => {
            let first = line_ends(&whole[..at]) + 1;
            let line = refused(&error, &scratch, &content);
            assert!(
                line.is_some_and(|line| (first..=first + line_ends(garbage.as_bytes())).contains(&line)),
                "{error}"
            );
        }
    }
}
