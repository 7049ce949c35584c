//! Printing of the outcomes of items, in the order of the command line.

use std::io;

use identifai::{AnyReport, Error, ErrorKind};
use serde_json::json;

use crate::cli_error::CliError;
use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::ledger::Ledger;
use crate::output::{self, Fallback, escape, failed_item, failure, note, print_json, print_result, try_note};

/// A result as text for people and as JSON for scripts.
pub(crate) struct Line {
    pub(crate) text: String,
    /// One JSON object.
    pub(crate) json: String,
}

impl From<&AnyReport> for Line {
    fn from(report: &AnyReport) -> Self {
        let identifier = report.identifier();
        Self { text: format!("{identifier} {report}"), json: output::json(report, identifier, report.raw_json()) }
    }
}

/// A printer of outcomes, which also collects the exit status.
#[derive(Clone)]
pub(crate) struct Printer<'a> {
    json: bool,
    /// The items on the command line. Empty for a command without items.
    inputs: &'a [String],
    /// The items that the command submits. `None` for a command that submits nothing.
    ledger: Option<Ledger>,
    pub(crate) status: ExitStatus,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(json: bool, inputs: &'a [String]) -> Self {
        Self { json, inputs, ledger: None, status: ExitStatus::Done }
    }

    pub(crate) fn of_submits(self, ledger: &Ledger) -> Self {
        Self { ledger: Some(ledger.clone()), ..self }
    }

    /// Prints the outcome of an item. Fails if standard output cannot be written.
    pub(crate) fn print(&mut self, index: usize, outcome: Result<&Line, &Error>) -> Result<(), CliError> {
        self.try_print(index, outcome).map_err(|error| self.output_error(error))?;
        if let Some(ledger) = &self.ledger {
            ledger.remove(index as u64);
        }
        Ok(())
    }

    fn try_print(&mut self, index: usize, outcome: Result<&Line, &Error>) -> io::Result<()> {
        match outcome {
            Ok(line) if self.json => print_json(&line.json),
            // An empty list has no line of text.
            Ok(line) if line.text.is_empty() => Ok(()),
            Ok(line) => print_result(&line.text),
            Err(error) => {
                self.status.raise(error);
                if self.json {
                    // An argument that cannot be sent is not repeated, because it may be the API key.
                    let input = self.input(index).filter(|_| error.kind() != ErrorKind::InvalidInput);
                    return print_json(&failed_item(input, error, self.ledger.is_some()).to_string());
                }
                let is_reported = try_note(&format!("{}{}", self.label(index), error_text::with_body(error))).is_ok();
                let paid = self.ledger.as_ref().filter(|_| !is_reported).and_then(|ledger| ledger.get(index as u64));
                paid.map_or(Ok(()), |paid| print_result(&escape(&paid.text)))
            }
        }
    }

    /// Returns a prefix that names one of several items by its position. It does not name URLs, because they may
    /// contain secrets.
    pub(crate) fn label(&self, index: usize) -> String {
        if self.inputs.len() <= 1 { String::new() } else { format!("item {}: ", index + 1) }
    }

    fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str)
    }

    /// Prints the outcome of the only item, or of all items together, and returns the exit status.
    pub(crate) fn print_only(mut self, outcome: Result<Line, Error>) -> Result<ExitStatus, CliError> {
        let line = outcome.map_err(|error| self.all_failed(&error))?;
        self.print(0, Ok(&line))?;
        Ok(self.status)
    }

    /// Prints the one error that all items failed with.
    pub(crate) fn all_failed(&self, error: &Error) -> CliError {
        if error.kind() == ErrorKind::InvalidInput {
            // The input is not repeated, because it may be the API key.
            return error_text::usage(error);
        }
        let mut printer = self.clone();
        if !self.json {
            printer.inputs = self.inputs.get(..1).unwrap_or_default();
        }
        let outcome = (0..printer.inputs.len().max(1)).try_for_each(|index| printer.print(index, Err(error)));
        outcome.err().unwrap_or(CliError::Items(printer.status))
    }

    /// Prints that the result of the only item could not be written to its file.
    pub(crate) fn not_written(&self, reason: &str) -> CliError {
        let error = failure("output", reason, false);
        let item = json!({ "input": self.input(0), "identifier": self.input(0), "error": error });
        if !self.json || print_json(&item.to_string()).is_err() {
            note(reason);
        }
        CliError::Items(self.status.max(ExitStatus::Failed))
    }

    /// Creates the error for an outcome that cannot be written to standard output.
    pub(crate) fn output_error(&self, error: io::Error) -> CliError {
        let (status, unprinted) = (self.status, self.ledger.clone().unwrap_or_default());
        CliError::Output { error, status, unprinted, fallback: Fallback::results(self.json) }
    }
}
