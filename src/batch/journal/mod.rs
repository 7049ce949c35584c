//! The journal of a batch: a file that records each step, so that a later run can continue after the process was
//! killed.

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

/// A file that records the steps of the jobs of a [`Batch`](super::Batch).
///
/// If the process is killed at any moment, a later run with the same jobs and the same journal continues where it
/// ended. It does not submit an accepted job again, unless the job's file has changed.
///
/// The journal writes one line of JSON before each submit, one after it, and one with each report. In the next run, the
/// iterator may yield the jobs in any order. The batch handles each job by its state in the journal:
///
/// - If the job has a report, the batch returns the same result again, without a request.
/// - If the job was accepted, the batch waits for its report.
/// - If the job was being submitted when the process was killed, or if its submit was
///   [indeterminate](crate::concepts#indeterminate), the job ends as
///   [`Indeterminate`](crate::ErrorKind::Indeterminate), unless
///   [`retry_indeterminate`](Self::retry_indeterminate) is set.
/// - If the job is not in the journal, or if its submit was certainly not accepted, the batch submits it.
///
/// # Equal jobs
///
/// Two jobs are equal if their medium, source and options are equal. Equal jobs of a batch are numbered in the order in
/// which the iterator yields them. Data in memory is compared by its bytes, and readers by their length.
///
/// The options include `ref_id`, `webhook_url` and `file_name`. A URL includes its query. If one of these differs in
/// each run, such as the signature in a URL, the next run submits and pays for every job again. These jobs do not count
/// in [`BatchProgress::changed`](super::BatchProgress::changed). `tag`, `max_size`, `any_format` and options that the
/// medium does not support are not compared.
///
/// Files are compared by their absolute path, length and modification time. For a symbolic link, length and time are
/// those of its target, and the path is that of the link.
///
/// - A file that was overwritten after an earlier run is a new job. It is submitted and paid for again, and counts in
///   [`BatchProgress::changed`](super::BatchProgress::changed).
/// - A copy with a new modification time, as `cp` and `rsync` without `-t` create it, also counts as overwritten.
/// - A file with the same length and modification time as the earlier one counts as the same file. That can happen if
///   it is replaced before the clock of the file system advances (2 seconds on FAT).
/// - A file that was deleted keeps its report.
/// - Jobs in older journals, which contain no lengths and times, are compared by their path only.
///
/// # Failures
///
/// A submission that the service no longer has ends as [`NotFound`](crate::ErrorKind::NotFound) in each run. To submit
/// it again, use a new journal.
///
/// If a line cannot be written, submitting ends, and an incomplete line is removed. On Unix, a process that exceeds a
/// limit on the size of files is killed unless it ignores SIGXFSZ. The next run then removes the incomplete line.
///
/// # Privacy
///
/// The journal contains identifiers, reports as the service sent them, URLs without user and query, and paths. It does
/// not contain the API key. On Unix, only the owner can read a new journal. The permissions of an existing journal are
/// not changed.
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
#[must_use = "a journal records nothing until it is passed to a batch"]
pub struct Journal {
    inner: Mutex<Inner>,
    retry_indeterminate: bool,
    sync: bool,
}

struct Inner {
    file: File,
    /// The length of the file up to the end of its last complete line.
    len: u64,
    /// If `true`, the file may have an incomplete line after that.
    has_partial_line: bool,
    history: History,
}

impl Journal {
    /// Opens the journal at `path`, or creates it. An incomplete last line is removed.
    ///
    /// # Errors
    ///
    /// [`Journal`](crate::ErrorKind::Journal) if the file cannot be opened, if another process or batch uses it, or if
    /// it is not a journal. A file that is not a journal is not changed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(|error| failed("cannot open the file", error))?;
        if !metadata.is_file() {
            return Err(unusable("must be a regular file"));
        }
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(unusable("in use by another process or batch")),
            Err(TryLockError::Error(error)) => return Err(failed("cannot lock the file", error)),
        }
        let (history, len) = History::read(BufReader::new(&file))?;
        let mut inner = Inner { file, len, has_partial_line: true, history };
        inner.truncate()?;
        if inner.len == 0 {
            #[cfg(unix)]
            {
                let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                inner
                    .file
                    .set_permissions(only_owner)
                    .map_err(|error| failed("cannot set the permissions of the file", error))?;
            }
            inner.write(&Line::header(), false)?;
        }
        Ok(Self { inner: Mutex::new(inner), retry_indeterminate: false, sync: false })
    }

    /// If `true`, jobs that an earlier run left [indeterminate](crate::concepts#indeterminate) are submitted again.
    ///
    /// **A job may then be paid for twice.** According to its documentation, the service returns the result of an equal
    /// submission from its cache, unless [`no_cache`](crate::Submission::no_cache) is set. Defaults to `false`.
    pub fn retry_indeterminate(mut self, on: bool) -> Self {
        self.retry_indeterminate = on;
        self
    }

    /// If `true`, the journal waits after each line until the line is stored on the disk.
    ///
    /// The line then survives a crash of the machine, and not only a crash of the process. Defaults to `false`.
    pub fn sync(mut self, on: bool) -> Self {
        self.sync = on;
        self
    }

    /// Binds a new journal to `service`, and fails if the journal is already bound to another service. Identifiers and
    /// reports of one service are meaningless for another.
    pub(crate) fn bind(&self, service: &str) -> Result<()> {
        let mut inner = lock(&self.inner);
        match &inner.history.service {
            Some(other) if other == service => Ok(()),
            Some(other) => Err(unusable(&format!("belongs to another service: {}", one_line(other)))),
            None => {
                inner.history.service = Some(service.to_owned());
                inner.write(&Line::service(service), self.sync)
            }
        }
    }

    fn write(&self, line: &Line<'_>) -> Result<()> {
        lock(&self.inner).write(line, self.sync)
    }
}

impl Store for Journal {
    fn look_up(&self, submission: &AnySubmission) -> Result<(Key, EarlierRun)> {
        let (fingerprint, file) = (line::fingerprint(submission), FileVersion::from_submission(submission));
        let mut inner = lock(&self.inner);
        let (key, entry) = inner.history.next(fingerprint, file);
        let earlier_run = match entry {
            Entry::Finished { at, len } => inner.finished(at, len, submission.media_type())?,
            Entry::Submitted(identifier) => EarlierRun::Submitted(identifier),
            Entry::Indeterminate if !self.retry_indeterminate => EarlierRun::Indeterminate,
            Entry::Changed => EarlierRun::Changed,
            Entry::Indeterminate | Entry::None => EarlierRun::None,
        };
        Ok((key, earlier_run))
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
        // A report that is too long for a line, or that cannot be serialized, is left out. The next run polls it again.
        let json = serde_json::to_string(report).ok().filter(|json| (json.len() as u64) < LINE_LIMIT / 2);
        let raw = json.and_then(|json| serde_json::value::RawValue::from_string(json).ok());
        self.write(&Line::finished(key, report.identifier(), raw.as_deref()))
    }
}

impl Inner {
    fn write(&mut self, line: &Line<'_>, sync: bool) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(|error| failed("cannot write the file", error))?;
        text.push(b'\n');
        if self.has_partial_line {
            self.truncate()?;
        }
        // A full disk or a limit on the size of files may interrupt the write in the middle of the line.
        self.has_partial_line = true;
        let positioned = self.file.seek(SeekFrom::Start(self.len));
        let written = positioned.and_then(|_| self.file.write_all(&text));
        let stored = written.and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = stored {
            // If truncating also fails, the next write truncates first.
            let _ = self.truncate();
            return Err(failed("cannot write the file", error));
        }
        self.has_partial_line = false;
        self.len = self.len.saturating_add(text.len() as u64);
        Ok(())
    }

    /// Removes everything after the last complete line.
    fn truncate(&mut self) -> Result<()> {
        self.file.set_len(self.len).map_err(|error| failed("cannot write the file", error))?;
        self.has_partial_line = false;
        Ok(())
    }

    /// Reads the report in the line at `at`. If the line has no readable report of a finished analysis, the submission
    /// is polled again.
    fn finished(&mut self, at: u64, len: usize, medium: MediaType) -> Result<EarlierRun> {
        let mut text = vec![0; len];
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut text));
        read.map_err(|error| failed("cannot read the file", error))?;
        let Some(Line { identifier: Some(identifier), report, .. }) = Line::read(&text) else {
            return Err(unusable("modified by another program"));
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
        let Self { inner: _, retry_indeterminate, sync } = self;
        f.debug_struct("Journal")
            .field("retry_indeterminate", retry_indeterminate)
            .field("sync", sync)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
