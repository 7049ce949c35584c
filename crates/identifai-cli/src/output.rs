//! Lines of output: results on standard output, everything else on standard error.

use std::fmt::Write as _;
use std::io::{self, Write};

use identifai::{Error, Identifier};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli_error::CliError;
use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::ledger::Ledger;

/// Prints a text that is read as a whole.
pub(crate) fn page(text: &[u8]) -> Result<ExitStatus, CliError> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(CliError::output)?;
    Ok(ExitStatus::Done)
}

/// Notes that output failed. A reader that has seen enough, such as `head`, needs no message.
pub(crate) fn note_unwritten(error: &io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        note(&format!("cannot write the result: {error}"));
    }
}

/// The place for what cannot be written to standard error.
#[derive(Clone, Copy, Debug)]
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

/// Writes a response as one object with its identifier. A response that cannot be serialised (nested too deep, half a
/// character) is written as it came, which is `raw`.
pub(crate) fn json(answer: &impl Serialize, identifier: &Identifier, raw: &str) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| match raw.strip_prefix('{') {
        Some(fields) if !raw.contains("\"identifier\"") => format!("{{\"identifier\":\"{identifier}\",{fields}"),
        _ => raw.to_owned(),
    })
}

/// Prints one line of a result. It fails if nobody reads any more.
pub(crate) fn result(line: &str) -> io::Result<()> {
    // In one piece, as several processes may write to one file.
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

/// Prints one line of JSON. Characters that a terminal acts upon or hides are escaped: in JSON they stand only in
/// strings. Between strings only blanks are replaced.
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

/// Prints one line beside the results. It does not fail: nobody may be reading.
pub(crate) fn note(line: &str) {
    let _ = try_note(line);
}

pub(crate) fn try_note(line: &str) -> io::Result<()> {
    // In one piece, as `writeln` would write part by part, and standard error has no buffer.
    io::stderr().lock().write_all(format!("identifai: {}\n", shown(line)).as_bytes())
}

/// Escapes a text that may quote somebody else's, as one line that no terminal acts upon.
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

/// Returns `true` if a terminal shows the character, and does nothing else with it.
fn is_plain(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// Makes an item that failed, as `--json` prints it.
#[expect(clippy::indexing_slicing, reason = "an item is an object, and so is its error")]
pub(crate) fn failed_item(input: Option<&str>, error: &Error, submits: bool) -> Value {
    let mut item = json!({ "error": error });
    if error.message().is_none() {
        item["error"]["message"] = error_text::to_cli_text(error).into();
    }
    if let Some(identifier) = error.identifier() {
        item["identifier"] = json!(identifier);
        if submits {
            item["error"]["may_have_been_sent"] = true.into();
        }
    }
    if let Some(input) = input {
        item["input"] = input.into();
    }
    item
}

/// Makes the `error` of an item that failed without a call.
pub(crate) fn failure(kind: &str, message: &str, may_have_been_sent: bool) -> Value {
    json!({ "kind": kind, "status": null, "message": message, "may_have_been_sent": may_have_been_sent })
}
