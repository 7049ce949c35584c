//! The content of a request while it is sent, and the progress of sending it.
//!
//! The kind of an I/O error does not show whether a submit arrived: a connection reset during the handshake looks the
//! same as one after the last byte. So this module records whether the content was read to its end. If it was not, the
//! service cannot have received the whole request.

use std::io::{self, Read};

use super::request::Content;
use super::response::Failure;
use super::upload::Upload;
use crate::error::{Error, ErrorKind};
use crate::model::submission::progress::TaggedWatcher;

/// The part of a request's content that has not been read yet, and the error of a file that could not be read.
pub(crate) struct Body<'a> {
    /// The remaining bytes before the open file, or before the end of the content.
    bytes: &'a [u8],
    file: Option<OpenFile<'a>>,
    /// The files that are not open yet. They are opened one by one, since there may be more of them than the process
    /// may have open at a time.
    files: std::slice::Iter<'a, (Vec<u8>, Upload<'a>)>,
    tail: &'a [u8],
    progress: Counter<'a>,
    has_begun: bool,
    failure: Option<Failure>,
}

struct OpenFile<'a> {
    reader: Box<dyn Read + 'a>,
    left: u64,
}

/// A counter of the file bytes that were sent, for `on_progress`.
struct Counter<'a> {
    watcher: Option<TaggedWatcher<'a>>,
    sent: u64,
    total: u64,
}

impl<'a> Body<'a> {
    /// Opens `content` at its start. `None` is treated as empty content.
    pub(crate) fn open(content: Option<&'a Content<'_>>) -> Result<Self, Failure> {
        let (files, tail, watcher) =
            content.map_or((&[][..], &[][..], None), |content| (&content.files, &content.tail, content.watcher));
        let progress = Counter { watcher, sent: 0, total: content.map_or(0, Content::files_len) };
        let mut body =
            Self { bytes: &[], file: None, files: files.iter(), tail, progress, has_begun: false, failure: None };
        body.open_next().map_err(Failure::from_error)?;
        Ok(body)
    }

    /// Continues with the next file, or with the bytes after the last one.
    fn open_next(&mut self) -> Result<(), Error> {
        self.file = None;
        match self.files.next() {
            Some((before, upload)) => {
                self.bytes = before;
                self.file = Some(OpenFile { reader: upload.open()?, left: upload.len });
            }
            None => self.bytes = std::mem::take(&mut self.tail),
        }
        Ok(())
    }

    /// Returns `true` once the last byte was read.
    pub(crate) fn is_read(&self) -> bool {
        // `tail` is checked as well because it is moved to `bytes` only after the last file.
        self.bytes.is_empty() && self.file.is_none() && self.tail.is_empty()
    }

    /// Returns `true` once reading has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes the error of the file, if it ended the request.
    pub(crate) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.has_begun = true;
        let mut filled = 0_usize;
        while let Some(unfilled @ [_, ..]) = buffer.get_mut(filled..) {
            if !self.bytes.is_empty() {
                filled = filled.saturating_add(self.bytes.read(unfilled)?);
                continue;
            }
            let Some(file) = &mut self.file else { break };
            let read = file.read(unfilled, &mut self.progress);
            match read.and_then(|amount| if amount == 0 { self.open_next().map(|()| 0) } else { Ok(amount) }) {
                Ok(amount) => filled = filled.saturating_add(amount),
                Err(error) => {
                    self.failure = Some(Failure::from_error(error));
                    return Err(io::Error::other("cannot read the file"));
                }
            }
        }
        Ok(filled)
    }
}

impl OpenFile<'_> {
    /// Reads the next bytes of the file. Fails if the file is not as long as declared.
    fn read(&mut self, buffer: &mut [u8], progress: &mut Counter<'_>) -> Result<usize, Error> {
        if progress.watcher.is_some_and(|watcher| !watcher.notify(progress.sent, progress.total)) {
            return Err(Error::new(ErrorKind::Cancelled, "upload cancelled by `on_progress`"));
        }
        let mut after_end = [0];
        let max = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        // After the declared length, try to read one more byte before the end of the form is sent. If the file has
        // become longer, the form stays incomplete, and the service does not accept a part of a file as the whole.
        let target = if self.left == 0 { &mut after_end } else { buffer.get_mut(..max).unwrap_or_default() };
        match (self.left, read_some(&mut self.reader, target)?) {
            (0, 0) => Ok(0),
            (0, _) => Err(Error::invalid_input("file", "grew during the upload; nothing was submitted")),
            (_, 0) => Err(Error::invalid_input("file", "shrank during the upload; nothing was submitted")),
            (_, amount) => {
                self.left = self.left.saturating_sub(amount as u64);
                progress.sent = progress.sent.saturating_add(amount as u64);
                Ok(amount)
            }
        }
    }
}

/// Reads once, and again if a signal interrupts the read.
fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let what = "nothing was submitted: cannot read the file";
                return Err(Error::invalid_input("file", what).with_source(error));
            }
            Ok(amount) => return Ok(amount),
        }
    }
}

#[cfg(test)]
mod tests;
