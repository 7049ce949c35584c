//! Reports of videos, which contain reports of the frames and of the soundtrack.

use super::Report;
use super::any::AnyReport;
use super::audio::AudioReport;
use super::common::Common;
use super::findings::Findings;
use super::image::ImageReport;
use crate::model::identifier::Identifier;
use crate::model::lenient::Object;
use crate::model::media_type::MediaType;
use crate::model::medium::{Medium, Video, sealed};

/// The report of a video.
///
/// ```
/// use identifai::VideoReport;
///
/// let report = VideoReport::from_json(
///     r#"{"identifier": "f617faae", "status": "done",
///         "verdict": {"count": 3, "classification": "artificial", "confidence": 0.6},
///         "results": {"images": [{"verdict": {"classification": "human"}}], "audios": []}}"#,
/// )?;
/// assert_eq!(report.is_artificial(), Some(true));
/// assert_eq!(report.images()[0].is_artificial(), Some(false));
/// # Ok::<(), identifai::Error>(())
/// ```
pub type VideoReport = Report<Video>;

impl Report<Video> {
    /// Returns a report for each frame that was analysed. A report without an identifier of its own has the identifier
    /// of the video.
    pub fn images(&self) -> &[ImageReport] {
        &self.findings.images
    }

    /// Returns the reports of the soundtrack. A report without an identifier of its own has the identifier of the
    /// video.
    pub fn audios(&self) -> &[AudioReport] {
        &self.findings.audios
    }
}

impl Medium for Video {}

impl sealed::Medium for Video {
    const TYPE: MediaType = MediaType::Video;
    type Findings = VideoFindings;
}

/// The fields of a report that only videos have.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoFindings {
    images: Vec<ImageReport>,
    audios: Vec<AudioReport>,
}

impl Findings for VideoFindings {
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, identifier: &Identifier) -> Self {
        let results = object.object("results").unwrap_or_default();
        Self {
            images: results.elements("images", |json| Report::read_within(json, identifier)),
            audios: results.elements("audios", |json| Report::read_within(json, identifier)),
        }
    }

    fn has_results(&self) -> bool {
        !self.images.is_empty() || !self.audios.is_empty()
    }

    fn into_any(self, common: Common) -> AnyReport {
        AnyReport::Video(Report { common, findings: self })
    }

    fn from_any(report: AnyReport) -> Option<(Common, Self)> {
        if let AnyReport::Video(Report { common, findings }) = report { Some((common, findings)) } else { None }
    }
}
