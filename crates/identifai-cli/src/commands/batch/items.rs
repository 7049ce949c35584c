//! The items of a batch, which are printed and counted as their outcomes arrive.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use identifai::{Error, ErrorKind, Outcome};
use serde_json::json;

use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::html::{Page, Row, RowOutcome};
use crate::ledger::{Entry, Ledger, State};
use crate::output;
use crate::printer::Line;
use crate::progress::Progress;

/// The maximum number of invalid lines reported on standard error, and of corrected names.
const MAX_NOTES: u64 = 10;

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
    progress: Progress,
    /// The items in progress, by the index of their job.
    in_progress: HashMap<u64, Item>,
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
    /// The kinds of errors that were reported on standard error. Only the first error of each kind is reported.
    reported: HashSet<ErrorKind>,
    /// The error that made standard output unusable.
    pub(super) output_error: Option<io::Error>,
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
    pub(super) fn new(progress: Progress, page: Option<Page>) -> Self {
        Self {
            progress,
            page,
            in_progress: HashMap::new(),
            ledger: Ledger::default(),
            jobs: 0,
            count: 0,
            corrected: 0,
            totals: Totals::default(),
            unrecorded: 0,
            status: ExitStatus::Done,
            is_list_unusable: false,
            reported: HashSet::new(),
            output_error: None,
        }
    }

    pub(super) fn should_stop(&self) -> bool {
        self.is_interrupted() || self.output_error.is_some()
    }

    fn is_interrupted(&self) -> bool {
        self.progress.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn add_job(&mut self, line: u64, input: String, file: Option<PathBuf>, kind: &'static str) {
        let position = format!("line {line}: ");
        self.ledger.add(self.jobs, Entry { position, kind, input: input.clone(), state: State::NotSent });
        self.in_progress.insert(self.jobs, Item { index: self.count, line, input, file });
        self.jobs += 1;
        self.count += 1;
    }

    /// Reports the reason why the rest of the list cannot be used.
    pub(super) fn end_list(&mut self, reason: &str) {
        self.is_list_unusable = true;
        self.status.raise(ExitStatus::Usage);
        self.progress.note(reason);
    }

    /// Reports an upload under a corrected name. Only the first [`MAX_NOTES`] are reported one by one.
    pub(super) fn note_corrected_name(&mut self, note: &str) {
        match self.corrected {
            0..MAX_NOTES => self.progress.note(note),
            MAX_NOTES => {
                self.progress.note("more file names do not match the content and are corrected; no further notes");
            }
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
    pub(super) fn print_invalid_line(&mut self, line: u64, input: String, file: Option<PathBuf>, reason: &str) {
        let error = output::failure(ErrorKind::InvalidInput.as_str(), reason, false);
        let item = json!({ "index": self.count, "input": input, "error": error });
        self.count += 1;
        self.totals.failed += 1;
        self.status.raise(ExitStatus::Usage);
        match self.progress.refused.fetch_add(1, Ordering::Relaxed) {
            0..MAX_NOTES => self.progress.note(reason),
            MAX_NOTES => self.progress.note("more lines are invalid; see standard output for each"),
            _ => {}
        }
        self.write(&item.to_string());
        if let Some(page) = &mut self.page {
            let row_outcome = RowOutcome::Failure(reason.to_owned());
            page.add(Row { line, input, file, identifier: None, reference: None, outcome: row_outcome });
        }
    }

    pub(super) fn print(&mut self, outcome: Outcome) {
        let index = outcome.index;
        self.print_outcome(outcome);
        if self.output_error.is_none() {
            self.ledger.remove(index);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "an item is an object")]
    fn print_outcome(&mut self, outcome: Outcome) {
        let Item { index, line, input, file } = self.in_progress.remove(&outcome.index).unwrap_or_default();
        if let Some(page) = &mut self.page {
            let row_outcome = RowOutcome::of(&outcome.result);
            let (identifier, reference) = (outcome.identifier.clone(), outcome.ref_id);
            page.add(Row { line, input: input.clone(), file, identifier, reference, outcome: row_outcome });
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
                if self.reported.insert(error.kind()) {
                    self.progress.note(&format!("line {line}: {}", error_text::with_body(&error)));
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
        if let Err(error) = self.progress.suspend(|| output::print_json(json)) {
            self.output_error.get_or_insert(error);
        }
    }

    /// Prints a summary, and returns the exit status.
    pub(super) fn print_summary(&self, has_journal: bool) -> ExitStatus {
        if self.output_error.is_some() {
            return self.status.max(ExitStatus::Failed);
        }
        let Totals { done, failed, unknown, left } = self.totals;
        let not_started = self.progress.total.filter(|_| self.is_interrupted());
        let not_started = not_started.map(|total| format!(", {} not started", total.saturating_sub(self.count)));
        output::note(&format!("{done} with a verdict, {failed} without{}", not_started.unwrap_or_default()));
        if self.count == 0 && !self.is_interrupted() {
            output::note("the list is empty: no line with a URL or a path");
        }
        if unknown > 0 {
            let retry = if has_journal { "; pass --retry-indeterminate to submit them again" } else { "" };
            output::note(&format!("{unknown} may or may not have been submitted{retry}"));
        }
        if self.unrecorded > 0 {
            let unrecorded = self.unrecorded;
            output::note(&format!("{unrecorded} printed but missing from the journal, which could not be written"));
        }
        if (self.is_interrupted() || left > 0) && has_journal {
            output::note("run the same command again to continue; items with a verdict are not submitted again");
        }
        if self.is_interrupted() { ExitStatus::Interrupted } else { self.status }
    }
}

/// Returns `true` if another run would fail with the same error.
fn is_final(error: &Error) -> bool {
    use ErrorKind::{AnalysisFailed, Indeterminate, InvalidInput, NotFound, Rejected};
    matches!(error.kind(), AnalysisFailed | InvalidInput | NotFound | Rejected | Indeterminate)
}
