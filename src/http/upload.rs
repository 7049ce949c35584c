//! The file of a request: checked before the first byte is sent, and opened from its start for each attempt.

use std::io::{self, Read};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::model::format::{Choice, Content, Format, choose, look_into};
use crate::model::medium::Medium;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;
use crate::model::submission::file::{inspect, open, regular_file_len, unreadable, unusable};
use crate::model::submission::source::{FileRequirements, Reader, Source};
use crate::model::tickets::submission::{Ticket, Tickets};
use crate::util::sync::lock;
use crate::util::url::check_http_url;

/// Maximum number of bytes of a reader that are kept in memory to look behind an ID3 tag. Covers are seldom larger.
const LOOKS_BEHIND: u64 = 1 << 20;

/// A file that passed every check, with its name and type for the form.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    source: &'a Source,
    pub(crate) len: u64,
    pub(crate) file_name: String,
    /// `true` if the name is not the file's own, as that says another format.
    pub(crate) is_renamed: bool,
    pub(crate) media_type: &'static str,
}

impl<'a> Upload<'a> {
    /// Checks a file against `required`, and returns `None` for a URL.
    pub(crate) fn check(source: &'a Source, required: FileRequirements<'_>) -> Result<Option<Self>> {
        let (len, content) = match source {
            Source::Url(_) => return Ok(None),
            Source::Path(path) => inspect(path)?,
            Source::Bytes(bytes) => {
                (bytes.len() as u64, look_into(&mut io::Cursor::new(&bytes[..])).map_err(unreadable)?)
            }
            Source::Reader(reader, len) => (*len, peek(reader, *len)?),
        };
        if len == 0 {
            return Err(unusable("is empty"));
        }
        if len > required.max_size {
            let max = required.max_size;
            return Err(unusable(&format!("has {len} bytes, more than the {max} that are allowed (see max_size)")));
        }
        let given = required.file_name.filter(|name| !name.trim().is_empty());
        let own_name = given.map(str::to_owned).or_else(|| source.own_name());
        let named = own_name.as_deref().and_then(Format::from_extension);
        let (format, is_renamed) = match choose(required.kind, content, named) {
            Ok(Choice { format, is_misnamed }) => (Some(format), is_misnamed && !required.any_format),
            Err(_) if required.any_format => (content.format(named).or(named), false),
            Err(reason) => return Err(unusable(&format!("{reason}; to send it anyway, allow any format"))),
        };
        let extension = format.map(|format| format.extension());
        let file_name = match (own_name, extension) {
            (Some(name), Some(extension)) if is_renamed => with_extension(&name, extension),
            (Some(name), _) => name,
            (None, Some(extension)) => format!("{}.{extension}", required.name),
            (None, None) => required.name.to_owned(),
        };
        let media_type = format.map_or("application/octet-stream", |format| format.media_type());
        Ok(Some(Self { source, len, file_name, is_renamed, media_type }))
    }
}

impl Upload<'_> {
    /// The name that it goes by, if that is not the file's own.
    pub(crate) fn corrected_name(self) -> Option<String> {
        self.is_renamed.then_some(self.file_name)
    }

    /// Returns `true` if it can be opened only once.
    pub(crate) fn is_one_shot(&self) -> bool {
        matches!(self.source, Source::Reader(..))
    }

    /// Opens the file from its start.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match self.source {
            Source::Path(path) => {
                regular_file_len(path)?;
                let file = open(path)?;
                // The check and this are two looks at a name that others may have changed in between.
                let metadata = file.metadata().map_err(unreadable)?;
                if !metadata.is_file() || metadata.len() != self.len {
                    return Err(unusable("has changed since it was checked"));
                }
                Box::new(file)
            }
            Source::Bytes(bytes) => Box::new(&bytes[..]),
            Source::Reader(reader, _) => {
                let mut reader = lock(reader);
                let rest = reader.rest.take().ok_or_else(already_sent)?;
                // A reader that has returned all that was asked for may wait for more, so it is not read from then on.
                Box::new(io::Cursor::new(std::mem::take(&mut reader.head)).chain(rest).take(self.len))
            }
            Source::Url(_) => Box::new(io::empty()),
        })
    }
}

/// Looks at a reader, of which everything stays to be sent.
fn peek(reader: &Mutex<Reader>, len: u64) -> Result<Content> {
    let mut reader = lock(reader);
    let Reader { head, rest } = &mut *reader;
    let rest = rest.as_mut().ok_or_else(already_sent)?;
    let window = |at: u64| {
        let end = at.saturating_add(Format::LOOKS_AT as u64);
        if end > LOOKS_BEHIND {
            return Ok(Vec::new());
        }
        rest.take(end.min(len).saturating_sub(head.len() as u64)).read_to_end(head)?;
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(head.len());
        Ok(usize::try_from(at).ok().and_then(|at| head.get(at..end)).unwrap_or_default().to_vec())
    };
    Content::look(window).map_err(unreadable)
}

/// Replaces the extension of a name.
fn with_extension(name: &str, extension: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{extension}")
}

fn already_sent() -> Error {
    unusable("a reader can be read once, and this one was")
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

    /// Returns the name that an upload goes by if it is not its own; see [`Submission::corrected_file_name`].
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        Ok(self.upload()?.and_then(Upload::corrected_name))
    }

    /// Checks everything, and inspects the file if there is one.
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
    /// Checks everything that a submit checks before it sends a byte, for programs that want to know earlier.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field: a URL that is malformed; a file that is
    /// missing, empty, not a regular file, too large, or of a format that does not fit.
    pub fn check(&self) -> Result<()> {
        self.as_any().check()
    }

    /// Returns the name that an upload goes by if it is not the one that the file has or was given.
    ///
    /// A WebP that is named `cat.jpg` goes as `cat.webp`, since the service would refuse the one for the other. It
    /// checks everything that [`check`](Self::check) does.
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
    /// Returns the name that the file goes by if it is not its own; see
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
    /// Checks and looks at all files. The error of one of several tells its place, as names may be secrets.
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
