//! The oracle of journals: truncated journals, journals with inserted bytes, and arbitrary files.

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

/// Checks a file of arbitrary bytes, or a valid journal that is then truncated or modified.
pub fn journal(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => any_file(input.0),
        1 => any_file(&[HEADER, input.0].concat()),
        2 => truncated(input),
        _ => modified(input),
    }
}

/// A temporary file that is deleted when it is dropped.
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

/// Returns four jobs. Two of them are equal, and one uploads a file that exists and does not change.
fn jobs() -> [AnySubmission; 4] {
    let cat = || Image::from_url("https://x.test/cat.jpg").into();
    let file = Image::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).into();
    [cat(), cat(), file, Video::from_url("https://x.test/clip.mp4").into()]
}

fn look_up(journal: &Journal) -> [(Key, EarlierRun); 4] {
    jobs().map(|job| journal.look_up(&job).unwrap())
}

/// Checks a file that may be a journal. Either the journal refuses the file and does not change it, or it knows every
/// job that the file records as accepted.
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
    assert_eq!(scratch.content(), kept, "exactly the complete lines are kept");
    assert!(lines.iter().all(|line| serde_json::from_slice::<&RawValue>(line).is_ok()), "a line is not JSON");
    // A lone surrogate in a report is allowed. `Value` cannot hold it, so these lines are skipped here.
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
            assert!(!matches!(past, EarlierRun::None), "the job would be paid for again");
        }
    }
    if let Err(error) = journal::bind(&journal, "x.test:443") {
        assert_printable(&error.to_string());
    }
}

/// Asserts that a file was refused and not changed. Returns the line number in the error.
fn refused(error: &Error, scratch: &Scratch, content: &[u8]) -> Option<usize> {
    assert_eq!((error.kind(), scratch.content() == content), (ErrorKind::Journal, true));
    let shown = error.to_string();
    assert_printable(&shown);
    let Some(rest) = shown.strip_prefix("journal: line ") else {
        assert!(!content.contains(&b'\n') && shown.ends_with("not a journal"), "{shown}");
        return None;
    };
    let line = rest.split(':').next().unwrap().parse().unwrap();
    assert!((1..=line_ends(content)).contains(&line), "{shown}");
    Some(line)
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// The recorded events of a job.
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

    /// Records an event, if it is possible in the current state of the job.
    fn record(&mut self, journal: &Journal, (number, key): (usize, Key), event: u8) {
        match event % 5 {
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

/// Writes a journal with the events that the input chooses. Returns its content, and, after each event, its length and
/// the histories of the jobs.
fn written(events: &[u8]) -> (Vec<u8>, Vec<(usize, [History; 4])>) {
    let scratch = Scratch::new(b"");
    let journal = scratch.open().unwrap();
    let keys = look_up(&journal).map(|(key, _)| key);
    let mut histories = <[History; 4]>::default();
    let mut known = vec![(HEADER.len(), histories.clone())];
    for event in events.iter().take(64) {
        let number = usize::from(event & 3);
        histories[number].record(&journal, (number, keys[number]), event >> 2);
        let len = fs::metadata(&scratch.0).unwrap().len();
        known.push((usize::try_from(len).unwrap(), histories.clone()));
    }
    (scratch.content(), known)
}

/// Checks a truncated journal, followed by an incomplete line of arbitrary bytes. All complete events are known, and
/// the journal can be continued.
fn truncated(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = written(input.0);
    let at = at % (whole.len() + 1);
    let garbage = garbage.replace('\n', "");
    let content = [&whole[..at], garbage.as_bytes()].concat();
    let scratch = Scratch::new(&content);
    let Some((_, histories)) = known.iter().rfind(|(len, _)| *len <= at) else {
        // The journal was truncated within its first line, so no event was recorded. If too little of that line is
        // left, the file is refused.
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
            for event in next {
                histories[number].record(&journal, (number, *key), event);
            }
        }
    }
    let journal = scratch.open().unwrap();
    for ((_, past), history) in look_up(&journal).iter().zip(histories) {
        history.assert_known(past);
    }
}

/// Checks a journal with inserted bytes. Either an error names the first invalid line, or every job that was paid for
/// is known.
fn modified(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = written(input.0);
    let at = at % (whole.len() + 1);
    let content = [&whole[..at], garbage.as_bytes(), &whole[at..]].concat();
    let scratch = Scratch::new(&content);
    match scratch.open() {
        Ok(journal) => {
            let (_, histories) = known.last().unwrap();
            for ((_, past), history) in look_up(&journal).iter().zip(histories) {
                let is_known = !matches!(past, EarlierRun::None | EarlierRun::Changed);
                assert!(history.identifier.is_none() || is_known, "the job would be paid for again");
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
