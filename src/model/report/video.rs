//! What the analysis of a video finds beside its verdict: images and sound, each with a report of its own.

use super::Report;
use super::audio::AudioReport;
use super::image::ImageReport;
use crate::model::identifier::Identifier;
use crate::model::lenient::object::Object;
use crate::model::medium::Video;
use crate::model::medium::sealed::Findings;

/// What came of a video.
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
    /// A report for each frame that was analysed. One that does not name its submission has the video's identifier.
    pub fn images(&self) -> &[ImageReport] {
        &self.findings.images
    }

    /// Reports on the soundtrack. One that does not name its submission has the video's identifier.
    pub fn audios(&self) -> &[AudioReport] {
        &self.findings.audios
    }
}

/// The part of a video's report that only videos have.
#[derive(Clone, Debug, Default)]
pub struct VideoFindings {
    images: Vec<ImageReport>,
    audios: Vec<AudioReport>,
}

impl Findings for VideoFindings {
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, identifier: &Identifier) -> Self {
        let mut findings = Self::default();
        object.read("results", |results| {
            results.fields(|name, value| match &*name {
                "images" => findings.images = value.objects(|image| Report::read_within(image, identifier)),
                "audios" => findings.audios = value.objects(|audio| Report::read_within(audio, identifier)),
                _ => {}
            })
        });
        findings
    }

    fn has_results(&self) -> bool {
        !self.images.is_empty() || !self.audios.is_empty()
    }
}
