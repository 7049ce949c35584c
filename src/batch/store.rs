//! What a batch asks of a journal, so that it need not know how one is kept.
#![cfg_attr(not(feature = "_internals"), allow(unreachable_pub))] // `internals` re-exports these types.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;
use crate::model::submission::any::AnySubmission;

/// The name of an item for good: its submission, its number among equal ones, and the version of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The hash of medium, source and options.
    pub fingerprint: u128,
    /// The number of the job among equal ones, from 0.
    pub occurrence: u32,
    /// `None` for anything but a file, for a file that is gone, and in lines of journals that kept no versions.
    pub file: Option<FileVersion>,
}

impl Key {
    /// Returns the key of the same item with its file as it is now.
    pub(crate) fn with_file_of(self, submission: &AnySubmission) -> Self {
        Self { file: FileVersion::from_submission(submission), ..self }
    }
}

/// A version of a file: two files at one path that differ in this are two items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    /// Number of bytes.
    pub len: u64,
    /// Modification time, in nanoseconds since 1970 (negative before), on platforms that have one. 64 bits would end in
    /// 2262, and file systems go further.
    pub modified: Option<i128>,
}

impl FileVersion {
    /// Returns the version of the file of a submission as it is now, if it has one. Symbolic links are followed, as
    /// they are when the file is read.
    pub(crate) fn from_submission(submission: &AnySubmission) -> Option<Self> {
        let metadata = std::fs::metadata(submission.path()?).ok().filter(std::fs::Metadata::is_file)?;
        Some(Self { len: metadata.len(), modified: metadata.modified().ok().and_then(nanoseconds) })
    }
}

fn nanoseconds(time: SystemTime) -> Option<i128> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok(),
        Err(before) => i128::try_from(before.duration().as_nanos()).ok()?.checked_neg(),
    }
}

/// What became of an item in earlier runs.
#[derive(Debug)]
#[cfg_attr(not(feature = "journal"), allow(dead_code))]
pub enum EarlierRun {
    /// Nothing that was paid for.
    None,
    /// Nothing, while another version of its file was submitted, or may have been.
    Changed,
    /// It was submitted, or may have been.
    Indeterminate,
    /// It was submitted, and has no report yet.
    Submitted(Identifier),
    /// It has its report.
    Finished(Box<AnyReport>),
}

/// Keeps what happens to items. Each step is kept when the call returns.
pub trait Store: Send + Sync {
    /// Names the next item, and says what became of it before.
    fn look_up(&self, submission: &AnySubmission) -> Result<(Key, EarlierRun)>;
    /// It is about to be submitted.
    fn begin(&self, key: Key, submission: &AnySubmission) -> Result<()>;
    /// It was accepted.
    fn submitted(&self, key: Key, identifier: &Identifier) -> Result<()>;
    /// The submit failed.
    fn failed(&self, key: Key, error: &Error) -> Result<()>;
    /// The analysis is finished; an analysis that failed is, too.
    fn finished(&self, key: Key, report: &AnyReport) -> Result<()>;
}
