//! Hidden access to the parsing of a batch's lines, for fuzzing. This is not an API: it may change or be removed at any
//! time.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

use identifai::Result;

use crate::batch_input::{self, List, Next};
use crate::options::Options;
use crate::submission::Checked;
use crate::{names, output};

/// A parsed line.
#[derive(Debug)]
pub struct Line {
    /// The URL or path as text for display.
    pub input: String,
    /// The path, if the input is not a URL.
    pub file: Option<PathBuf>,
    /// The submission, or the reason why the line was refused.
    pub submission: Result<Submission, String>,
}

/// A submission that a line describes.
#[derive(Debug)]
pub struct Submission {
    /// The medium: `image`, `video` or `audio`.
    pub medium: &'static str,
    /// The `Debug` text of the submission, or the reason why it cannot be sent.
    pub checked: Result<String>,
}

/// Reads the next line of `source`, without its line ending and leading byte order marks.
pub fn read_line(source: &mut &[u8]) -> io::Result<Option<Vec<u8>>> {
    Ok(batch_input::read_line(source)?.map(|bytes| bytes.line))
}

/// Decodes a line, or returns the reason why it cannot be used.
pub fn decode(line: Vec<u8>) -> Result<OsString, String> {
    batch_input::decode(line)
}

/// Counts the lines of a list that are not blank. Also returns the reason why the rest of the list cannot be used, if
/// the count ended before the end of the list.
pub fn count_lines(list: &[u8]) -> io::Result<(usize, Option<String>)> {
    let mut list = List::new(list);
    let mut count = 0;
    loop {
        match list.next()? {
            Next::Line(..) => count += 1,
            Next::Unusable(reason) => return Ok((count, Some(reason))),
            Next::Pending | Next::End => return Ok((count, None)),
        }
    }
}

/// Parses a line. `medium` is the medium that the command line names.
pub fn parse_line(line: &OsStr, medium: Option<&str>) -> Line {
    let medium = medium.and_then(|medium| medium.parse().ok());
    let batch_input::ParsedLine { input, file, checked } = batch_input::parse_line(line, medium, &Options::default());
    let submission = checked.map(|Checked { submission, .. }| Submission {
        medium: submission.media_type().as_str(),
        checked: submission.check().map(|()| format!("{submission:?}")),
    });
    Line { input, file, submission }
}

/// Returns a file name as text for display.
pub fn display_source(name: &OsStr) -> String {
    names::display(name)
}

/// Escapes a text for output to a terminal.
pub fn escape(text: &str) -> String {
    output::escape(text)
}
