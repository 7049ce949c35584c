//! Reports of images.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::Report;
use super::any::AnyReport;
use super::c2pa::C2pa;
use super::common::Common;
use super::findings::Findings;
use super::verdict::{ModelResult, Verdict};
use crate::model::identifier::Identifier;
use crate::model::lenient::{Object, Part, field, list};
use crate::model::media_type::MediaType;
use crate::model::medium::{Image, Medium, sealed};

/// The report of an image.
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
    /// Returns the result of each detection model.
    pub fn results(&self) -> &[ModelResult] {
        &self.findings.results
    }

    /// Returns the detections with their positions in the image, if the submission enabled the detection of morphing or
    /// tampering.
    pub fn details(&self) -> &[Detail] {
        &self.findings.details
    }

    /// Returns the detections of all [`details`](Self::details).
    pub fn detections(&self) -> impl Iterator<Item = &Detection> {
        self.findings.details.iter().flat_map(|detail| &detail.detections)
    }

    /// Returns the C2PA metadata of the file, if it has any.
    pub fn c2pa(&self) -> Option<&C2pa> {
        self.findings.c2pa.as_ref()
    }

    /// Returns `true` if a heatmap is available. [`Client::heatmap`](crate::Client::heatmap) fetches it.
    pub fn has_heatmap(&self) -> Option<bool> {
        self.findings.has_heatmap
    }
}

impl Medium for Image {}

impl sealed::Medium for Image {
    const TYPE: MediaType = MediaType::Image;
    type Findings = ImageFindings;
}

/// The fields of a report that only images have.
#[derive(Clone, Debug, PartialEq)]
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
            results: object.list("results"),
            details: object.list("details"),
            c2pa: object.field("c2pa"),
            has_heatmap: object.field("has_heatmap"),
        }
    }

    fn model_results(&self) -> &[ModelResult] {
        &self.results
    }

    fn into_any(self, common: Common) -> AnyReport {
        AnyReport::Image(Report { common, findings: self })
    }

    fn from_any(report: AnyReport) -> Option<(Common, Self)> {
        if let AnyReport::Image(Report { common, findings }) = report { Some((common, findings)) } else { None }
    }
}

/// A group of detections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Detail {
    /// The detections.
    #[serde(deserialize_with = "list")]
    pub detections: Vec<Detection>,
}

impl Part for Detail {}

/// A detection in a region of an image, such as a morphed face.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Detection {
    /// `box` in the response: the region of the image.
    #[serde(rename = "box", deserialize_with = "field")]
    pub bounding_box: Option<BoundingBox>,
    /// The result of each model. The labels are not limited to `human` and `artificial`.
    #[serde(deserialize_with = "list")]
    pub results: Vec<ModelResult>,
    /// The verdict on these results.
    #[serde(deserialize_with = "field")]
    pub verdict: Option<Verdict>,
}

impl Part for Detection {}

/// A rectangular region of an image, given by two opposite corners. The service does not document the unit of the
/// coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are self-explanatory.
pub struct BoundingBox {
    #[serde(deserialize_with = "coordinate")]
    pub x1: f64,
    #[serde(deserialize_with = "coordinate")]
    pub y1: f64,
    #[serde(deserialize_with = "coordinate")]
    pub x2: f64,
    #[serde(deserialize_with = "coordinate")]
    pub y2: f64,
}

impl Part for BoundingBox {}

/// Deserializes a required coordinate. A box in which a coordinate is missing or not a number counts as absent.
fn coordinate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    field(deserializer)?.ok_or_else(|| D::Error::custom("not a number"))
}
