//! What the analysis of an image finds beside its verdict.

use super::Report;
use super::c2pa::C2pa;
use super::verdict::{ModelResult, Verdict};
use crate::model::identifier::Identifier;
use crate::model::lenient::object::Object;
use crate::model::lenient::value::Value;
use crate::model::medium::Image;
use crate::model::medium::sealed::Findings;

/// What came of an image: its state, its verdict, and what is behind it.
///
/// ```
/// use identifai::{Classification, ImageReport};
///
/// let report = ImageReport::from_json(
///     r#"{"identifier": "8d64370a", "status": "done", "has_heatmap": true,
///         "verdict": {"heuristic": "Majority", "classification": "artificial", "confidence": 0.94}}"#,
/// )?;
/// assert_eq!(report.is_artificial(), Some(true));
/// assert_eq!(report.verdict().and_then(|verdict| verdict.confidence), Some(0.94));
/// assert_eq!(report.to_string(), "artificial, confidence 0.94 (Majority)");
/// # Ok::<(), identifai::Error>(())
/// ```
pub type ImageReport = Report<Image>;

impl Report<Image> {
    /// What each detection model found.
    pub fn results(&self) -> &[ModelResult] {
        &self.findings.results
    }

    /// What was found where, if the submission asked for morphing or tampering.
    pub fn details(&self) -> &[Detail] {
        &self.findings.details
    }

    /// The detections of all [`details`](Self::details).
    pub fn detections(&self) -> impl Iterator<Item = &Detection> {
        self.findings.details.iter().flat_map(|detail| &detail.detections)
    }

    /// The C2PA metadata of the file, if it has any.
    pub fn c2pa(&self) -> Option<&C2pa> {
        self.findings.c2pa.as_ref()
    }

    /// Whether [`Client::heatmap`](crate::Client::heatmap) will find a heatmap.
    pub fn has_heatmap(&self) -> Option<bool> {
        self.findings.has_heatmap
    }
}

/// The part of an image's report that only images have.
#[derive(Clone, Debug, Default)]
pub struct ImageFindings {
    results: Vec<ModelResult>,
    details: Vec<Detail>,
    c2pa: Option<C2pa>,
    has_heatmap: Option<bool>,
}

impl Findings for ImageFindings {
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, _: &Identifier) -> Self {
        Self {
            results: object.objects("results", ModelResult::read),
            details: object.objects("details", Detail::read),
            c2pa: object.read("c2pa", C2pa::read),
            has_heatmap: object.flag("has_heatmap"),
        }
    }

    fn has_results(&self) -> bool {
        !self.results.is_empty()
    }

    fn model_results(&self) -> &[ModelResult] {
        &self.results
    }
}

/// Detections that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Detail {
    /// What was found where.
    pub detections: Vec<Detection>,
}

impl Detail {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|detail: &mut Self, name, value| {
            if name == "detections" {
                detail.detections = value.objects(Detection::read);
            }
        })
    }
}

/// Something found in a part of an image, such as a morphed face.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// `box` in the answer: where it is.
    pub bounding_box: Option<BoundingBox>,
    /// What each model found there. The labels are the service's own words, not only `human` and `artificial`.
    pub results: Vec<ModelResult>,
    /// What that comes to.
    pub verdict: Option<Verdict>,
}

impl Detection {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|detection: &mut Self, name, value| match name {
            "box" => detection.bounding_box = BoundingBox::read(value),
            "results" => detection.results = value.objects(ModelResult::read),
            "verdict" => detection.verdict = Verdict::read(value),
            _ => {}
        })
    }
}

/// A part of an image, from corner to corner. Whether the numbers are pixels is not documented.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // Their names say it.
pub struct BoundingBox {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
}

impl BoundingBox {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        let [mut x1, mut y1, mut x2, mut y2] = [None; 4];
        value.fields(|name, value| match &*name {
            "x1" => x1 = value.number(),
            "y1" => y1 = value.number(),
            "x2" => x2 = value.number(),
            "y2" => y2 = value.number(),
            _ => {}
        })?;
        Some(Self { x1: x1?, y1: y1?, x2: x2?, y2: y2? })
    }
}
