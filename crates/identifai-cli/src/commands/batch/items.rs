//! The items of a batch, which are printed and counted as their outcomes arrive.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use identifai::{Error, ErrorKind, Outcome};
use serde_json::json;

use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::html::{Found, Page, Row};
use crate::ledger::{Entry, Ledger, State};
use crate::output;
use crate::printer::Line;
use crate::progress::Progress;

/// The maximum number of invalid lines reported on standard error, and of corrected names.
const SHOWN: u64 = 10;

/// A line that became a job.
#[derive(Default)]
struct Item {
    /// The number of the item among all items, counted from 0.
    index: u64,
    /// The number of its line, counted from 1.
    line: u64,
    input: String,
    file: Option<PathBuf>,
}

/// The items that were read, and their outcomes so far.
pub(super) struct Items {
    board: Progress,
    /// The items in progress, by the index of their job.
    on_their_way: HashMap<u64, Item>,
    /// The items that were not printed yet, shared with the signal thread.
    pub(super) ledger: Ledger,
    jobs: u64,
    pub(super) count: u64,
    corrected: u64,
    totals: Totals,
    /// The number of items with an identifier that could not be written to the journal.
    unrecorded: u64,
    pub(super) status: ExitStatus,
    /// `true` if the rest of the list could not be used.
    pub(super) is_list_unusable: bool,
    /// The kinds of errors that were reported on standard error. Only the first error of each kind is.
    said: HashSet<ErrorKind>,
    /// The error that made standard output unusable.
    pub(super) unread: Option<io::Error>,
    pub(super) page: Option<Page>,
}

/// The numbers of items by outcome.
#[derive(Default)]
struct Totals {
    done: u64,
    failed: u64,
    /// The number of items that may have been submitted and have no identifier.
    unknown: u64,
    /// The number of items that may succeed in another run.
    left: u64,
}

impl Items {
    pub(super) fn new(board: Progress, page: Option<Page>) -> Self {
        Self {
            board,
            page,
            on_their_way: HashMap::new(),
            ledger: Ledger::default(),
            jobs: 0,
            count: 0,
            corrected: 0,
            totals: Totals::default(),
            unrecorded: 0,
            status: ExitStatus::Done,
            is_list_unusable: false,
            said: HashSet::new(),
            unread: None,
        }
    }

    pub(super) fn wants_no_more(&self) -> bool {
        self.is_interrupted() || self.unread.is_some()
    }

    fn is_interrupted(&self) -> bool {
        self.board.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&mut self, line: u64, input: String, file: Option<PathBuf>, what: &'static str) {
        let place = format!("line {line}: ");
        self.ledger.add(self.jobs, Entry { place, what, input: input.clone(), state: State::NotSent });
        self.on_their_way.insert(self.jobs, Item { index: self.count, line, input, file });
        self.jobs += 1;
        self.count += 1;
    }

    /// Reports the reason why the rest of the list cannot be used.
    pub(super) fn end_list(&mut self, reason: &str) {
        self.is_list_unusable = true;
        self.status.raise(ExitStatus::Usage);
        self.board.say(reason);
    }

    /// Reports an upload under a corrected name. Only the first [`SHOWN`] are reported one by one.
    pub(super) fn correct(&mut self, note: &str) {
        match self.corrected {
            0..SHOWN => self.board.say(note),
            SHOWN => self.board.say("more names say another format than the content, and are corrected, too"),
            _ => {}
        }
        self.corrected += 1;
    }

    /// Counts an item with an identifier that could not be written to the journal.
    pub(super) fn count_unrecorded(&mut self) {
        self.unrecorded += 1;
        self.status.raise(ExitStatus::Failed);
    }

    /// Prints the error of a line that does not become a job.
    pub(super) fn refuse(&mut self, line: u64, input: String, file: Option<PathBuf>, reason: &str) {
        let error = output::failure(ErrorKind::InvalidInput.as_str(), reason, false);
        let item = json!({ "index": self.count, "input": input, "error": error });
        self.count += 1;
        self.totals.failed += 1;
        self.status.raise(ExitStatus::Usage);
        match self.board.refused.fetch_add(1, Ordering::Relaxed) {
            0..SHOWN => self.board.say(reason),
            SHOWN => self.board.say("more lines are wrong; standard output names each"),
            _ => {}
        }
        self.write(&item.to_string());
        if let Some(page) = &mut self.page {
            let found = Found::Failure(reason.to_owned());
            page.add(Row { line, input, file, identifier: None, reference: None, found });
        }
    }

    pub(super) fn print(&mut self, outcome: Outcome) {
        let index = outcome.index;
        self.print_outcome(outcome);
        if self.unread.is_none() {
            self.ledger.remove(index);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "an item is an object")]
    fn print_outcome(&mut self, outcome: Outcome) {
        let Item { index, line, input, file } = self.on_their_way.remove(&outcome.index).unwrap_or_default();
        if let Some(page) = &mut self.page {
            let found = Found::of(&outcome.result);
            let (identifier, reference) = (outcome.identifier.clone(), outcome.ref_id);
            page.add(Row { line, input: input.clone(), file, identifier, reference, found });
        }
        match outcome.result {
            Ok(report) => {
                self.totals.done += 1;
                let head = json!({ "index": index, "input": input }).to_string();
                let report = Line::from(&report).json;
                // Merge both objects into one.
                let fields = report.strip_prefix('{').unwrap_or("}");
                self.write(&format!("{},{fields}", head.trim_end_matches('}')));
            }
            Err(error) => {
                self.totals.failed += 1;
                self.totals.unknown += u64::from(error.may_have_been_sent() && outcome.identifier.is_none());
                self.totals.left += u64::from(!is_final(&error));
                self.status.raise(&error);
                if self.said.insert(error.kind()) {
                    self.board.say(&format!("line {line}: {}", error_text::with_body(&error)));
                }
                let mut item = output::failed_item(Some(&input), &error, true);
                item["index"] = index.into();
                if let Some(identifier) = &outcome.identifier {
                    item["identifier"] = identifier.as_str().into();
                }
                self.write(&item.to_string());
            }
        }
    }

    fn write(&mut self, json: &str) {
        if let Err(error) = self.board.beside(|| output::result_json(json)) {
            self.unread.get_or_insert(error);
        }
    }

    /// Prints a summary, and returns the exit status.
    pub(super) fn sum_up(&self, has_journal: bool) -> ExitStatus {
        if self.unread.is_some() {
            return self.status.max(ExitStatus::Failed);
        }
        let Totals { done, failed, unknown, left } = self.totals;
        let not_begun = self.board.total.filter(|_| self.is_interrupted());
        let not_begun = not_begun.map(|total| format!(", {} not begun", total.saturating_sub(self.count)));
        output::note(&format!("{done} with a verdict, {failed} without{}", not_begun.unwrap_or_default()));
        if self.count == 0 && !self.is_interrupted() {
            output::note("the list is empty: there was no line with a URL or a path");
        }
        if unknown > 0 {
            let retry = if has_journal { "; --retry-indeterminate submits them again" } else { "" };
            output::note(&format!("{unknown} may have been submitted, which is not known{retry}"));
        }
        if self.unrecorded > 0 {
            let unrecorded = self.unrecorded;
            output::note(&format!("{unrecorded} printed, but not in the journal, which could not be written"));
        }
        if (self.is_interrupted() || left > 0) && has_journal {
            output::note("the same command goes on: what has a verdict is not submitted again");
        }
        if self.is_interrupted() { ExitStatus::Interrupted } else { self.status }
    }
}

/// Returns `true` if another run would fail with the same error.
fn is_final(error: &Error) -> bool {
    use ErrorKind::{AnalysisFailed, Indeterminate, InvalidInput, NotFound, Rejected};
    matches!(error.kind(), AnalysisFailed | InvalidInput | NotFound | Rejected | Indeterminate)
}
