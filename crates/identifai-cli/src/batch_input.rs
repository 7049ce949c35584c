//! Input of a batch, read line by line on a separate thread, so that a slow writer does not delay the batch.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use identifai::MediaType;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list_format::{not_text_reason, other_format_reason};
use crate::names;
use crate::options::Options;
use crate::submission::{self, Checked};

/// The maximum length of a line, in bytes.
const MAX_LINE_LEN: u64 = 1024 * 1024;
const TOO_LONG: &str = "must be at most 1 MiB long";
/// The number of lines that are read ahead.
const READ_AHEAD: usize = 64;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The maximum time that [`Lines::next`] waits for a line.
const MAX_WAIT: Duration = Duration::from_millis(20);

/// The result of reading the next line of a list.
pub(crate) enum Next {
    /// A line that is not blank: its number, counted from 1, and its text or the reason why it cannot be read.
    Line(u64, Result<OsString, String>),
    /// The reason why the rest of the list cannot be used.
    Unusable(String),
    /// No line has arrived yet.
    Pending,
    End,
}

/// The lines of a file or of standard input.
pub(crate) struct Lines {
    received: Receiver<Next>,
    /// The number of lines that are not blank. `None` if the source is not a regular file.
    pub(crate) count: Option<u64>,
}

impl Lines {
    /// Starts to read the file at `path`, or standard input for `-`. A regular file is first checked to its end. If it
    /// is not a list, this fails before any item is submitted and paid for.
    pub(crate) fn open(path: &OsStr) -> Result<Self, String> {
        // The file name is not printed, because it may be the API key, given by mistake.
        let unreadable = |error: io::Error| format!("cannot read the list: {error}");
        let (source, count): (Box<dyn BufRead + Send>, _) = if path == "-" {
            (Box::new(BufReader::new(io::stdin())), None)
        } else {
            if Path::new(path).is_dir() {
                return Err(unreadable(io::ErrorKind::IsADirectory.into()));
            }
            // Only a regular file can be read twice.
            let open = || File::open(path).map(BufReader::new);
            let count = if Path::new(path).is_file() { Some(count(open().map_err(unreadable)?)?) } else { None };
            (Box::new(open().map_err(unreadable)?), count)
        };
        let (send, received) = mpsc::sync_channel(READ_AHEAD);
        let mut list = List::new(source);
        let read = move || {
            loop {
                let next = list.next().unwrap_or_else(|error| Next::Unusable(format!("cannot read the list: {error}")));
                let is_last = matches!(next, Next::Unusable(_) | Next::End);
                if send.send(next).is_err() || is_last {
                    break;
                }
            }
        };
        thread::Builder::new().spawn(read).map_err(unreadable)?;
        Ok(Self { received, count })
    }

    pub(crate) fn next(&self) -> Next {
        match self.received.recv_timeout(MAX_WAIT) {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => Next::Pending,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }
}

/// Counts the lines that are not blank, or returns the reason why the list cannot be used. A read error ends the count
/// and is not returned. It is reported when the lines are read again for their items.
fn count(source: impl BufRead) -> Result<u64, String> {
    let mut list = List::new(source);
    let mut count = 0;
    loop {
        match list.next() {
            Ok(Next::Unusable(reason)) => return Err(reason),
            Ok(Next::End) | Err(_) => return Ok(count),
            Ok(_) => count += 1,
        }
    }
}

/// A reader of the lines of a list.
pub(crate) struct List<R> {
    source: R,
    /// The number of the last line that was read, counted from 1.
    number: u64,
    /// `true` until a line that is not blank was read.
    is_at_start: bool,
}

impl<R: BufRead> List<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, number: 0, is_at_start: true }
    }

    /// Returns the next line that is not blank. Callers stop after [`Next::Unusable`] and [`Next::End`].
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        loop {
            let Some(RawLine { line, is_truncated }) = read_line(&mut self.source)? else { return Ok(Next::End) };
            self.number += 1;
            let number = self.number;
            if let Some(reason) = not_text_reason(&line, number) {
                return Ok(Next::Unusable(reason));
            }
            let known = if is_truncated {
                Some(String::from_utf8_lossy(&line))
            } else {
                std::str::from_utf8(&line).ok().map(Into::into)
            };
            let known = known.as_deref().map(str::trim);
            if known == Some("") && !is_truncated {
                continue;
            }
            // The format of the first line is taken as the format of the whole list.
            let is_first = std::mem::take(&mut self.is_at_start);
            if let Some(reason) = known.filter(|_| is_first).and_then(other_format_reason) {
                return Ok(Next::Unusable(format!("line {number}: {reason}")));
            }
            let line = if is_truncated { Err(TOO_LONG.to_owned()) } else { decode(line) };
            return Ok(Next::Line(number, line));
        }
    }
}

/// The bytes of a line.
pub(crate) struct RawLine {
    /// The bytes without the line ending, and without leading byte order marks, which some editors write.
    pub(crate) line: Vec<u8>,
    /// `true` if the line was longer than [`MAX_LINE_LEN`] and only its beginning was kept.
    pub(crate) is_truncated: bool,
}

/// Reads a line of at most [`MAX_LINE_LEN`] bytes, and skips the rest of a longer line. Returns `None` at the end.
pub(crate) fn read_line(source: &mut impl BufRead) -> io::Result<Option<RawLine>> {
    let mut line = Vec::new();
    if source.by_ref().take(MAX_LINE_LEN).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let is_truncated = line.len() as u64 == MAX_LINE_LEN && !line.ends_with(b"\n");
    if is_truncated {
        // Skip the rest of the line in pieces, so that it is never in memory as a whole.
        let mut rest = line.clone();
        while !rest.ends_with(b"\n") && !rest.is_empty() {
            rest.clear();
            source.by_ref().take(MAX_LINE_LEN).read_until(b'\n', &mut rest)?;
        }
    }
    while matches!(line.last(), Some(b'\r' | b'\n')) {
        line.pop();
    }
    // Remove all marks at once: a line may have 350,000 of them, and each removal moves the rest of the line.
    let marks = line.chunks(BYTE_ORDER_MARK.len()).take_while(|chunk| *chunk == BYTE_ORDER_MARK).count();
    line.drain(..marks * BYTE_ORDER_MARK.len());
    Ok(Some(RawLine { line, is_truncated }))
}

/// Reads a line that must be UTF-8, or returns the reason why it cannot be used.
pub(crate) fn read_text(source: &mut impl BufRead) -> io::Result<Option<Result<String, &'static str>>> {
    let line = read_line(source)?;
    Ok(line.map(|RawLine { line, is_truncated }| match is_truncated {
        true => Err(TOO_LONG),
        false => String::from_utf8(line).map_err(|_| "must be UTF-8"),
    }))
}

/// Converts the bytes of a line to text. On Unix, file names may consist of any bytes.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn decode(line: Vec<u8>) -> Result<OsString, String> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(line))
}

#[cfg(not(unix))]
pub(crate) fn decode(line: Vec<u8>) -> Result<OsString, String> {
    String::from_utf8(line).map(OsString::from).map_err(|_| "must be UTF-8".to_owned())
}

/// The submission that a line describes.
pub(crate) struct ParsedLine {
    /// The URL or path as text for display.
    pub(crate) input: String,
    /// The path, if the input is not a URL.
    pub(crate) file: Option<PathBuf>,
    pub(crate) checked: Result<Checked, String>,
}

impl ParsedLine {
    /// Creates the result for a line whose input cannot be read.
    pub(crate) fn failed(reason: String) -> Self {
        Self { input: String::new(), file: None, checked: Err(reason) }
    }

    fn new(input: &OsStr, checked: Result<Checked, String>) -> Self {
        let file = (!names::is_url(input)).then(|| PathBuf::from(input));
        Self { input: names::display(input), file, checked }
    }
}

/// Parses a line: a URL, a path, or a JSON object with a URL or path as its `input`. The options of an object take
/// precedence over `defaults`, and its `medium` over `medium`.
pub(crate) fn parse_line(line: &OsStr, medium: Option<MediaType>, defaults: &Options) -> ParsedLine {
    let Some(text) = line.to_str().map(str::trim) else {
        return ParsedLine::new(line, submission::from_input(defaults, medium, line));
    };
    if let Some(reason) = other_format_reason(text) {
        return ParsedLine::new(OsStr::new(text), Err(reason.to_owned()));
    }
    if !text.starts_with('{') || Path::new(text).exists() {
        return ParsedLine::new(OsStr::new(text), submission::from_input(defaults, medium, OsStr::new(text)));
    }
    let mut fields: Map<String, Value> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) => return ParsedLine::failed(format!("invalid JSON object: {error}")),
    };
    let Some(Value::String(input)) = fields.remove("input") else {
        return ParsedLine::failed("missing `input`, which must be a URL or a path".to_owned());
    };
    let input = OsStr::new(&input);
    let submission =
        options(fields).and_then(|(own, options)| submission::from_input(&options.or(defaults), own.or(medium), input));
    ParsedLine::new(input, submission)
}

fn options(mut fields: Map<String, Value>) -> Result<(Option<MediaType>, Options), String> {
    // pandas writes `null` for an empty cell.
    let medium = fields.remove("medium").filter(|medium| !medium.is_null());
    let medium = medium.map(MediaType::deserialize).transpose();
    let medium = medium.map_err(|_| "medium: must be image, video or audio".to_owned())?;
    let options = Options::deserialize(Value::Object(fields)).map_err(|error| format!("invalid options: {error}"))?;
    Ok((medium, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_byte_order_marks_are_removed() {
        // The last line is close to the maximum length. Removing its marks one by one would take seconds.
        for (marks, rest) in [(0, "x"), (1, "x\u{feff}"), (3, "\u{fefe}"), (2, ""), (349_000, "x")] {
            let line = "\u{feff}".repeat(marks) + rest + "\n";
            let RawLine { line, is_truncated } = read_line(&mut line.as_bytes()).unwrap().unwrap();
            assert_eq!((line.as_slice(), is_truncated), (rest.as_bytes(), false), "{marks}");
        }
    }
}
