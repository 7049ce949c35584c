//! The lines of a batch: read in a thread of their own, so that who writes them slowly holds nothing up.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::job::{Job, Medium};
use crate::options::Options;

/// The longest line, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// How many lines are read ahead.
const AHEAD: usize = 64;
/// How long to wait for a line before something else is done.
const BRIEFLY: Duration = Duration::from_millis(20);

/// What comes next.
pub(crate) enum Next {
    /// A line that is not blank: its number, from 1, and its text, if that can be read.
    Line(u64, Result<String, String>),
    NotYet,
    End,
}

/// The lines of a file or of standard input.
pub(crate) struct Lines(Receiver<(u64, Result<String, String>)>);

impl Lines {
    /// Begins to read the file at `path`, or standard input for `-`.
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let (send, lines) = mpsc::sync_channel(AHEAD);
        let mut source: Box<dyn BufRead + Send> = match path {
            "-" => Box::new(BufReader::new(io::stdin())),
            path if Path::new(path).is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            path => Box::new(BufReader::new(File::open(path)?)),
        };
        thread::Builder::new().spawn(move || {
            for number in 1.. {
                match read_line(&mut source) {
                    Ok(None) => break,
                    Ok(Some(Ok(text))) if text.trim().is_empty() => {}
                    Ok(Some(line)) => {
                        if send.send((number, line)).is_err() {
                            break;
                        }
                    }
                    Err(error) => {
                        let _ = send.send((number, Err(format!("cannot be read: {error}"))));
                        break;
                    }
                }
            }
        })?;
        Ok(Self(lines))
    }

    pub(crate) fn next(&self) -> Next {
        match self.0.recv_timeout(BRIEFLY) {
            Ok((number, line)) => Next::Line(number, line),
            Err(RecvTimeoutError::Timeout) => Next::NotYet,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }
}

/// How many lines of a regular file are not blank.
pub(crate) fn count(path: &str) -> Option<u64> {
    if path == "-" || !Path::new(path).is_file() {
        return None;
    }
    let mut file = BufReader::new(File::open(path).ok()?);
    let mut count = 0;
    while let Some(line) = read_line(&mut file).ok()? {
        count += u64::from(!line.is_ok_and(|text| text.trim().is_empty()));
    }
    Some(count)
}

/// A line, without what ends it; or why it cannot be used.
pub(crate) fn read_line(source: &mut impl BufRead) -> io::Result<Option<Result<String, String>>> {
    let mut line = Vec::new();
    if source.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
        // The rest of it, in pieces that are dropped one by one.
        while !line.ends_with(b"\n") && !line.is_empty() {
            line.clear();
            source.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        }
        return Ok(Some(Err("is longer than 1 MiB".to_owned())));
    }
    let text = String::from_utf8(line).map_err(|_| "is not UTF-8".to_owned());
    Ok(Some(text.map(|text| text.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}').to_owned())))
}

/// What a line asks for.
pub(crate) struct Read {
    pub(crate) input: String,
    pub(crate) job: Result<Job, String>,
}

/// Reads a line: a URL or path, or a JSON object with such an `input` and options, which win over `defaults`.
pub(crate) fn read(line: &str, medium: Option<Medium>, defaults: &Options) -> Read {
    let line = line.trim();
    if !line.starts_with('{') {
        return Read { input: line.to_owned(), job: Job::new(defaults, medium, line) };
    }
    let mut fields: Map<String, Value> = match serde_json::from_str(line) {
        Ok(fields) => fields,
        Err(error) => return Read { input: String::new(), job: Err(format!("is no JSON object: {error}")) },
    };
    let Some(Value::String(input)) = fields.remove("input") else {
        return Read { input: String::new(), job: Err("has no `input`, which is a URL or a path".to_owned()) };
    };
    let job = options(fields).and_then(|(own, options)| Job::new(&options.or(defaults), own.or(medium), &input));
    Read { input, job }
}

fn options(mut fields: Map<String, Value>) -> Result<(Option<Medium>, Options), String> {
    let medium = fields.remove("medium").map(Medium::deserialize).transpose();
    let medium = medium.map_err(|_| "its `medium` is not image, video or audio".to_owned())?;
    let options = Options::deserialize(Value::Object(fields)).map_err(|error| format!("its options: {error}"))?;
    Ok((medium, options))
}
