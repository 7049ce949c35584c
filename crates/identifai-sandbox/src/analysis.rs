//! Reports on submissions. The sandbox does not analyse files: **every result is made up** from the hash of the file.

// This file creates all reports and hashes: reports are JSON objects, and hashes have 64 digits.
#![allow(clippy::indexing_slicing, clippy::string_slice)]

use identifai::MediaType;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::form::Form;
use super::submit::{on_sandbox_test, value};

/// The documented names of heuristics. The first is that of the main verdict.
const HEURISTICS: [&str; 4] = ["AverageExcludeObsolete", "Majority", "Average", "TopRelevant"];
/// The name of the model in results, which shows that they are not real.
pub(super) const MODEL: &str = "sandbox";
/// The width and height of a heatmap in pixels.
const SIDE: u8 = 64;

/// The analysis of a submission.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) medium: MediaType,
    fields: Vec<(String, String)>,
    file_name: Option<String>,
    /// The SHA-256 of the file. For a submit by URL, the SHA-256 of the URL, since the file is not fetched.
    pub(super) hash: String,
    /// The score of the file, from 0 (human) to 255 (artificial).
    score_byte: u8,
}

impl Analysis {
    pub(super) fn new(medium: MediaType, form: Form) -> Self {
        let Form { fields, files } = form;
        let (file_name, hash) = match files.into_iter().next() {
            Some(file) => (Some(file.name), file.hash),
            None => (None, format!("{:x}", Sha256::digest(value(&fields, "file_url").unwrap_or_default()))),
        };
        let score_byte = u8::from_str_radix(&hash[..2], 16).unwrap_or_default();
        Self { medium, fields, file_name, hash, score_byte }
    }

    fn is_on(&self, name: &str) -> bool {
        value(&self.fields, name) == Some("true")
    }

    fn is_errored(&self) -> bool {
        self.is_on_sandbox_test("errored.jpg")
    }

    fn is_on_sandbox_test(&self, name: &str) -> bool {
        value(&self.fields, "file_url").and_then(on_sandbox_test) == Some(name)
    }

    fn name(&self) -> &str {
        if let Some(name) = &self.file_name {
            return name;
        }
        let url = value(&self.fields, "file_url").unwrap_or_default();
        url.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()).unwrap_or_default()
    }

    /// Returns the report while the analysis is pending. Its form is our reading, because the documentation does not
    /// show a pending report.
    pub(super) fn pending(&self, identifier: &str) -> Value {
        let mut report = json!({
            "hash": self.hash,
            "identifier": identifier,
            "api_version": null,
            "status": "new",
            "errors": null,
            "name": self.name(),
            "ref_id": value(&self.fields, "ref_id"),
            "verdict": null,
            "verdicts": [],
            "results": [],
        });
        match self.medium {
            MediaType::Image => {
                report["c2pa"] = Value::Null;
                report["has_heatmap"] = false.into();
            }
            MediaType::Video => report["results"] = json!({ "images": [], "audios": [] }),
            MediaType::Audio => {}
        }
        report
    }

    pub(super) fn done(&self, identifier: &str) -> Value {
        let mut report = self.pending(identifier);
        report["api_version"] = "v1.1.0".into();
        report["result_url"] = format!("https://sandbox.test/results/{identifier}").into();
        if self.is_errored() {
            report["status"] = "errored".into();
            report["errors"] = "The file is not an image.".into();
            return report;
        }
        let has_c2pa = self.is_on_sandbox_test("c2pa.jpg");
        let is_forced = has_c2pa && !self.is_on("prevent_c2pa_forces");
        let artificial = if is_forced { 1.0 } else { f64::from(self.score_byte) / 255.0 };
        let (classification, confidence) = classify(artificial, "artificial", "human");
        let frames = value(&self.fields, "frames").and_then(|frames| frames.parse().ok()).unwrap_or(5_u32);
        let verdict = |heuristic: &str| {
            let mut verdict = json!({
                "heuristic": heuristic,
                "confidence": confidence,
                "classification": classification,
                "models": [MODEL],
            });
            if self.medium == MediaType::Video {
                verdict["count"] = frames.into();
                verdict["unknown"] = false.into();
            }
            verdict
        };
        report["status"] = "done".into();
        report["verdict"] = verdict(HEURISTICS[0]);
        report["verdicts"] = HEURISTICS.map(verdict).to_vec().into();
        let results = json!([result(artificial, "artificial", "human")]);
        let segment = |index: u32| {
            let (start, end) = (index * 5, index * 5 + 5);
            json!({ "index": index, "start": start, "end": end, "results": results, "verdict": verdict(HEURISTICS[0]) })
        };
        match self.medium {
            MediaType::Image => {
                report["results"] = results.clone();
                report["has_heatmap"] = self.is_on("with_heatmap").into();
                if has_c2pa {
                    report["c2pa"] = c2pa();
                }
            }
            MediaType::Video => {
                // The documentation repeats more fields in each part. They are left out, because they add nothing.
                let part = |kind: &str, number: u32| {
                    json!({
                        "identifier": format!("{}-{kind}-{number}", &identifier[..16]),
                        "status": "done",
                        "verdict": verdict(HEURISTICS[0]),
                        "results": results,
                    })
                };
                let images: Vec<Value> = (0..frames).map(|number| part("frame", number)).collect();
                report["results"] = json!({ "images": images, "audios": [part("sound", 0)] });
            }
            MediaType::Audio => {
                report["results"] = results.clone();
                report["chunk_details"] = json!([segment(0), segment(1)]);
            }
        }
        if self.is_on("with_nsfw") {
            report["is_nsfw"] = (self.score_byte % 8 == 0).into();
        }
        if self.medium == MediaType::Image && (self.is_on("with_morphing") || self.is_on("with_tampering")) {
            report["details"] = json!([{ "detections": [self.detection()] }]);
        }
        report
    }

    fn detection(&self) -> Value {
        let altered = f64::from(self.score_byte.reverse_bits()) / 255.0;
        let (classification, confidence) = classify(altered, "altered", "genuine");
        json!({
            "box": { "x1": self.score_byte, "y1": 16, "x2": u16::from(self.score_byte) + 64, "y2": 80 },
            "results": [result(altered, "altered", "genuine")],
            "verdict": { "heuristic": HEURISTICS[0], "confidence": confidence, "classification": classification },
        })
    }

    /// Returns a heatmap as PNG if one was requested. The pattern depends on the identifier.
    pub(super) fn heatmap(&self, identifier: &str) -> Option<Vec<u8>> {
        if !self.is_on("with_heatmap") || self.is_errored() {
            return None;
        }
        let digest = Sha256::digest(identifier);
        // Each byte of the hash colours a tile of 8 by 16 pixels.
        let heat = |x: u8, y: u8| digest[usize::from((x / 8) + (y / 16) * 8)];
        let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        // Blue for human, red for artificial.
        let data: Vec<u8> = pixels.flat_map(|(x, y)| [heat(x, y), 32, 255 - heat(x, y)]).collect();
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, SIDE.into(), SIDE.into());
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&data).ok()?;
        writer.finish().ok()?;
        Some(png)
    }
}

/// Returns the likelier of two labels with its probability.
pub(super) fn classify(score: f64, label: &'static str, opposite: &'static str) -> (&'static str, f64) {
    if score >= 0.5 { (label, rounded(score)) } else { (opposite, rounded(1.0 - score)) }
}

pub(super) fn result(score: f64, label: &str, opposite: &str) -> Value {
    json!({
        "model": MODEL,
        "unknown": false,
        "elapsed_time": 0.1,
        "classification": [
            { "label": label, "score": rounded(score) },
            { "label": opposite, "score": rounded(1.0 - score) },
        ],
        "classification_details": { "confidence": 1 },
    })
}

/// Rounds to four decimal places for readability.
fn rounded(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

fn c2pa() -> Value {
    json!({
        "manifests": { "urn:uuid:5a9db0c5": { "claim_generator": "sandbox/1.0", "title": "c2pa.jpg" } },
        "active_manifest": "urn:uuid:5a9db0c5",
        "validation_state": "Valid",
        "validation_status": [],
        "validation_results": {
            "activeManifest": {
                "failure": [],
                "success": [{ "code": "claimSignature.validated", "url": "urn:uuid:5a9db0c5", "explanation": "made up" }],
                "informational": [],
            },
            "ingredientDeltas": [],
        },
    })
}
