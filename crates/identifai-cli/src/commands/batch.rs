//! `identifai batch`: many, from a file or a pipe, each result as it comes.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use identifai::{ApiKey, Error, ErrorKind, Journal, Outcome, StopHandle, Unfinished};
use serde_json::json;

use crate::args::{Batch, Global};
use crate::batch_input::{self, Lines, Next, Read};
use crate::client::connect_only;
use crate::error_text;
use crate::html::{Found, Page, Row};
use crate::ledger::{Entry, Ledger, State};
use crate::output::{self, Otherwise};
use crate::progress::Progress;
use crate::signals::{self, Signal};

/// Maximum number of wrong lines shown on standard error, and of corrected names.
const SHOWN: u64 = 10;
/// The rate of a key that is documented, in submits a minute.
const RATE: u32 = 30;

/// Runs the command and returns its exit status.
pub(crate) fn run(global: &Global, arguments: &Batch) -> u8 {
    let connected = match connect_only(global, arguments.wait_timeout) {
        Ok(connected) => connected,
        Err(reason) => return output::usage_error(&reason),
    };
    let lines = match Lines::open(&arguments.input) {
        Ok(lines) => lines,
        Err(reason) => return output::usage_error(&reason),
    };
    let journal = match arguments.journal.as_deref().map(|path| open_journal(path, arguments)).transpose() {
        Ok(journal) => journal,
        Err(error) => return output::usage_error(&error_text::to_cli_text(&error)),
    };
    let page = match arguments.html.as_deref().map(Page::new).transpose() {
        Ok(page) => page,
        Err(error) => return output::usage_error(&format!("--html: cannot write the file that it names: {error}")),
    };
    let has_journal = journal.is_some();
    if has_journal && global.sandbox {
        output::note(
            "the sandbox ends with this command, so its journal is refused by others; `identifai sandbox` stays",
        );
    }
    let is_rate_limited = !global.no_rate_limit && !global.sandbox;
    let rate = is_rate_limited.then(|| global.rate_limit.map_or(RATE, |(submits, _)| submits));
    let board = Progress::new(lines.count, rate);
    let items = Rc::new(RefCell::new(Items::new(board.clone(), page)));
    let jobs = jobs(arguments, lines, connected.key.clone(), Rc::clone(&items));
    let mut batch = connected.client.batch(jobs).in_flight(arguments.in_flight).workers(arguments.workers.into());
    if let Some(journal) = journal {
        batch = batch.journal(journal);
    }
    let ending = Ending { stop_handle: batch.stop_handle(), ledger: items.borrow().ledger.clone(), has_journal };
    stop_on_signal(&ending, &board);
    let shown = board.clone();
    batch = batch.on_progress(move |progress| shown.show(progress));
    for outcome in batch.by_ref() {
        items.borrow_mut().unrecorded += u64::from(ending.is_unrecorded(&outcome));
        items.borrow_mut().print(outcome);
        if items.borrow().unread.is_some() {
            break;
        }
    }
    board.clear();
    note_changed_files(batch.progress().changed);
    // The submits that workers have begun are finished before all is told.
    drop(batch);
    if let Some(error) = &items.borrow().unread {
        output::unwritten(error);
    }
    ending.tell(Otherwise::Json);
    let page = items.borrow_mut().page.take();
    if items.borrow().is_list_unusable && items.borrow().count == 0 {
        return items.borrow().status;
    }
    let written = page.map(|page| page.write(&connected.client, || !items.borrow().wants_no_more()));
    let status = items.borrow().sum_up(has_journal);
    match written {
        Some(Err(error)) => {
            output::note(&format!("--html: cannot write the file that it names: {error}"));
            status.max(output::FAILED)
        }
        _ => status,
    }
}

fn open_journal(path: &Path, arguments: &Batch) -> identifai::Result<Journal> {
    Ok(Journal::open(path)?.sync(arguments.journal_sync).retry_indeterminate(arguments.retry_indeterminate))
}

/// Tells why files cost again although the journal has their paths.
fn note_changed_files(count: u64) {
    let (files, are) = if count == 1 { ("file", "is") } else { ("files", "are") };
    if count > 0 {
        output::note(&format!(
            "{count} {files} changed since an earlier run and {are} submitted again: length or modification time \
             differs (copies by `cp`, or `rsync` without -t, have new times)"
        ));
    }
}

/// The jobs that the lines ask for. What is wrong with a line is printed at once.
fn jobs(
    arguments: &Batch,
    lines: Lines,
    key: ApiKey,
    items: Rc<RefCell<Items>>,
) -> impl Iterator<Item = identifai::Job> {
    let (medium, defaults) = (arguments.medium.chosen(), arguments.options.clone());
    std::iter::from_fn(move || {
        loop {
            if items.borrow().wants_no_more() {
                return None;
            }
            let (number, line) = match lines.next() {
                Next::Line(number, line) => (number, line),
                Next::Unusable(reason) => {
                    items.borrow_mut().end_list(&reason);
                    return None;
                }
                Next::Pending => return Some(identifai::Job::pending()),
                Next::End => return None,
            };
            let Read { input, file, job } = match line {
                Ok(line) => batch_input::read(&line, medium, &defaults),
                Err(reason) => Read::failed(reason),
            };
            let input = key.redact(&input).into_owned();
            match job {
                Ok(job) => {
                    if let Some(note) = job.correction() {
                        items.borrow_mut().correct(&key.redact(&format!("line {number}: {note}")));
                    }
                    items.borrow_mut().begin(number, input, file, job.medium().name());
                    return Some(job.into());
                }
                Err(reason) => items.borrow_mut().refuse(number, input, file, &format!("line {number}: {reason}")),
            }
        }
    })
}

/// A line that became a job.
#[derive(Default)]
struct Item {
    /// Its number among all items, from 0.
    index: u64,
    /// Its number among all lines, from 1.
    line: u64,
    input: String,
    file: Option<PathBuf>,
}

/// What was read, and what became of it so far.
struct Items {
    board: Progress,
    /// Those on their way, by their number among the jobs.
    on_their_way: HashMap<u64, Item>,
    /// The items that are not printed yet, for the thread that ends the program.
    ledger: Ledger,
    jobs: u64,
    count: u64,
    corrected: u64,
    done: u64,
    failed: u64,
    unknown: u64,
    /// How many another run may do better with.
    left: u64,
    /// The number of items with an identifier that the journal could not keep.
    unrecorded: u64,
    status: u8,
    /// `true` if the list ended with something that cannot be used.
    is_list_unusable: bool,
    /// Of which kinds failures were said: one of each is.
    said: HashSet<ErrorKind>,
    /// Why nothing can be printed any more.
    unread: Option<io::Error>,
    page: Option<Page>,
}

impl Items {
    fn new(board: Progress, page: Option<Page>) -> Self {
        Self {
            board,
            on_their_way: HashMap::new(),
            ledger: Ledger::default(),
            jobs: 0,
            count: 0,
            corrected: 0,
            done: 0,
            failed: 0,
            unknown: 0,
            left: 0,
            unrecorded: 0,
            status: 0,
            is_list_unusable: false,
            said: HashSet::new(),
            unread: None,
            page,
        }
    }

    fn wants_no_more(&self) -> bool {
        self.is_interrupted() || self.unread.is_some()
    }

    fn is_interrupted(&self) -> bool {
        self.board.interrupted.load(Ordering::Relaxed)
    }

    fn begin(&mut self, line: u64, input: String, file: Option<PathBuf>, what: &'static str) {
        let place = format!("line {line}: ");
        self.ledger.add(self.jobs, Entry { place, what, input: input.clone(), state: State::NotSent });
        self.on_their_way.insert(self.jobs, Item { index: self.count, line, input, file });
        self.jobs += 1;
        self.count += 1;
    }

    /// Tells why the rest of the list cannot be used.
    fn end_list(&mut self, reason: &str) {
        self.is_list_unusable = true;
        self.status = self.status.max(output::USAGE);
        self.board.say(reason);
    }

    /// Notes an upload under another name than its own, as long as there are few.
    fn correct(&mut self, note: &str) {
        match self.corrected {
            0..SHOWN => self.board.say(note),
            SHOWN => self.board.say("more names say another format than the content, and are corrected, too"),
            _ => {}
        }
        self.corrected += 1;
    }

    /// Prints a line that is no job.
    fn refuse(&mut self, line: u64, input: String, file: Option<PathBuf>, reason: &str) {
        let error = json!({
            "kind": ErrorKind::InvalidInput.as_str(), "status": null, "message": reason, "may_have_been_sent": false,
        });
        let item = json!({ "index": self.count, "input": input, "error": error });
        self.count += 1;
        self.failed += 1;
        self.status = self.status.max(output::USAGE);
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

    fn print(&mut self, outcome: Outcome) {
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
                self.done += 1;
                let head = json!({ "index": index, "input": input }).to_string();
                let report = output::report(&report).json;
                // One object of the fields of both.
                let fields = report.strip_prefix('{').unwrap_or("}");
                self.write(&format!("{},{fields}", head.trim_end_matches('}')));
            }
            Err(error) => {
                self.failed += 1;
                self.unknown += u64::from(error.may_have_been_sent() && outcome.identifier.is_none());
                self.left += u64::from(!is_final(&error));
                self.status = self.status.max(output::status(&error));
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

    /// Says how it went, and returns the exit status.
    fn sum_up(&self, has_journal: bool) -> u8 {
        if self.unread.is_some() {
            return self.status.max(output::FAILED);
        }
        let Self { done, failed, unknown, .. } = self;
        let not_begun = self.board.total.filter(|_| self.is_interrupted());
        let not_begun = not_begun.map(|total| format!(", {} not begun", total.saturating_sub(self.count)));
        output::note(&format!("{done} with a verdict, {failed} without{}", not_begun.unwrap_or_default()));
        if self.count == 0 && !self.is_interrupted() {
            output::note("the list is empty: there was no line with a URL or a path");
        }
        if *unknown > 0 {
            let retry = if has_journal { "; --retry-indeterminate submits them again" } else { "" };
            output::note(&format!("{unknown} may have been submitted, which is not known{retry}"));
        }
        let mut status = self.status;
        if self.unrecorded > 0 {
            let unrecorded = self.unrecorded;
            output::note(&format!("{unrecorded} printed, but not in the journal, which could not be written"));
            status = status.max(output::FAILED);
        }
        if (self.is_interrupted() || self.left > 0) && has_journal {
            output::note("the same command goes on: what has a verdict is not submitted again");
        }
        if self.is_interrupted() { output::INTERRUPTED } else { status }
    }
}

/// Whether another run can do no better.
fn is_final(error: &Error) -> bool {
    use ErrorKind::{AnalysisFailed, Indeterminate, InvalidInput, NotFound, Rejected};
    matches!(error.kind(), AnalysisFailed | InvalidInput | NotFound | Rejected | Indeterminate)
}

/// The part of the batch that a signal's thread has: what may have been paid for, and how that is told.
#[derive(Clone)]
struct Ending {
    stop_handle: StopHandle,
    ledger: Ledger,
    has_journal: bool,
}

impl Ending {
    /// Returns `true` if there is a journal that could not keep the identifier of an outcome.
    fn is_unrecorded(&self, outcome: &Outcome) -> bool {
        let is_unrecorded = |job: Unfinished| job.identifier.is_some() && !job.is_recorded;
        self.has_journal && self.stop_handle.unfinished_job(outcome.index).is_some_and(is_unrecorded)
    }

    /// Tells what may have been paid for and was not printed: a line for each, but for what is in the journal.
    fn tell(&self, otherwise: Otherwise) {
        let (mut recorded, mut states) = (0_u64, BTreeMap::new());
        for Unfinished { index, identifier, is_recorded, .. } in self.stop_handle.unfinished() {
            if is_recorded {
                recorded += u64::from(self.ledger.has(index));
            } else {
                states.insert(index, identifier.map_or(State::MaybeSubmitted, State::Submitted));
            }
        }
        self.ledger.set_all(states);
        output::tell(&self.ledger, otherwise);
        if recorded > 0 {
            output::note(&format!(
                "{recorded} submitted and not printed, all in the journal: the same command goes on"
            ));
        }
    }
}

/// The first signal ends the submitting; a second one ends the program.
fn stop_on_signal(ending: &Ending, board: &Progress) {
    let (first, last) = (ending.clone(), ending.clone());
    let (board, board_at_end) = (board.clone(), board.clone());
    let first = move |signal| {
        board.interrupted.store(true, Ordering::Relaxed);
        first.stop_handle.stop();
        board.briefly(move |board| {
            board.say("nothing more is submitted; waiting for what is pending (Ctrl-C again: at once)");
            // Nobody may be there to press Ctrl-C again, and SIGKILL may come next.
            if signal == Signal::Terminate && !first.has_journal {
                board.beside(|| first.tell(Otherwise::Nowhere));
            }
        });
    };
    let second = move || {
        board_at_end.briefly(Progress::clear);
        last.tell(Otherwise::Json);
        output::note(if last.has_journal {
            "interrupted; the same command goes on where this stopped"
        } else {
            "interrupted; without --journal a new run submits everything again"
        });
    };
    // Without a handler a signal ends the program at once, which is no worse.
    let _ = signals::listen(first, second);
}
