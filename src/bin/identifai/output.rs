//! What is printed, and what the exit status says: results on stdout, everything else on stderr.

use std::error::Error as StdError;
use std::io::{self, Write};

use identifai::{Error, ErrorKind};
use serde_json::{Value, json};

pub(crate) const DONE: u8 = 0;
pub(crate) const USAGE: u8 = 2;
pub(crate) const FAILED: u8 = 5;
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
        ErrorKind::AnalysisFailed => 6,
        ErrorKind::Cancelled => INTERRUPTED,
        _ => FAILED,
    }
}

/// Says what is wrong with a command line, or what was asked for by `--help`, and returns the exit status. What somebody
/// put in the wrong place is not repeated unless it looks like an option: it may be the key.
pub(crate) fn usage(error: &clap::Error) -> u8 {
    use clap::error::{ContextKind, ErrorKind};

    let named = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            note("no such command; `identifai --help` lists them (to submit: `identifai classify URL`)");
        }
        ErrorKind::TooManyValues => note(&format!("{}: takes no value", named(ContextKind::InvalidArg))),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let reason = error.source().map_or_else(|| "not one of its values".to_owned(), ToString::to_string);
            note(&format!("{}: {reason}", named(ContextKind::InvalidArg)));
        }
        ErrorKind::UnknownArgument if !named(ContextKind::InvalidArg).starts_with("--") => {
            note("an argument is not expected; `identifai --help` lists what is");
        }
        // To standard output if it was asked for, else to standard error.
        _ => error.print().unwrap_or_default(),
    }
    u8::try_from(error.exit_code()).unwrap_or(USAGE)
}

/// One line of result. It fails if nobody reads any more.
pub(crate) fn result(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// One line beside the results. Nobody may be reading; that is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "identifai: {line}");
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // A cause of causes often repeats them.
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// An item that failed, as `--json` prints it.
pub(crate) fn failed_item(input: &str, error: &Error) -> Value {
    let mut item = json!({
        "input": input,
        "error": {
            "kind": error.kind().as_str(),
            "status": error.status(),
            "message": error.message().map_or_else(|| chain(error), str::to_owned),
            "may_have_been_sent": error.may_have_been_sent(),
        },
    });
    if let Some(identifier) = error.identifier() {
        item["identifier"] = json!(identifier);
    }
    item
}
