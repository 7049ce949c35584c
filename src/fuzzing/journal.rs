//! Journals that were cut off anywhere, that somebody wrote into, and files that are none.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Input, assert_printable};
use crate::batch::job::Job;
use crate::batch::journal::Journal;
use crate::batch::store::{Key, Past, Record};
use crate::error::{Error, ErrorKind};
use crate::model::identifier::Identifier;
use crate::model::medium::{Image, Video};
use crate::model::report::any::AnyReport;
use crate::model::report::image::ImageReport;
use crate::model::report::video::VideoReport;

const HEADER: &[u8] = b"{\"event\":\"journal\",\"version\":1}\n";

/// A journal of any bytes; or one that was kept, and then cut off or written into.
pub fn journal(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => any_file(input.0),
        1 => any_file(&[HEADER, input.0].concat()),
        2 => torn(input),
        _ => written_into(input),
    }
}

/// A file that is gone with its test.
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

/// Four items, of which two are equal, and one is a file that is there and does not change.
fn jobs() -> [Job; 4] {
    let cat = || Image::from_url("https://x.test/cat.jpg").into();
    let file = Image::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).into();
    [cat(), cat(), file, Video::from_url("https://x.test/clip.mp4").into()]
}

fn look_up(journal: &Journal) -> [(Key, Past); 4] {
    jobs().map(|job| journal.look_up(&job).unwrap())
}

/// A file that may be a journal: it is left as it is, or nothing that it says to be accepted is forgotten.
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
    assert!(lines.iter().all(|line| serde_json::from_slice::<&RawValue>(line).is_ok()), "nothing that is no line");
    // Half a character in a report is no reason to refuse its line.
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
            assert!(!matches!(past, Past::None), "it would be paid for again");
        }
    }
    if let Err(error) = journal.bind("x.test:443") {
        assert_printable(&error.to_string());
    }
}

/// Checks that a file was refused and left as it is, and returns which line is to blame.
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

/// What happened to an item.
#[derive(Clone, Default)]
struct Fate {
    is_begun: bool,
    is_open: bool,
    identifier: Option<Identifier>,
    is_finished: bool,
}

impl Fate {
    fn assert_known(&self, past: &Past) {
        let is_known = match past {
            Past::Finished(report) => self.is_finished && Some(report.identifier()) == self.identifier.as_ref(),
            Past::Submitted(identifier) => !self.is_finished && self.identifier.as_ref() == Some(identifier),
            Past::Unknown => self.identifier.is_none() && (self.is_begun || self.is_open),
            Past::None => self.identifier.is_none() && !self.is_begun && !self.is_open,
            Past::Changed => false,
        };
        assert!(is_known, "{past:?}");
    }

    /// Keeps the next step, if it can be that: a begin, or what comes of it.
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
                journal.failed(key, &Error::new(ErrorKind::Connect, "no")).unwrap();
                self.is_begun = false;
            }
            3 if self.is_begun => {
                journal.failed(key, &Error::new(ErrorKind::Timeout, "no").or_sent(true)).unwrap();
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

/// A journal with the steps that the input chooses, and what was known of each item when it was how long.
fn kept(steps: &[u8]) -> (Vec<u8>, Vec<(usize, [Fate; 4])>) {
    let scratch = Scratch::new(b"");
    let journal = scratch.open().unwrap();
    let keys = look_up(&journal).map(|(key, _)| key);
    let mut fates = <[Fate; 4]>::default();
    let mut known = vec![(HEADER.len(), fates.clone())];
    for step in steps.iter().take(64) {
        let number = usize::from(step & 3);
        fates[number].step(&journal, (number, keys[number]), step >> 2);
        let len = fs::metadata(&scratch.0).unwrap().len();
        known.push((usize::try_from(len).unwrap(), fates.clone()));
    }
    (scratch.content(), known)
}

/// A journal that was cut off, with half a line of whatever behind: all that was kept whole is known, and it goes on.
fn torn(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = kept(input.0);
    let at = at % (whole.len() + 1);
    let garbage = garbage.replace('\n', "");
    let content = [&whole[..at], garbage.as_bytes()].concat();
    let scratch = Scratch::new(&content);
    let Some((_, fates)) = known.iter().rfind(|(len, _)| *len <= at) else {
        // Of the first line not enough is left to know it by, or nothing is lost.
        return match scratch.open() {
            Ok(journal) => assert!(look_up(&journal).iter().all(|(_, past)| matches!(past, Past::None))),
            Err(error) => assert_eq!(refused(&error, &scratch, &content), None),
        };
    };
    let mut fates = fates.clone();
    {
        let journal = scratch.open().unwrap();
        for (number, (key, past)) in look_up(&journal).iter().enumerate() {
            fates[number].assert_known(past);
            let next = match past {
                Past::None | Past::Changed | Past::Unknown => [0, 1],
                Past::Submitted(_) | Past::Finished(_) => [4, 4],
            };
            for what in next {
                fates[number].step(&journal, (number, *key), what);
            }
        }
    }
    let journal = scratch.open().unwrap();
    for ((_, past), fate) in look_up(&journal).iter().zip(fates) {
        fate.assert_known(past);
    }
}

/// A journal that somebody wrote into: the first line that is none is named, or else nothing that was paid for is
/// forgotten.
fn written_into(mut input: Input<'_>) {
    let (at, garbage) = (input.number(), input.text());
    let (whole, known) = kept(input.0);
    let at = at % (whole.len() + 1);
    let content = [&whole[..at], garbage.as_bytes(), &whole[at..]].concat();
    let scratch = Scratch::new(&content);
    match scratch.open() {
        Ok(journal) => {
            let (_, fates) = known.last().unwrap();
            for ((_, past), fate) in look_up(&journal).iter().zip(fates) {
                let is_known = !matches!(past, Past::None | Past::Changed);
                assert!(fate.identifier.is_none() || is_known, "it would be paid for again");
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
