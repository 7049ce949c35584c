//! The replay of a journal: its lines are read into the states in which earlier runs left the jobs.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use super::error::{failed, unusable};
use super::line::{Event, Line};
use crate::batch::store::{FileVersion, Key};
use crate::error::Result;
use crate::model::identifier::Identifier;

/// The maximum length of a line, in bytes. A report has at most 4 MiB as it is received, unless the client's limit for
/// responses is higher.
pub(super) const LINE_LIMIT: u64 = 16 * 1024 * 1024;

/// The states of all jobs after the earlier runs.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The service to which the journal is bound, as host and port.
    pub(super) service: Option<String>,
    items: HashMap<Key, State>,
    /// The version of the file with which each job was last submitted, by fingerprint and occurrence.
    submitted_files: HashMap<(u128, u32), FileVersion>,
    /// The number of jobs with each fingerprint that this run has looked up.
    looked_up: HashMap<u128, u32>,
}

#[derive(Debug, Default)]
struct State {
    entry: Entry,
    /// If `true`, the journal has the beginning of a submit but not its outcome.
    is_begun: bool,
    /// The position of the job's last line.
    at: u64,
}

/// The state of a job after the earlier runs. See [`EarlierRun`](crate::batch::store::EarlierRun).
#[derive(Clone, Debug, Default)]
pub(super) enum Entry {
    /// The job was not submitted, or the service did not accept it.
    #[default]
    None,
    /// Another version of the job's file was accepted, or may have been.
    Changed,
    /// The service may have accepted the job, but no identifier is known.
    Indeterminate,
    /// The service accepted the job.
    Submitted(Identifier),
    /// The job has a report, in the line at this position and of this length.
    Finished { at: u64, len: usize },
}

impl State {
    fn entry(&self) -> Entry {
        match (&self.entry, self.is_begun) {
            (Entry::None, true) => Entry::Indeterminate,
            (entry, _) => entry.clone(),
        }
    }

    /// Applies a line. Returns `None` if a field is missing.
    fn apply(&mut self, line: Line<'_>, at: u64, len: usize) -> Option<()> {
        self.at = at;
        match line.event {
            Event::Journal | Event::Service => return None,
            Event::Begin => {
                self.entry = self.entry();
                self.is_begun = true;
                return Some(());
            }
            Event::Submitted => self.entry = Entry::Submitted(line.identifier?.into_owned()),
            Event::Failed if line.may_have_been_sent? => self.entry = Entry::Indeterminate,
            // The state from before this attempt stays. It is indeterminate if an earlier attempt was.
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
    /// Reads a journal. Also returns its length up to the end of the last complete line.
    pub(super) fn read(mut journal: impl BufRead) -> Result<(Self, u64)> {
        let (mut history, mut end) = (Self::default(), 0);
        let mut text = Vec::new();
        for number in 1_u64.. {
            text.clear();
            let read = journal.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut text);
            let len = read.map_err(|error| failed("cannot read the file", error))?;
            if text.last() != Some(&b'\n') {
                let is_truncated = (len as u64) < LINE_LIMIT;
                let header = serde_json::to_vec(&Line::header()).unwrap_or_default();
                // A file with a single incomplete line is a journal only if it is empty or contains more than half of
                // the header. Other files must not be overwritten.
                let is_header = text.is_empty() || (header.starts_with(&text) && text.len() > header.len() / 2);
                return if is_truncated && (number > 1 || is_header) {
                    history.find_submitted_files();
                    Ok((history, end))
                } else {
                    Err(unusable("not a journal"))
                };
            }
            text.pop();
            let line = Line::read(&text);
            let applied = match line {
                Some(line) if number == 1 => line.is_header().then_some(()),
                Some(line) => history.apply(line, end, text.len()),
                None => None,
            };
            if applied.is_none() {
                let reason = if number == 1 { "not a journal" } else { "not an entry of a journal" };
                return Err(unusable(&format!("line {number}: {reason}, or one of a newer version")));
            }
            end = end.saturating_add(len as u64);
        }
        Ok((history, end))
    }

    fn apply(&mut self, line: Line<'_>, at: u64, len: usize) -> Option<()> {
        if line.event == Event::Service {
            self.service = Some(line.service?.into_owned());
            return Some(());
        }
        self.items.entry(line.key()?).or_default().apply(line, at, len)
    }

    fn find_submitted_files(&mut self) {
        let submitted = self.items.iter().filter(|(_, state)| !matches!(state.entry(), Entry::None));
        let mut files: Vec<_> = submitted.filter_map(|(key, state)| Some((state.at, key, key.file?))).collect();
        // In this order, the map keeps the last version of each job.
        files.sort_unstable_by_key(|(at, ..)| *at);
        self.submitted_files =
            files.into_iter().map(|(_, key, file)| ((key.fingerprint, key.occurrence), file)).collect();
    }

    /// Returns the key and the state of the next job with this fingerprint. `file` is the current version of its file.
    /// If the file does not exist any more, the version that was submitted last is used, because no other can be
    /// submitted.
    pub(super) fn next(&mut self, fingerprint: u128, file: Option<FileVersion>) -> (Key, Entry) {
        let looked_up = self.looked_up.entry(fingerprint).or_default();
        let occurrence = *looked_up;
        *looked_up = looked_up.saturating_add(1);
        let submitted = self.submitted_files.get(&(fingerprint, occurrence)).copied();
        let key = Key { fingerprint, occurrence, file: file.or(submitted) };
        match (self.entry(key), submitted) {
            (Entry::None, Some(_)) => (key, Entry::Changed),
            // Lines of older journals contain no versions and apply to any version of the file.
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
