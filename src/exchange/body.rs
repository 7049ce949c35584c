//! A request's content on its way out: read once, watched, and the witness of how far it came.
//!
//! An error's kind does not tell whether a submit arrived; a reset in the handshake and one after the last byte look the
//! same. What never was read to its end cannot have arrived whole.

use std::io::{self, Read};

use super::transport::Failure;
use crate::error::{Error, ErrorKind};
use crate::media::Watcher;
use crate::wire::request::{Content, FilePart};

/// What is left to be read, and what went wrong on our side.
pub(crate) struct Body<'a> {
    head: &'a [u8],
    file: Option<OpenFile<'a>>,
    tail: &'a [u8],
    broken: Option<Failure>,
}

struct OpenFile<'a> {
    reader: Box<dyn Read + 'a>,
    sent: u64,
    len: u64,
    watcher: Option<&'a Watcher>,
}

impl<'a> Body<'a> {
    /// Opens `content` from its start; no content is an empty one.
    pub(crate) fn open(content: Option<&'a Content<'_>>) -> Result<Self, Failure> {
        let Some(content) = content else {
            return Ok(Self { head: &[], file: None, tail: &[], broken: None });
        };
        let file = content.file.as_ref().map(OpenFile::open).transpose().map_err(Failure::from_error)?;
        Ok(Self { head: &content.head, file, tail: &content.tail, broken: None })
    }

    /// Whether its last byte was read.
    pub(crate) fn is_read(&self) -> bool {
        self.head.is_empty() && self.file.is_none() && self.tail.is_empty()
    }

    /// What went wrong with the file, if that is what ended the request.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.broken
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.head.read(buffer)?;
        while let (Some(file), true) = (&mut self.file, filled < buffer.len()) {
            match file.read(&mut buffer[filled..]) {
                Ok(0) => self.file = None,
                Ok(amount) => filled += amount,
                Err(error) => {
                    self.broken = Some(Failure::from_error(error));
                    return Err(io::Error::other("the file"));
                }
            }
        }
        if self.file.is_none() {
            filled += self.tail.read(&mut buffer[filled..])?;
        }
        Ok(filled)
    }
}

impl<'a> OpenFile<'a> {
    fn open(part: &'a FilePart<'_>) -> Result<Self, Error> {
        Ok(Self { reader: part.upload.open()?, sent: 0, len: part.upload.len, watcher: part.watcher })
    }

    /// The next bytes of the file, which must be as long as was said before.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.watcher.is_some_and(|watcher| !watcher.see(self.sent, self.len)) {
            return Err(Error::new(ErrorKind::Cancelled, "the upload was ended by on_progress"));
        }
        let left = self.len - self.sent;
        if left == 0 {
            // Before the end of the form is sent, so that nothing is submitted that is not the file.
            return match read_some(&mut self.reader, &mut [0])? {
                0 => Ok(0),
                _ => Err(Error::invalid_input("file", "became longer while it was sent; nothing was submitted")),
            };
        }
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match read_some(&mut self.reader, &mut buffer[..most])? {
            0 => Err(Error::invalid_input("file", "became shorter while it was sent; nothing was submitted")),
            amount => {
                self.sent += amount as u64;
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
