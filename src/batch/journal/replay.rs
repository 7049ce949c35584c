//! What a journal says of earlier runs.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use super::error::{failed, unusable};
use super::line::{Event, Line};
use crate::batch::store::{FileVersion, Key};
use crate::error::Result;
use crate::model::identifier::Identifier;

/// The longest line, in bytes: a report has 4 MiB at the most as it comes in, unless somebody allows it more.
pub(super) const LINE_LIMIT: u64 = 16 * 1024 * 1024;

/// What became of each item.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Whose identifiers these are.
    pub(super) service: Option<String>,
    items: HashMap<Key, State>,
    /// The version of its file that each item was submitted with last, by fingerprint and occurrence.
    submitted_files: HashMap<(u128, u32), FileVersion>,
    /// How many of equal jobs this run has come to.
    met: HashMap<u128, u32>,
}

#[derive(Debug, Default)]
struct State {
    entry: Entry,
    /// Whether a submit was begun whose end is not there.
    is_begun: bool,
    /// The position of its last line.
    at: u64,
}

/// What is known of an item.
#[derive(Clone, Debug, Default)]
pub(super) enum Entry {
    #[default]
    None,
    /// Nothing of this version of its file, but of another one.
    Changed,
    /// It was submitted, or may have been.
    Unknown,
    Submitted(Identifier),
    /// The line that has its report.
    Finished {
        at: u64,
        len: usize,
    },
}

impl State {
    fn entry(&self) -> Entry {
        match (&self.entry, self.is_begun) {
            (Entry::None, true) => Entry::Unknown,
            (entry, _) => entry.clone(),
        }
    }

    fn take(&mut self, line: Line<'_>, at: u64, len: usize) -> Option<()> {
        self.at = at;
        match line.event {
            Event::Journal | Event::Service => return None,
            Event::Begin => {
                self.entry = self.entry();
                self.is_begun = true;
                return Some(());
            }
            Event::Submitted => self.entry = Entry::Submitted(line.identifier?.into_owned()),
            Event::Failed if line.may_have_been_sent? => self.entry = Entry::Unknown,
            // What an earlier try left open stays open.
            Event::Failed => {}
            Event::Finished => {
                line.identifier?;
                self.entry = Entry::Finished { at, len };
            }
        }
        self.is_begun = false;
        Some(())
    }
}

impl History {
    /// Reads a journal, and returns how long it is up to the end of its last whole line.
    pub(super) fn read(mut journal: impl BufRead) -> Result<(Self, u64)> {
        let (mut history, mut end) = (Self::default(), 0);
        let mut text = Vec::new();
        for number in 1_u64.. {
            text.clear();
            let read = journal.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut text);
            let len = read.map_err(|error| failed("cannot be read", error))?;
            if text.last() != Some(&b'\n') {
                let is_cut_off = (len as u64) < LINE_LIMIT;
                let header = serde_json::to_vec(&Line::header()).unwrap_or_default();
                // A file of one line is a journal only if that line was clearly going to be a journal's first.
                let is_header = text.is_empty() || (header.starts_with(&text) && text.len() > header.len() / 2);
                return if is_cut_off && (number > 1 || is_header) {
                    history.find_submitted_files();
                    Ok((history, end))
                } else {
                    Err(unusable("the file is no journal"))
                };
            }
            text.pop();
            let line = Line::read(&text);
            let taken = match line {
                Some(line) if number == 1 => line.is_header().then_some(()),
                Some(line) => history.take(line, end, text.len()),
                None => None,
            };
            if taken.is_none() {
                let reason = if number == 1 { "the file is no journal" } else { "a line is not that of a journal" };
                return Err(unusable(&format!("line {number}: {reason}, or of a newer version")));
            }
            end = end.saturating_add(len as u64);
        }
        Ok((history, end))
    }

    fn take(&mut self, line: Line<'_>, at: u64, len: usize) -> Option<()> {
        if line.event == Event::Service {
            self.service = Some(line.service?.into_owned());
            return Some(());
        }
        self.items.entry(line.key()?).or_default().take(line, at, len)
    }

    fn find_submitted_files(&mut self) {
        let submitted = self.items.iter().filter(|(_, state)| !matches!(state.entry(), Entry::None));
        let mut files: Vec<_> = submitted.filter_map(|(key, state)| Some((state.at, key, key.file?))).collect();
        // The last one of an item stays.
        files.sort_unstable_by_key(|(at, ..)| *at);
        self.submitted_files =
            files.into_iter().map(|(_, key, file)| ((key.fingerprint, key.occurrence), file)).collect();
    }

    /// Returns the next job of this fingerprint and what is known of it, with its `file` as it is now. A file that is
    /// gone counts as the one that was submitted last: there is nothing else to submit.
    pub(super) fn next(&mut self, fingerprint: u128, file: Option<FileVersion>) -> (Key, Entry) {
        let met = self.met.entry(fingerprint).or_default();
        let occurrence = *met;
        *met = met.saturating_add(1);
        let submitted = self.submitted_files.get(&(fingerprint, occurrence)).copied();
        let key = Key { fingerprint, occurrence, file: file.or(submitted) };
        match (self.entry(key), submitted) {
            (Entry::None, Some(_)) => (key, Entry::Changed),
            // Lines of the first journals are of whichever version the file has.
            (Entry::None, None) => {
                let key = Key { file: None, ..key };
                (key, self.entry(key))
            }
            (entry, _) => (key, entry),
        }
    }

    fn entry(&self, key: Key) -> Entry {
        self.items.get(&key).map(State::entry).unwrap_or_default()
    }
}
