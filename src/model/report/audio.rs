//! What the analysis of a recording finds beside its verdict.

use std::time::Duration;

use super::Report;
use super::verdict::{ModelResult, Verdict};
use crate::model::identifier::Identifier;
use crate::model::lenient::object::Object;
use crate::model::lenient::value::Value;
use crate::model::medium::Audio;
use crate::model::medium::sealed::Findings;

/// What came of a recording.
pub type AudioReport = Report<Audio>;

impl Report<Audio> {
    /// What each detection model found in the whole recording.
    pub fn results(&self) -> &[ModelResult] {
        &self.findings.results
    }

    /// What was found in each part of the recording, if it was taken apart.
    ///
    /// The documentation calls them `chunk_details` on one page and `clips` of `details` on another; both are read.
    pub fn segments(&self) -> &[Segment] {
        &self.findings.segments
    }
}

/// The part of a recording's report that only recordings have.
#[derive(Clone, Debug, Default)]
pub struct AudioFindings {
    results: Vec<ModelResult>,
    segments: Vec<Segment>,
}

impl Findings for AudioFindings {
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, _: &Identifier) -> Self {
        let mut segments = object.objects("chunk_details", Segment::read);
        if segments.is_empty() {
            let clips = |details: &mut Value<'_>| details.field("clips", |clips| Some(clips.objects(Segment::read)));
            segments = object.read("details", clips).unwrap_or_default();
        }
        Self { results: object.objects("results", ModelResult::read), segments }
    }

    fn has_results(&self) -> bool {
        !self.results.is_empty()
    }

    fn model_results(&self) -> &[ModelResult] {
        &self.results
    }
}

/// A part of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Segment {
    /// Which part it is.
    pub index: Option<u64>,
    /// Where it begins. The unit is not documented; this takes it for seconds.
    pub start: Option<Duration>,
    /// Where it ends; see [`start`](Self::start).
    pub end: Option<Duration>,
    /// What each detection model found.
    pub results: Vec<ModelResult>,
    /// What that comes to.
    pub verdict: Option<Verdict>,
}

impl Segment {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|segment: &mut Self, name, value| match name {
            "index" => segment.index = value.count(),
            "start" => segment.start = value.seconds(),
            "end" => segment.end = value.seconds(),
            "results" => segment.results = value.objects(ModelResult::read),
            "verdict" => segment.verdict = Verdict::read(value),
            _ => {}
        })
    }
}
