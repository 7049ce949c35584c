//! `identifai batch`: many, from a file or a pipe, each result as it comes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use identifai::{ErrorKind, Journal, Outcome, Stopper};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::args::{Batch, Global};
use crate::connect::connect_only;
use crate::lines::{self, Item, Lines, Next};
use crate::output;

/// Runs the command and returns its exit status.
pub(crate) fn run(global: &Global, arguments: &Batch) -> u8 {
    let connected = match connect_only(global, arguments.wait_timeout) {
        Ok(connected) => connected,
        Err(reason) => return output::unusable(&reason),
    };
    let journal = match arguments.journal.as_deref().map(|path| open_journal(path, arguments)).transpose() {
        Ok(journal) => journal,
        Err(error) => return output::unusable(&output::chain(&error)),
    };
    let lines = match Lines::open(&arguments.input) {
        Ok(lines) => lines,
        // The name is not shown: it may be the key, given by mistake.
        Err(error) => return output::unusable(&format!("cannot read the file of the batch: {error}")),
    };
    let has_journal = journal.is_some();
    let bar = bar(lines::count(&arguments.input));
    let interrupted = Arc::new(AtomicBool::new(false));
    let items = Rc::new(RefCell::new(Items::new(bar.clone())));
    let jobs = jobs(arguments, lines, Rc::clone(&items), Arc::clone(&interrupted));
    let mut batch = connected.client.batch(jobs).in_flight(arguments.in_flight).workers(arguments.workers);
    if let Some(journal) = journal {
        batch = batch.journal(journal);
    }
    stop_on_interrupt(batch.stopper(), &interrupted, bar.clone(), has_journal);
    let shown = bar.clone();
    batch = batch.on_progress(move |tally| {
        shown.set_position(tally.done + tally.failed);
        shown.set_message(format!("{} submitted, {} pending, {} failed", tally.submitted, tally.pending, tally.failed));
    });
    for outcome in batch {
        items.borrow_mut().print(outcome);
        if items.borrow().unread.is_some() {
            break;
        }
    }
    bar.finish_and_clear();
    let items = items.borrow();
    let interrupted = interrupted.load(Ordering::Relaxed);
    items.sum_up(interrupted, has_journal)
}

fn open_journal(path: &Path, arguments: &Batch) -> identifai::Result<Journal> {
    Ok(Journal::open(path)?.sync(arguments.journal_sync).retry_unknown(arguments.retry_unknown))
}

/// The jobs that the lines ask for. What is wrong with a line is printed at once.
fn jobs(
    arguments: &Batch,
    lines: Lines,
    items: Rc<RefCell<Items>>,
    interrupted: Arc<AtomicBool>,
) -> impl Iterator<Item = identifai::Job> {
    let (medium, defaults) = (arguments.medium.chosen(), arguments.options.clone());
    std::iter::from_fn(move || {
        loop {
            if interrupted.load(Ordering::Relaxed) || items.borrow().unread.is_some() {
                return None;
            }
            let (number, line) = match lines.next() {
                Next::Line(number, line) => (number, line),
                Next::NotYet => return Some(identifai::Job::not_yet()),
                Next::End => return None,
            };
            let Item { input, job } = match line {
                Ok(line) => lines::read(&line, medium, &defaults),
                Err(reason) => Item { input: String::new(), job: Err(reason) },
            };
            match job {
                Ok(job) => {
                    items.borrow_mut().begin(input);
                    return Some(job.into());
                }
                Err(reason) => items.borrow_mut().refuse(&input, &format!("line {number}: {reason}")),
            }
        }
    })
}

/// What was read, and what became of it so far.
struct Items {
    bar: ProgressBar,
    /// Those on their way, by their number among the jobs: their number among all items, and what they were given as.
    on_their_way: HashMap<u64, (u64, String)>,
    jobs: u64,
    count: u64,
    done: u64,
    failed: u64,
    unknown: u64,
    /// How many another run may do better with.
    left: u64,
    status: u8,
    /// Of which kinds failures were shown: one of each is.
    shown: HashSet<ErrorKind>,
    /// Why nothing can be printed any more.
    unread: Option<io::Error>,
}

impl Items {
    fn new(bar: ProgressBar) -> Self {
        let (on_their_way, shown) = (HashMap::new(), HashSet::new());
        Self {
            bar,
            on_their_way,
            jobs: 0,
            count: 0,
            done: 0,
            failed: 0,
            unknown: 0,
            left: 0,
            status: 0,
            shown,
            unread: None,
        }
    }

    fn begin(&mut self, input: String) {
        self.on_their_way.insert(self.jobs, (self.count, input));
        self.jobs += 1;
        self.count += 1;
    }

    /// Prints a line that is no job.
    fn refuse(&mut self, input: &str, reason: &str) {
        let error = json!({
            "kind": ErrorKind::InvalidInput.as_str(), "status": null, "message": reason, "may_have_been_sent": false,
        });
        let item = json!({ "index": self.count, "input": input, "error": error });
        self.count += 1;
        self.failed += 1;
        self.status = self.status.max(output::USAGE);
        self.say(reason);
        self.write(&item.to_string());
    }

    fn print(&mut self, outcome: Outcome) {
        let (index, input) = self.on_their_way.remove(&outcome.index).unwrap_or_default();
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
                let is_final =
                    matches!(error.kind(), ErrorKind::AnalysisFailed | ErrorKind::Rejected | ErrorKind::InvalidInput);
                self.left += u64::from(!is_final);
                self.status = self.status.max(output::status(&error));
                if self.shown.insert(error.kind()) {
                    self.say(&format!("item {index}: {}", output::chain(&error)));
                }
                let mut item = output::failed_item(&input, &error, true);
                item["index"] = index.into();
                if let Some(identifier) = &outcome.identifier {
                    item["identifier"] = identifier.as_str().into();
                }
                self.write(&item.to_string());
            }
        }
    }

    /// Says something beside the results, and above the bar.
    fn say(&self, text: &str) {
        self.bar.suspend(|| output::note(text));
    }

    fn write(&mut self, json: &str) {
        if let Err(error) = output::result_json(json) {
            self.unread.get_or_insert(error);
        }
    }

    /// Says how it went, and returns the exit status.
    fn sum_up(&self, interrupted: bool, has_journal: bool) -> u8 {
        if let Some(error) = &self.unread {
            // Who reads no more wants no more.
            if error.kind() != io::ErrorKind::BrokenPipe {
                output::note(&format!("cannot write the results: {error}"));
            }
            return self.status.max(output::FAILED);
        }
        let Self { done, failed, unknown, left, .. } = self;
        output::note(&format!("{done} with a verdict, {failed} without"));
        if *unknown > 0 {
            let retry = if has_journal { "; --retry-unknown submits them again" } else { "" };
            output::note(&format!("{unknown} may have been submitted, which is not known{retry}"));
        }
        if (interrupted || *left > 0) && has_journal {
            output::note("the same command goes on: what has a verdict is not submitted again");
        }
        if interrupted { output::INTERRUPTED } else { self.status }
    }
}

/// Ctrl-C ends the submitting; a second one ends the program.
fn stop_on_interrupt(stopper: Stopper, interrupted: &Arc<AtomicBool>, bar: ProgressBar, has_journal: bool) {
    let interrupted = Arc::clone(interrupted);
    let handler = move || {
        if interrupted.swap(true, Ordering::Relaxed) {
            bar.finish_and_clear();
            output::note(if has_journal {
                "interrupted; the same command goes on where this stopped"
            } else {
                "interrupted; without --journal a new run submits everything again"
            });
            std::process::exit(i32::from(output::INTERRUPTED));
        }
        bar.suspend(|| output::note("nothing more is submitted; waiting for what is pending (Ctrl-C again: at once)"));
        stopper.stop();
    };
    // Without a handler Ctrl-C ends the program at once, which is no worse.
    let _ = ctrlc::set_handler(handler);
}

/// A bar for `total` items. It draws nothing where standard error is no terminal.
fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {pos} of {len} ({per_sec}), {eta} left; {msg}"),
        None => (ProgressBar::no_length(), "{spinner} {pos} ({per_sec}); {msg}"),
    };
    bar.enable_steady_tick(Duration::from_secs(1));
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
