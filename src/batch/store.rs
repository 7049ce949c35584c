//! The store of a batch: a trait for a record of the steps of each job. `Journal` implements it.
// `internals` re-exports these types, with both features only.
#![cfg_attr(not(all(feature = "_internals", feature = "journal")), allow(unreachable_pub))]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;
use crate::model::submission::any::AnySubmission;

/// The key of a job across runs: its submission, its number among equal jobs, and the version of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The hash of medium, source and options.
    pub fingerprint: u128,
    /// The number of the job among equal jobs, counted from 0.
    pub occurrence: u32,
    /// The version of the file. `None` if the job is not a file, if the file does not exist any more, and in lines of
    /// older journals, which contain no versions.
    pub file: Option<FileVersion>,
}

impl Key {
    /// Returns this key with the current version of the file.
    pub(crate) fn with_file_of(self, submission: &AnySubmission) -> Self {
        Self { file: FileVersion::from_submission(submission), ..self }
    }
}

/// The version of a file. Two jobs with the same path but different versions are different jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    /// The length in bytes.
    pub len: u64,
    /// The modification time in nanoseconds since 1970 (negative before 1970), on platforms that have one. 64 bits
    /// would reach only to the year 2262, and file systems can store later times.
    pub modified: Option<i128>,
}

impl FileVersion {
    /// Returns the current version of the submission's file, or `None` if the submission is not a regular file.
    /// Symbolic links are followed, as they are when the file is read.
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

/// The state in which earlier runs left a job.
#[derive(Debug)]
#[cfg_attr(not(feature = "journal"), allow(dead_code))]
pub enum EarlierRun {
    /// The job was not submitted, or the service did not accept it.
    None,
    /// This version of the file was not accepted, but another version of it was, or may have been.
    Changed,
    /// The service may have accepted the job, but no identifier is known.
    Indeterminate,
    /// The service accepted the job, and there is no report yet.
    Submitted(Identifier),
    /// The job has a report.
    Finished(Box<AnyReport>),
}

/// A store that records the steps of jobs. A step is stored when its method returns.
pub trait Store: Send + Sync {
    /// Returns the key of the next job, and the state in which earlier runs left it.
    fn look_up(&self, submission: &AnySubmission) -> Result<(Key, EarlierRun)>;
    /// Records that the job is about to be submitted.
    fn begin(&self, key: Key, submission: &AnySubmission) -> Result<()>;
    /// Records that the service accepted the job.
    fn submitted(&self, key: Key, identifier: &Identifier) -> Result<()>;
    /// Records that the submit failed.
    fn failed(&self, key: Key, error: &Error) -> Result<()>;
    /// Records the report of a finished analysis, including the report of a failed analysis.
    fn finished(&self, key: Key, report: &AnyReport) -> Result<()>;
}
