//! The lines of a journal, and the fingerprint that identifies a job in them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::batch::store::{FileVersion, Key};
use crate::error::Error;
use crate::model::identifier::Identifier;
use crate::model::submission::any::AnySubmission;

/// The version of the format.
///
/// A new field does not need a new version: a program that does not know the field rejects its line as one of a newer
/// version. A journal without new fields can still be read by older programs.
const VERSION: u32 = 1;

/// A line. Each event uses some of the fields.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    pub(super) event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    /// The fingerprint, in 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", borrow)]
    job: Option<Cow<'a, str>>,
    /// The number of the job among equal jobs, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<u32>,
    /// The length of the file when it was submitted. The first journals had neither this nor `modified_ns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    len: Option<u64>,
    /// The modification time of the file when it was submitted, in nanoseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_ns: Option<i128>,
    /// The host and port of the service.
    #[serde(skip_serializing_if = "Option::is_none", borrow)]
    pub(super) service: Option<Cow<'a, str>>,
    /// The URL without user, query and fragment, or the path.
    #[serde(skip_serializing_if = "Option::is_none", borrow)]
    input: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<Cow<'a, Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none", borrow)]
    error: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) may_have_been_sent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", borrow)]
    pub(super) report: Option<&'a RawValue>,
}

/// The step that a line records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// The first line.
    #[default]
    Journal,
    /// The service to which the journal is bound.
    Service,
    /// A job is about to be submitted.
    Begin,
    /// The service accepted the job.
    Submitted,
    /// The submit failed.
    Failed,
    /// The analysis is finished.
    Finished,
}

impl<'a> Line<'a> {
    fn about(event: Event, key: Key) -> Self {
        Self {
            event,
            job: Some(format!("{:032x}", key.fingerprint).into()),
            occurrence: Some(key.occurrence),
            len: key.file.map(|file| file.len),
            modified_ns: key.file.and_then(|file| file.modified),
            ..Self::default()
        }
    }

    pub(super) fn header() -> Self {
        Self { event: Event::Journal, version: Some(VERSION), ..Self::default() }
    }

    pub(super) fn service(service: &'a str) -> Self {
        Self { event: Event::Service, service: Some(service.into()), ..Self::default() }
    }

    pub(super) fn begin(key: Key, submission: &AnySubmission) -> Self {
        Self { input: submission.display_source().map(Cow::Owned), ..Self::about(Event::Begin, key) }
    }

    pub(super) fn submitted(key: Key, identifier: &'a Identifier) -> Self {
        Self { identifier: Some(Cow::Borrowed(identifier)), ..Self::about(Event::Submitted, key) }
    }

    pub(super) fn failed(key: Key, error: &Error) -> Self {
        let (kind, sent) = (error.kind().as_str().into(), error.may_have_been_sent());
        Self { error: Some(kind), may_have_been_sent: Some(sent), ..Self::about(Event::Failed, key) }
    }

    pub(super) fn finished(key: Key, identifier: &'a Identifier, report: Option<&'a RawValue>) -> Self {
        Self { identifier: Some(Cow::Borrowed(identifier)), report, ..Self::about(Event::Finished, key) }
    }

    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(super) fn is_header(&self) -> bool {
        self.event == Event::Journal && self.version == Some(VERSION)
    }

    pub(super) fn key(&self) -> Option<Key> {
        let job = self.job.as_ref().filter(|job| job.len() == 32)?;
        let file = match (self.len, self.modified_ns) {
            (Some(len), modified) => Some(FileVersion { len, modified }),
            (None, None) => None,
            (None, Some(_)) => return None,
        };
        Some(Key { fingerprint: u128::from_str_radix(job, 16).ok()?, occurrence: self.occurrence?, file })
    }
}

/// Returns the first half of a SHA-256 over everything that makes two jobs equal: medium, source and options.
pub(super) fn fingerprint(submission: &AnySubmission) -> u128 {
    let mut hash = Sha256::new();
    submission.fingerprint_fields(&mut |name, value| {
        // Each value is preceded by its length, so that two different lists cannot result in the same bytes.
        for part in [name.as_bytes(), value] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    });
    hash.finalize().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}
