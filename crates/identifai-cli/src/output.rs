//! Output of the program: results on standard output, everything else on standard error.

use std::fmt::Write as _;
use std::io::{self, Write};

use identifai::{Error, Identifier};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli_error::CliError;
use crate::error_text;
use crate::exit_status::ExitStatus;
use crate::ledger::Ledger;

/// Prints a complete text, such as a manual page, to standard output.
pub(crate) fn print_text(text: &[u8]) -> Result<ExitStatus, CliError> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(CliError::output)?;
    Ok(ExitStatus::Done)
}

/// Reports that output failed. A closed pipe is not reported: a reader such as `head` closes it on purpose.
pub(crate) fn note_output_error(error: &io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        note(&format!("cannot write the result: {error}"));
    }
}

/// The fallback for reports that cannot be written to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fallback {
    /// No fallback, because the outcomes are still printed on standard output later.
    None,
    /// Lines of text on standard output.
    Text,
    /// JSON objects on standard output.
    Json,
}

impl Fallback {
    pub(crate) fn results(is_json: bool) -> Self {
        if is_json { Self::Json } else { Self::Text }
    }
}

/// Reports on standard error each item that may have been paid for and was not printed.
pub(crate) fn report_unprinted(ledger: &Ledger, fallback: Fallback) {
    for item in ledger.unprinted() {
        if try_note(&item.text).is_err() {
            let _ = match fallback {
                Fallback::None => Ok(()),
                Fallback::Text => print_result(&escape(&item.text)),
                Fallback::Json => print_json(&item.json),
            };
        }
    }
    ledger.hints().into_iter().for_each(note);
}

/// Returns a response as one JSON object with its identifier. A response that cannot be serialized, because it is
/// nested too deeply or contains half a surrogate pair, is returned as received: `raw`, with the identifier added if
/// `raw` has none.
pub(crate) fn json(response: &impl Serialize, identifier: &Identifier, raw: &str) -> String {
    serde_json::to_string(response).unwrap_or_else(|_| match raw.strip_prefix('{') {
        Some(fields) if !raw.contains("\"identifier\"") => format!("{{\"identifier\":\"{identifier}\",{fields}"),
        _ => raw.to_owned(),
    })
}

/// Prints one line of a result on standard output. Fails if the output was closed or cannot be written.
pub(crate) fn print_result(line: &str) -> io::Result<()> {
    // The line is written in one call, because several processes may write to the same file.
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

/// Prints one line of JSON. Characters that control a terminal or are invisible are written as JSON escapes, which is
/// valid because JSON has these characters only in strings. Tabs and line breaks, which JSON has only between strings,
/// are replaced by blanks.
pub(crate) fn print_json(json: &str) -> io::Result<()> {
    let mut line = String::new();
    for c in json.chars() {
        match c {
            '\t' | '\r' | '\n' => line.push(' '),
            c if is_printable(c) => line.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(line, "\\u{unit:04x}");
                }
            }
        }
    }
    print_result(&line)
}

/// Prints a message on standard error. Errors are ignored, because standard error may be closed.
pub(crate) fn note(line: &str) {
    let _ = try_note(line);
}

/// Prints a message on standard error, or returns the error.
pub(crate) fn try_note(line: &str) -> io::Result<()> {
    // The line is written in one call: `writeln` writes it in parts, and standard error has no buffer.
    io::stderr().lock().write_all(format!("identifai: {}\n", escape(line)).as_bytes())
}

/// Escapes a text that may quote untrusted input. The result is one line without control characters.
pub(crate) fn escape(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if is_printable(c) {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
    }
    line
}

/// Returns `true` if the character is printable and does not control the terminal.
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// Creates the JSON object of a failed item, as `--json` prints it.
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

/// Creates the `error` object of an item that failed without an error of the library.
pub(crate) fn failure(kind: &str, message: &str, may_have_been_sent: bool) -> Value {
    json!({ "kind": kind, "status": null, "message": message, "may_have_been_sent": may_have_been_sent })
}
