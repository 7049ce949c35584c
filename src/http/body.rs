//! The content of a request while it is sent, and how far it was read.
//!
//! An error's kind does not tell whether a submit arrived; a reset in the handshake and one after the last byte look
//! the same. What never was read to its end cannot have arrived whole.

use std::io::{self, Read};

use super::request::Content;
use super::response::Failure;
use super::upload::Upload;
use crate::error::{Error, ErrorKind};
use crate::model::submission::progress::TaggedWatcher;

/// The content that is left to be read, and an error on our side.
pub(crate) struct Body<'a> {
    /// The bytes before the file that is open, or before the end.
    bytes: &'a [u8],
    file: Option<OpenFile<'a>>,
    /// They are opened one by one: there may be more of them than can be open at a time.
    files: std::slice::Iter<'a, (Vec<u8>, Upload<'a>)>,
    tail: &'a [u8],
    progress: Counter<'a>,
    has_begun: bool,
    broken: Option<Failure>,
}

struct OpenFile<'a> {
    reader: Box<dyn Read + 'a>,
    left: u64,
}

/// The progress of the files, for `on_progress`.
struct Counter<'a> {
    watcher: Option<TaggedWatcher<'a>>,
    sent: u64,
    total: u64,
}

impl<'a> Body<'a> {
    /// Opens `content` from its start; no content is an empty one.
    pub(crate) fn open(content: Option<&'a Content<'_>>) -> Result<Self, Failure> {
        let (files, tail, watcher) =
            content.map_or((&[][..], &[][..], None), |content| (&content.files, &content.tail, content.watcher));
        let progress = Counter { watcher, sent: 0, total: content.map_or(0, Content::files_len) };
        let mut body =
            Self { bytes: &[], file: None, files: files.iter(), tail, progress, has_begun: false, broken: None };
        body.go_on().map_err(Failure::from_error)?;
        Ok(body)
    }

    /// Opens the next file, or goes on to the end.
    fn go_on(&mut self) -> Result<(), Error> {
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
        // The end is there from the start if there is no file.
        self.bytes.is_empty() && self.file.is_none() && self.tail.is_empty()
    }

    /// Returns `true` once something was read of it.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes the error of the file, if it ended the request.
    pub(crate) fn take_failure(&mut self) -> Option<Failure> {
        self.broken.take()
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.has_begun = true;
        let mut filled = 0_usize;
        while let Some(room @ [_, ..]) = buffer.get_mut(filled..) {
            if !self.bytes.is_empty() {
                filled = filled.saturating_add(self.bytes.read(room)?);
                continue;
            }
            let Some(file) = &mut self.file else { break };
            let read = file.read(room, &mut self.progress);
            match read.and_then(|amount| if amount == 0 { self.go_on().map(|()| 0) } else { Ok(amount) }) {
                Ok(amount) => filled = filled.saturating_add(amount),
                Err(error) => {
                    self.broken = Some(Failure::from_error(error));
                    return Err(io::Error::other("the file"));
                }
            }
        }
        Ok(filled)
    }
}

impl OpenFile<'_> {
    /// The next bytes of the file, which must be as long as was said before.
    fn read(&mut self, buffer: &mut [u8], progress: &mut Counter<'_>) -> Result<usize, Error> {
        if progress.watcher.is_some_and(|watcher| !watcher.see(progress.sent, progress.total)) {
            return Err(Error::new(ErrorKind::Cancelled, "the upload was ended by on_progress"));
        }
        let mut behind = [0];
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        // Look behind the end before that of the form is sent, so that nothing is submitted that is not the file.
        let piece = if self.left == 0 { &mut behind } else { buffer.get_mut(..most).unwrap_or_default() };
        match (self.left, read_some(&mut self.reader, piece)?) {
            (0, 0) => Ok(0),
            (0, _) => Err(Error::invalid_input("file", "became longer while it was sent; nothing was submitted")),
            (_, 0) => Err(Error::invalid_input("file", "became shorter while it was sent; nothing was submitted")),
            (_, amount) => {
                self.left = self.left.saturating_sub(amount as u64);
                progress.sent = progress.sent.saturating_add(amount as u64);
                Ok(amount)
            }
        }
    }
}

fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let what = "cannot be read to its end; nothing was submitted";
                return Err(Error::invalid_input("file", what).with_source(error));
            }
            Ok(amount) => return Ok(amount),
        }
    }
}

#[cfg(test)]
mod tests;
