//! Reports of recordings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Report;
use super::any::AnyReport;
use super::common::Common;
use super::findings::Findings;
use super::verdict::{ModelResult, Verdict};
use crate::model::identifier::Identifier;
use crate::model::lenient::{Object, Part, field, list};
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Medium, sealed};
use crate::model::serialize;

/// The report of a recording.
pub type AudioReport = Report<Audio>;

impl Report<Audio> {
    /// Returns the result of each detection model for the whole recording.
    pub fn results(&self) -> &[ModelResult] {
        &self.findings.results
    }

    /// Returns the results for each part of the recording, if the service split it into parts.
    ///
    /// The documentation calls them `chunk_details` on one page, and `clips` of `details` on another. Both are read.
    pub fn segments(&self) -> &[Segment] {
        &self.findings.segments
    }
}

impl Medium for Audio {}

impl sealed::Medium for Audio {
    const TYPE: MediaType = MediaType::Audio;
    type Findings = AudioFindings;
}

/// The fields of a report that only recordings have.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFindings {
    results: Vec<ModelResult>,
    segments: Vec<Segment>,
}

impl Findings for AudioFindings {
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, _: &Identifier) -> Self {
        let mut segments = object.list("chunk_details");
        if segments.is_empty() {
            segments = object.object("details").unwrap_or_default().list("clips");
        }
        Self { results: object.list("results"), segments }
    }

    fn model_results(&self) -> &[ModelResult] {
        &self.results
    }

    fn into_any(self, common: Common) -> AnyReport {
        AnyReport::Audio(Report { common, findings: self })
    }

    fn from_any(report: AnyReport) -> Option<(Common, Self)> {
        if let AnyReport::Audio(Report { common, findings }) = report { Some((common, findings)) } else { None }
    }
}

/// A part of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Segment {
    /// The index of the part.
    #[serde(deserialize_with = "field")]
    pub index: Option<u64>,
    /// The start of the part. The service does not document the unit. This crate assumes seconds.
    #[serde(deserialize_with = "field", serialize_with = "serialize::seconds")]
    pub start: Option<Duration>,
    /// The end of the part, in the same unit as [`start`](Self::start).
    #[serde(deserialize_with = "field", serialize_with = "serialize::seconds")]
    pub end: Option<Duration>,
    /// The result of each detection model.
    #[serde(deserialize_with = "list")]
    pub results: Vec<ModelResult>,
    /// The verdict on these results.
    #[serde(deserialize_with = "field")]
    pub verdict: Option<Verdict>,
}

impl Part for Segment {}
