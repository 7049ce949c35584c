//! The file of a request. It is checked before the first byte is sent, and opened again at its start for each attempt.

use std::io::{self, Read};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::model::format::{Choice, Content, Format, choose, detect_content};
use crate::model::medium::Medium;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;
use crate::model::submission::file::{inspect, open, regular_file_len, unreadable, unusable};
use crate::model::submission::source::{FileRequirements, Reader, Source};
use crate::model::tickets::submission::{Ticket, Tickets};
use crate::util::sync::lock;
use crate::util::url::check_http_url;

/// Maximum number of bytes of a reader that are kept in memory to detect its format. The format of an audio file may
/// follow an ID3 tag with a cover image, which is rarely larger than this.
const PEEK_MAX: u64 = 1 << 20;

/// A file that has passed every check, with its name and media type for the form.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    source: &'a Source,
    pub(crate) len: u64,
    pub(crate) file_name: String,
    /// If `true`, the file name has a corrected extension, because that of the original name stands for another format.
    pub(crate) is_renamed: bool,
    pub(crate) media_type: &'static str,
}

impl<'a> Upload<'a> {
    /// Checks a file against `required`. Returns `None` for a URL.
    pub(crate) fn check(source: &'a Source, required: FileRequirements<'_>) -> Result<Option<Self>> {
        let (len, content) = match source {
            Source::Url(_) => return Ok(None),
            Source::Path(path) => inspect(path)?,
            Source::Bytes(bytes) => {
                (bytes.len() as u64, detect_content(&mut io::Cursor::new(&bytes[..])).map_err(unreadable)?)
            }
            Source::Reader(reader, len) => (*len, peek(reader, *len)?),
        };
        if len == 0 {
            return Err(unusable("must not be empty"));
        }
        if len > required.max_size {
            let max = required.max_size;
            return Err(unusable(&format!("{len} bytes exceed the limit of {max} bytes; see `max_size`")));
        }
        let given = required.file_name.filter(|name| !name.trim().is_empty());
        let own_name = given.map(str::to_owned).or_else(|| source.own_name());
        let named = own_name.as_deref().and_then(Format::from_extension);
        let (format, is_renamed) = match choose(required.kind, content, named) {
            Ok(Choice { format, is_misnamed }) => (Some(format), is_misnamed && !required.any_format),
            Err(_) if required.any_format => (content.format(named).or(named), false),
            Err(reason) => return Err(unusable(&format!("{reason}; allow any format to send it anyway"))),
        };
        let extension = format.map(|format| format.extension());
        let file_name = match (own_name, extension) {
            (Some(name), Some(extension)) if is_renamed => with_extension(&name, extension),
            (Some(name), _) => name,
            (None, Some(extension)) => format!("{}.{extension}", required.name),
            (None, None) => required.name.to_owned(),
        };
        let media_type = format.map_or("application/octet-stream", |format| format.mime_type());
        Ok(Some(Self { source, len, file_name, is_renamed, media_type }))
    }
}

impl Upload<'_> {
    /// Returns the name under which the file is sent, if that is not its original name.
    pub(crate) fn corrected_name(self) -> Option<String> {
        self.is_renamed.then_some(self.file_name)
    }

    /// Returns `true` if the file can be opened only once.
    pub(crate) fn is_one_shot(&self) -> bool {
        matches!(self.source, Source::Reader(..))
    }

    /// Opens the file at its start.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match self.source {
            Source::Path(path) => {
                regular_file_len(path)?;
                let file = open(path)?;
                // Another process may have replaced the file after the check above, so check the open file as well.
                let metadata = file.metadata().map_err(unreadable)?;
                if !metadata.is_file() || metadata.len() != self.len {
                    return Err(unusable("modified after it was checked"));
                }
                Box::new(file)
            }
            Source::Bytes(bytes) => Box::new(&bytes[..]),
            Source::Reader(reader, _) => {
                let mut reader = lock(reader);
                let rest = reader.rest.take().ok_or_else(already_sent)?;
                // Limit the reader to the declared length. A pipe that stays open would block a read beyond it.
                Box::new(io::Cursor::new(std::mem::take(&mut reader.head)).chain(rest).take(self.len))
            }
            Source::Url(_) => Box::new(io::empty()),
        })
    }
}

/// Detects the format of a reader. The bytes that are read for this are kept, and sent later.
fn peek(reader: &Mutex<Reader>, len: u64) -> Result<Content> {
    let mut reader = lock(reader);
    let Reader { head, rest } = &mut *reader;
    let rest = rest.as_mut().ok_or_else(already_sent)?;
    let window = |at: u64| {
        let end = at.saturating_add(Format::PROBE_LEN as u64);
        if end > PEEK_MAX {
            return Ok(Vec::new());
        }
        rest.take(end.min(len).saturating_sub(head.len() as u64)).read_to_end(head)?;
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(head.len());
        Ok(usize::try_from(at).ok().and_then(|at| head.get(at..end)).unwrap_or_default().to_vec())
    };
    Content::detect(window).map_err(unreadable)
}

/// Replaces the extension of a name.
fn with_extension(name: &str, extension: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{extension}")
}

fn already_sent() -> Error {
    unusable("the reader was already read, and can be read only once")
}

impl AnySubmission {
    /// Checks everything that a submit checks before it sends a byte; see [`Submission::check`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field.
    pub fn check(&self) -> Result<()> {
        self.upload().map(drop)
    }

    /// Returns the name under which the file is uploaded, if that is not its original name; see
    /// [`Submission::corrected_file_name`].
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        Ok(self.upload()?.and_then(Upload::corrected_name))
    }

    /// Checks the submission and its file. Returns `None` if it has a URL in place of a file.
    pub(crate) fn upload(&self) -> Result<Option<Upload<'_>>> {
        for (field, url) in self.urls() {
            if let Some(reason) = check_http_url(url) {
                return Err(Error::invalid_input(field, reason));
            }
        }
        self.check_extension()?;
        Upload::check(self.source(), self.file_requirements())
    }
}

impl<M: Medium> Submission<M> {
    /// Checks everything that a submit checks before it sends a byte.
    ///
    /// A program can call this to report invalid submissions before it sends any of them.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field, if a URL is malformed, or if the file is
    /// missing, empty, not a regular file, too large, or of a format that is not allowed.
    pub fn check(&self) -> Result<()> {
        self.as_any().check()
    }

    /// Returns the name under which the file is uploaded, if it differs from the name of the file or the name set with
    /// [`file_name`](Self::file_name).
    ///
    /// A WebP file that is named `cat.jpg` is uploaded as `cat.webp`, because the service rejects a file whose
    /// extension does not match its format. This method checks everything that [`check`](Self::check) does.
    ///
    /// ```
    /// use identifai::Image;
    ///
    /// let job = Image::from_bytes(b"GIF89a...").file_name("cat.jpg");
    /// assert_eq!(job.corrected_file_name()?.as_deref(), Some("cat.gif"));
    /// assert_eq!(job.any_format(true).corrected_file_name()?, None);
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        self.as_any().corrected_file_name()
    }
}

impl Ticket {
    /// Returns the name under which the file is uploaded, if that is not its original name; see
    /// [`Submission::corrected_file_name`](crate::Submission::corrected_file_name).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), if the file cannot be submitted.
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        Ok(self.upload()?.and_then(Upload::corrected_name))
    }

    fn upload(&self) -> Result<Option<Upload<'_>>> {
        Upload::check(self.source(), self.file_requirements())
    }
}

impl Tickets {
    /// Checks all files. If there are several, an error names the number of the ticket, since file names may be secret.
    pub(crate) fn uploads(&self) -> Result<Vec<Upload<'_>>> {
        let tickets = self.all();
        let prefixed = |index: usize, error: Error| {
            if tickets.len() == 1 { error } else { error.prefixed(&format!("ticket {}", index.saturating_add(1))) }
        };
        let files = tickets.iter().enumerate().map(|(index, ticket)| {
            // A ticket is never a URL, so there is a file.
            ticket.upload().transpose().map(|upload| upload.map_err(|error| prefixed(index, error)))
        });
        files.flatten().collect()
    }
}

#[cfg(test)]
mod tests;
