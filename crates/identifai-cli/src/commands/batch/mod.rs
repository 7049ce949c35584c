//! `identifai batch`: submits a list from a file or a pipe, and prints each result as it arrives.

mod items;
mod shutdown;

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;

use identifai::{ApiKey, Job, Journal};

use self::items::Items;
use self::shutdown::Shutdown;
use crate::args::{Batch, Global};
use crate::batch_input::{self, Lines, Next, ParsedLine};
use crate::cli_error::CliError;
use crate::client::connect_without_signals;
use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::html::Page;
use crate::output::{self, Fallback};
use crate::progress::Progress;
use crate::submission::Checked;

/// The documented rate limit of a key, in submits per minute.
const RATE: u32 = 30;

/// Runs the command.
pub(crate) fn run(global: &Global, arguments: &Batch) -> Result<ExitStatus, CliError> {
    let connected = connect_without_signals(global, arguments.wait_timeout)?;
    let lines = Lines::open(&arguments.input).map_err(CliError::Usage)?;
    let journal = arguments.journal.as_deref().map(|path| open_journal(path, arguments)).transpose();
    let journal = journal.map_err(|error| error_text::usage(&error))?;
    let page = arguments.html.as_deref().map(Page::new).transpose();
    let page = page.map_err(|error| CliError::Usage(page_failure(&error)))?;
    let has_journal = journal.is_some();
    if has_journal && global.sandbox {
        output::note(
            "the sandbox ends with this command, so no later run can use the journal; use `identifai sandbox` instead",
        );
    }
    let is_rate_limited = !global.no_rate_limit && !global.sandbox;
    let rate = is_rate_limited.then(|| global.rate_limit.map_or(RATE, |(submits, _)| submits));
    let progress = Progress::new(lines.count, rate);
    let items = Rc::new(RefCell::new(Items::new(progress.clone(), page)));
    let jobs = jobs(arguments, lines, connected.key.clone(), Rc::clone(&items));
    let mut batch = connected.client.batch(jobs).in_flight(arguments.in_flight).workers(arguments.workers.into());
    if let Some(journal) = journal {
        batch = batch.journal(journal);
    }
    let shutdown = Shutdown { stop_handle: batch.stop_handle(), ledger: items.borrow().ledger.clone(), has_journal };
    shutdown.handle_signals(&progress);
    let bar = progress.clone();
    batch = batch.on_progress(move |counts| bar.show(counts));
    for outcome in batch.by_ref() {
        let mut items = items.borrow_mut();
        if shutdown.is_unrecorded(&outcome) {
            items.count_unrecorded();
        }
        items.print(outcome);
        if items.output_error.is_some() {
            break;
        }
    }
    progress.clear();
    note_changed_files(batch.progress().changed);
    // Dropping the batch finishes the submits in progress, so their identifiers are known for the report.
    drop(batch);
    let mut items = items.borrow_mut();
    if let Some(error) = &items.output_error {
        output::note_output_error(error);
    }
    shutdown.report_unprinted(Fallback::Json);
    let page = items.page.take();
    if items.is_list_unusable && items.count == 0 {
        return Ok(items.status);
    }
    if let Some(Err(error)) = page.map(|page| page.write(&connected.client, || !items.should_stop())) {
        output::note(&page_failure(&error));
        items.status.raise(ExitStatus::Failed);
    }
    Ok(items.print_summary(has_journal))
}

fn open_journal(path: &Path, arguments: &Batch) -> identifai::Result<Journal> {
    Ok(Journal::open(path)?.sync(arguments.journal_sync).retry_indeterminate(arguments.retry_indeterminate))
}

fn page_failure(error: &io::Error) -> String {
    format!("--html: cannot write the page: {error}")
}

/// Reports files that are submitted and paid for again although the journal has their paths.
fn note_changed_files(count: u64) {
    let (files, are) = if count == 1 { ("file", "is") } else { ("files", "are") };
    if count > 0 {
        output::note(&format!(
            "{count} {files} changed since an earlier run and {are} submitted again: length or modification time \
             differs (copies made by `cp`, or by `rsync` without -t, have new times)"
        ));
    }
}

/// Creates a job for each line. Errors in a line are printed at once.
fn jobs(arguments: &Batch, lines: Lines, key: ApiKey, items: Rc<RefCell<Items>>) -> impl Iterator<Item = Job> {
    let (medium, defaults) = (arguments.medium.chosen(), arguments.options.clone());
    std::iter::from_fn(move || {
        loop {
            if items.borrow().should_stop() {
                return None;
            }
            let (number, line) = match lines.next() {
                Next::Line(number, line) => (number, line),
                Next::Unusable(reason) => {
                    items.borrow_mut().end_list(&reason);
                    return None;
                }
                Next::Pending => return Some(Job::pending()),
                Next::End => return None,
            };
            let ParsedLine { input, file, checked } = match line {
                Ok(line) => batch_input::parse_line(&line, medium, &defaults),
                Err(reason) => ParsedLine::failed(reason),
            };
            let input = key.redact(&input).into_owned();
            match checked {
                Ok(Checked { submission, note }) => {
                    if let Some(note) = note {
                        items.borrow_mut().note_corrected_name(&key.redact(&format!("line {number}: {note}")));
                    }
                    items.borrow_mut().add_job(number, input, file, submission.media_type().as_str());
                    return Some(submission.into());
                }
                // The reason may quote a name or a value of the line, so the key is redacted in it.
                Err(reason) => {
                    let reason = format!("line {number}: {reason}");
                    items.borrow_mut().print_invalid_line(number, input, file, &key.redact(&reason));
                }
            }
        }
    })
}
