//! What is printed, and what the exit status says: results on stdout, everything else on stderr.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use identifai::{AnyReport, Error, ErrorKind, Identifier};
use serde::Serialize;
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::{error_text, names};

pub(crate) const DONE: u8 = 0;
pub(crate) const USAGE: u8 = 2;
pub(crate) const FAILED: u8 = 5;
pub(crate) const ANALYSIS_FAILED: u8 = 6;
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit status that an error stands for.
pub(crate) fn status(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Config => USAGE,
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Rejected
        | ErrorKind::OutOfCredits => 3,
        ErrorKind::RateLimited => 4,
        ErrorKind::AnalysisFailed => ANALYSIS_FAILED,
        ErrorKind::Cancelled => INTERRUPTED,
        _ => FAILED,
    }
}

/// Says what is wrong with a command line, or what was asked for by `--help`, and returns the exit status. What
/// somebody put in the wrong place is not repeated unless it looks like an option: it may be the key.
pub(crate) fn usage(error: &clap::Error) -> u8 {
    use clap::error::{ContextKind, ErrorKind};

    let named = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    if error.kind() == ErrorKind::UnknownArgument {
        let file = names::file_like_option(&named(ContextKind::InvalidArg), std::env::args_os().skip(1));
        if let Some(name) = file {
            return usage_error(&format!("{name}: no such option; for the file of that name write ./{name}"));
        }
    }
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            note("no such command; `identifai --help` lists them (to submit: `identifai classify URL`)");
        }
        ErrorKind::TooManyValues => note(&format!("{}: takes no value", named(ContextKind::InvalidArg))),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let reason = match (error.source(), error.get(ContextKind::ValidValue)) {
                (Some(reason), _) => reason.to_string(),
                (None, Some(values)) if !values.to_string().is_empty() => format!("must be one of {values}"),
                // An option with any value, which is given without one.
                (None, _) => "must not be empty".to_owned(),
            };
            note(&format!("{}: {reason}", named(ContextKind::InvalidArg)));
        }
        ErrorKind::UnknownArgument if !named(ContextKind::InvalidArg).starts_with("--") => {
            note("an argument is not expected; `identifai COMMAND --help` lists what is");
        }
        // To standard output if it was asked for, else to standard error.
        _ if is_terminal(error) => error.print().unwrap_or_default(),
        // `print` would colour this, too, if the environment forces that.
        _ if error.use_stderr() => write!(io::stderr().lock(), "{}", error.render()).unwrap_or_default(),
        _ => return page(error.render().to_string().as_bytes()),
    }
    u8::try_from(error.exit_code()).unwrap_or(USAGE)
}

/// Prints what is to be read as a whole, and returns the exit status.
pub(crate) fn page(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => DONE,
        Err(error) => unwritten(&error),
    }
}

/// Reports that output failed, and returns the exit status. A reader that has seen enough, such as `head`, needs no
/// message.
pub(crate) fn unwritten(error: &io::Error) -> u8 {
    if error.kind() != io::ErrorKind::BrokenPipe {
        note(&format!("cannot write the result: {error}"));
    }
    FAILED
}

/// The place for what cannot be written to standard error.
#[derive(Clone, Copy)]
pub(crate) enum Otherwise {
    /// The outcomes are still to come on standard output.
    Nowhere,
    Text,
    Json,
}

impl Otherwise {
    pub(crate) fn results(is_json: bool) -> Self {
        if is_json { Self::Json } else { Self::Text }
    }
}

/// Tells what may have been paid for and was not printed, on standard error.
pub(crate) fn tell(ledger: &Ledger, otherwise: Otherwise) {
    for told in ledger.told() {
        if try_note(&told.text).is_err() {
            let _ = match otherwise {
                Otherwise::Nowhere => Ok(()),
                Otherwise::Text => result(&shown(&told.text)),
                Otherwise::Json => result_json(&told.json),
            };
        }
    }
    ledger.hints().into_iter().for_each(note);
}

/// Whether a terminal shows it.
fn is_terminal(error: &clap::Error) -> bool {
    if error.use_stderr() { io::stderr().is_terminal() } else { io::stdout().is_terminal() }
}

/// A result, as a person reads it and as a script does.
pub(crate) struct Line {
    pub(crate) text: String,
    /// One object.
    pub(crate) json: String,
}

/// Prints the outcomes of several items in their order, and keeps the exit status.
pub(crate) struct Printer<'a> {
    json: bool,
    /// None for a command that is about nothing on the command line.
    inputs: &'a [String],
    /// The items that this run submits. `None` for a command that submits nothing.
    ledger: Option<Ledger>,
    pub(crate) status: u8,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(json: bool, inputs: &'a [String]) -> Self {
        Self { json, inputs, ledger: None, status: DONE }
    }

    pub(crate) fn of_submits(self, ledger: &Ledger) -> Self {
        Self { ledger: Some(ledger.clone()), ..self }
    }

    /// Prints the outcome of an item. It fails if nobody reads any more.
    pub(crate) fn print(&mut self, index: usize, outcome: Result<&Line, &Error>) -> io::Result<()> {
        self.try_print(index, outcome)?;
        if let Some(ledger) = &self.ledger {
            ledger.remove(index as u64);
        }
        Ok(())
    }

    fn try_print(&mut self, index: usize, outcome: Result<&Line, &Error>) -> io::Result<()> {
        match outcome {
            Ok(line) if self.json => result_json(&line.json),
            // A list of nothing.
            Ok(line) if line.text.is_empty() => Ok(()),
            Ok(line) => result(&line.text),
            Err(error) => {
                self.status = self.status.max(status(error));
                if self.json {
                    // What cannot be sent is not repeated: it may be the key.
                    let input = self.input(index).filter(|_| error.kind() != ErrorKind::InvalidInput);
                    return result_json(&failed_item(input, error, self.ledger.is_some()).to_string());
                }
                let is_told = try_note(&format!("{}{}", self.label(index), error_text::with_body(error))).is_ok();
                let paid = self.ledger.as_ref().filter(|_| !is_told).and_then(|ledger| ledger.get(index as u64));
                paid.map_or(Ok(()), |paid| result(&shown(&paid.text)))
            }
        }
    }

    /// Which of several items a message is about: by its place, as URLs hold secrets.
    pub(crate) fn label(&self, index: usize) -> String {
        if self.inputs.len() <= 1 { String::new() } else { format!("item {}: ", index + 1) }
    }

    fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str)
    }

    /// Prints the one error that all items failed with, and returns the exit status.
    pub(crate) fn all_failed(mut self, error: &Error) -> u8 {
        if error.kind() == ErrorKind::InvalidInput {
            // What was given is not repeated: it may be the key.
            return usage_error(&error_text::to_cli_text(error));
        }
        if !self.json {
            self.inputs = self.inputs.get(..1).unwrap_or_default();
        }
        for index in 0..self.inputs.len().max(1) {
            if let Err(error) = self.print(index, Err(error)) {
                return self.unread(&error);
            }
        }
        self.status
    }

    /// Says that what came for the only item could not be kept, and returns the exit status.
    pub(crate) fn not_written(self, reason: &str) -> u8 {
        let error = json!({ "kind": "output", "status": null, "message": reason, "may_have_been_sent": false });
        let item = json!({ "input": self.input(0), "identifier": self.input(0), "error": error });
        if !self.json || result_json(&item.to_string()).is_err() {
            note(reason);
        }
        self.status.max(FAILED)
    }

    /// Prints the outcome of the only item, and returns the exit status.
    pub(crate) fn print_only(mut self, line: &Line) -> u8 {
        match self.print(0, Ok(line)) {
            Ok(()) => self.status,
            Err(error) => self.unread(&error),
        }
    }

    /// Reports that output failed, tells what was paid for and not printed, and returns the exit status.
    pub(crate) fn unread(&self, error: &io::Error) -> u8 {
        let status = self.status.max(unwritten(error));
        if let Some(ledger) = &self.ledger {
            tell(ledger, Otherwise::results(self.json));
        }
        status
    }
}

/// Says what is wrong with arguments or settings, and returns the exit status.
pub(crate) fn usage_error(reason: &str) -> u8 {
    note(reason);
    USAGE
}

/// A report as a result.
pub(crate) fn report(report: &AnyReport) -> Line {
    let identifier = report.identifier();
    Line { text: format!("{identifier} {report}"), json: json(report, identifier, report.raw_json()) }
}

/// An answer as one object with its identifier. What cannot be written anew (nested too deep, half a character) is
/// printed as it came, which is `raw`.
pub(crate) fn json(answer: &impl Serialize, identifier: &Identifier, raw: &str) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| match raw.strip_prefix('{') {
        Some(fields) if !raw.contains("\"identifier\"") => format!("{{\"identifier\":\"{identifier}\",{fields}"),
        _ => raw.to_owned(),
    })
}

/// One line of result. It fails if nobody reads any more.
pub(crate) fn result(line: &str) -> io::Result<()> {
    // In one piece, as several processes may write to one file.
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

/// The same as JSON. What is not ASCII and no letter or the like is escaped, so that no terminal acts upon it or hides
/// it: in JSON it can stand only in strings. Between them there are but blanks.
pub(crate) fn result_json(json: &str) -> io::Result<()> {
    let mut line = String::new();
    for c in json.chars() {
        match c {
            '\t' | '\r' | '\n' => line.push(' '),
            c if is_plain(c) => line.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(line, "\\u{unit:04x}");
                }
            }
        }
    }
    result(&line)
}

/// One line beside the results. Nobody may be reading; that is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = try_note(line);
}

fn try_note(line: &str) -> io::Result<()> {
    // In one piece, as `writeln` would write part by part, and standard error has no buffer.
    io::stderr().lock().write_all(format!("identifai: {}\n", shown(line)).as_bytes())
}

/// A text that may quote somebody else's, as one line that no terminal acts upon.
pub(crate) fn shown(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if is_plain(c) {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
    }
    line
}

/// Whether a terminal does nothing with it but show it.
fn is_plain(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// An item that failed, as `--json` prints it.
#[expect(clippy::indexing_slicing, reason = "an item is an object, and so is its error")]
pub(crate) fn failed_item(input: Option<&str>, error: &Error, submits: bool) -> Value {
    let mut item = json!({
        "error": {
            "kind": error.kind().as_str(),
            "status": error.status(),
            "message": error.message().map_or_else(|| error_text::to_cli_text(error), str::to_owned),
            "may_have_been_sent": error.may_have_been_sent() || (submits && error.identifier().is_some()),
        },
    });
    if let Some(input) = input {
        item["input"] = json!(input);
    }
    if let Some(pause) = error.retry_after() {
        item["error"]["retry_after"] = json!(pause.as_secs_f64());
    }
    if let Some(body) = error.body() {
        item["error"]["body"] = json!(body);
    }
    if let Some(identifier) = error.identifier() {
        item["identifier"] = json!(identifier);
    }
    item
}
