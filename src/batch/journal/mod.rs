//! The journal of a batch: a file that has every step, so that a run which was killed can go on.

mod error;
mod line;
mod replay;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use fs4::TryLockError;

use self::error::{failed, unusable};
use self::line::Line;
use self::replay::{Entry, History, LINE_LIMIT};
use super::store::{EarlierRun, FileVersion, Key, Store};
use crate::error::{Error, Result};
use crate::model::identifier::Identifier;
use crate::model::media_type::MediaType;
use crate::model::report::any::AnyReport;
use crate::model::submission::any::AnySubmission;
use crate::util::sync::lock;
use crate::util::text::one_line;

/// A file that keeps what happens to the jobs of a [`Batch`](super::Batch), so that a run which was killed at any
/// moment can go on with the same jobs and the same file, and pays for nothing twice.
///
/// Before each submit and after it, and with each result, a line of JSON is written to the file. In the next run, in
/// whatever order the jobs come then,
///
/// - a job that has its result ends in that again, without a request;
/// - one that was submitted is waited for;
/// - one that was being submitted when the run was killed, or got no answer, ends as
///   [`Indeterminate`](crate::ErrorKind::Indeterminate), unless
///   [`retry_indeterminate`](Self::retry_indeterminate) says otherwise;
/// - all others are submitted: those too that the service refused.
///
/// Jobs are the same if medium, source and options are. Equal ones are told apart by their number. What is in memory is
/// known by its bytes, and what comes from a reader by its length and name.
///
/// A file is known by its absolute path, its length and its modification time; symbolic links are followed. A file that
/// was overwritten since is another one: it is submitted and paid for again, and counts in
/// [`BatchProgress::changed`](super::BatchProgress::changed). A copy with new modification times, as `cp` and `rsync`
/// without `-t` make them, counts as overwritten, too. A file that was replaced by one of the same length at the same
/// modification time, or sooner than the file system's clock ticks (2 seconds on FAT), cannot be told from the first
/// one. A file that is gone keeps its result. Items of journals that were written before lengths and times were kept
/// are known by the path alone.
///
/// A submission that the service does not know any more ends as [`NotFound`](crate::ErrorKind::NotFound) in each run: a
/// new journal submits it again.
///
/// If a line cannot be written, nothing more is submitted, and the part of it that was is cut off. On Unix a limit on
/// the size of files ends a process that does not ignore SIGXFSZ; the next run cuts off what that left.
///
/// It holds identifiers, reports as the service sent them, URLs without user and query, paths, and no key; on Unix only
/// its owner can read it.
///
/// ```no_run
/// use identifai::{Client, Image, Journal};
///
/// let jobs = ["https://example.com/a.jpg", "https://example.com/b.jpg"].map(Image::from_url);
/// for outcome in Client::from_env()?.batch(jobs).journal(Journal::open("images.journal")?) {
///     println!("{outcome:?}");
/// }
/// # Ok::<(), identifai::Error>(())
/// ```
#[must_use = "a journal keeps nothing until a batch is given it"]
pub struct Journal {
    kept: Mutex<Kept>,
    retry_indeterminate: bool,
    sync: bool,
}

struct Kept {
    file: File,
    /// How long the file is up to the end of its last whole line.
    len: u64,
    /// If `true`, the file may have part of a line behind that.
    is_torn: bool,
    history: History,
}

impl Journal {
    /// Opens the journal at `path`, or begins one there. A last line that was cut off is removed.
    ///
    /// # Errors
    ///
    /// [`Journal`](crate::ErrorKind::Journal) if that cannot be done, another process or batch has it open, or the file
    /// is something else; it is then left as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(|error| failed("cannot be opened", error))?;
        if !metadata.is_file() {
            return Err(unusable("is not a regular file"));
        }
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(unusable("is in use by another process or batch")),
            Err(TryLockError::Error(error)) => return Err(failed("cannot be locked", error)),
        }
        let (history, len) = History::read(BufReader::new(&file))?;
        let mut kept = Kept { file, len, is_torn: true, history };
        kept.cut()?;
        if kept.len == 0 {
            #[cfg(unix)]
            {
                let owner_s = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                kept.file.set_permissions(owner_s).map_err(|error| failed("cannot be made its owner's", error))?;
            }
            kept.write(&Line::header(), false)?;
        }
        Ok(Self { kept: Mutex::new(kept), retry_indeterminate: false, sync: false })
    }

    /// Whether to submit again what may have been submitted already. The service answers equal submissions from its
    /// cache, it documents, unless [`no_cache`](crate::Submission::no_cache) is set; **else it may be paid for twice.**
    /// Default: `false`.
    pub fn retry_indeterminate(mut self, on: bool) -> Self {
        self.retry_indeterminate = on;
        self
    }

    /// Whether to wait after each line until the disk has it, so that it survives not only the end of the process but
    /// that of the machine. Default: `false`.
    pub fn sync(mut self, on: bool) -> Self {
        self.sync = on;
        self
    }

    /// Sees to it that it is of `service`: identifiers and results of another one would be taken for this one's.
    pub(crate) fn bind(&self, service: &str) -> Result<()> {
        let mut kept = lock(&self.kept);
        match &kept.history.service {
            Some(other) if other == service => Ok(()),
            Some(other) => Err(unusable(&format!("is that of another service, at {}", one_line(other)))),
            None => {
                kept.history.service = Some(service.to_owned());
                kept.write(&Line::service(service), self.sync)
            }
        }
    }

    fn write(&self, line: &Line<'_>) -> Result<()> {
        lock(&self.kept).write(line, self.sync)
    }
}

impl Store for Journal {
    fn look_up(&self, submission: &AnySubmission) -> Result<(Key, EarlierRun)> {
        let (fingerprint, file) = (line::fingerprint(submission), FileVersion::from_submission(submission));
        let mut kept = lock(&self.kept);
        let (key, entry) = kept.history.next(fingerprint, file);
        let past = match entry {
            Entry::Finished { at, len } => kept.finished(at, len, submission.media_type())?,
            Entry::Submitted(identifier) => EarlierRun::Submitted(identifier),
            Entry::Unknown if !self.retry_indeterminate => EarlierRun::Indeterminate,
            Entry::Changed => EarlierRun::Changed,
            Entry::Unknown | Entry::None => EarlierRun::None,
        };
        Ok((key, past))
    }

    fn begin(&self, key: Key, submission: &AnySubmission) -> Result<()> {
        self.write(&Line::begin(key, submission))
    }

    fn submitted(&self, key: Key, identifier: &Identifier) -> Result<()> {
        self.write(&Line::submitted(key, identifier))
    }

    fn failed(&self, key: Key, error: &Error) -> Result<()> {
        self.write(&Line::failed(key, error))
    }

    fn finished(&self, key: Key, report: &AnyReport) -> Result<()> {
        // What is too long to be read again, or cannot be written anew, is asked for again.
        let json = serde_json::to_string(report).ok().filter(|json| (json.len() as u64) < LINE_LIMIT / 2);
        let raw = json.and_then(|json| serde_json::value::RawValue::from_string(json).ok());
        self.write(&Line::finished(key, report.identifier(), raw.as_deref()))
    }
}

impl Kept {
    fn write(&mut self, line: &Line<'_>, sync: bool) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(|error| failed("cannot be written", error))?;
        text.push(b'\n');
        if self.is_torn {
            self.cut()?;
        }
        // A full disk or a limit on the size of files may end a write in the middle of the line.
        self.is_torn = true;
        let placed = self.file.seek(SeekFrom::Start(self.len));
        let written = placed.and_then(|_| self.file.write_all(&text));
        let kept = written.and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = kept {
            // If that fails, too, the next write tries it again before it writes.
            let _ = self.cut();
            return Err(failed("cannot be written", error));
        }
        self.is_torn = false;
        self.len = self.len.saturating_add(text.len() as u64);
        Ok(())
    }

    /// Removes what comes after the last whole line.
    fn cut(&mut self) -> Result<()> {
        self.file.set_len(self.len).map_err(|error| failed("cannot be written", error))?;
        self.is_torn = false;
        Ok(())
    }

    /// Reads the result in the line at `at`. A submission whose line has no report that can be read is polled again.
    fn finished(&mut self, at: u64, len: usize, medium: MediaType) -> Result<EarlierRun> {
        let mut text = vec![0; len];
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut text));
        read.map_err(|error| failed("cannot be read", error))?;
        let Some(Line { identifier: Some(identifier), report, .. }) = Line::read(&text) else {
            return Err(unusable("was changed by somebody else"));
        };
        let report = report.and_then(|report| AnyReport::read(medium, report.get(), None).ok());
        Ok(match report.filter(AnyReport::is_finished) {
            Some(report) => EarlierRun::Finished(Box::new(report)),
            None => EarlierRun::Submitted(identifier.into_owned()),
        })
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kept: _, retry_indeterminate, sync } = self;
        f.debug_struct("Journal")
            .field("retry_indeterminate", retry_indeterminate)
            .field("sync", sync)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
