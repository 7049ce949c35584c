//! Formatting of reports as text, and their serialization as JSON.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Report;
use super::findings::Findings;
use super::verdict::{Classification, Verdict};
use crate::model::medium::Medium;
use crate::model::state::State;
use crate::util::text::one_line;

/// Formats the report without names and references, because they are private to the user.
impl<M: Medium> fmt::Debug for Report<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("medium", &M::TYPE.as_str())
            .field("identifier", self.identifier())
            .field("state", self.state())
            .field("verdict", &self.common.verdict)
            .field("force_classification", &self.common.force_classification)
            .finish_non_exhaustive()
    }
}

impl<M: Medium> fmt::Display for Report<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forced = self.force_classification();
        if let Some(forced) = forced {
            write!(f, "{} (overridden); ", one_line(forced.as_str()))?;
        }
        match (self.state(), self.verdict()) {
            (State::Errored, _) => match self.errors() {
                Some(errors) => write!(f, "the analysis failed: {}", one_line(errors)),
                None => f.write_str("the analysis failed"),
            },
            _ if !self.is_finished() => write!(f, "pending ({})", one_line(self.state().as_str())),
            (_, Some(verdict)) => {
                f.write_str(if forced.is_some() { "verdict: " } else { "" })?;
                self.fmt_verdict(verdict, f)
            }
            (_, None) => f.write_str("finished without a main verdict"),
        }
    }
}

impl<M: Medium> Report<M> {
    /// Writes a verdict with its heuristic and models, such as
    /// `artificial, confidence 0.94 (Majority; V011 0.9641, V01 0.92)`. Each number after a model is the model's score
    /// for the classification of the verdict.
    fn fmt_verdict(&self, verdict: &Verdict, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classification = verdict.classification.as_ref();
        let results = self.findings.model_results();
        let score = |model: &str| {
            let result = results.iter().find(|result| result.model.as_deref() == Some(model))?;
            result.score(classification?)
        };
        let mut models: Vec<&str> = verdict.models.iter().map(String::as_str).collect();
        if models.is_empty() {
            models.extend(results.iter().filter_map(|result| result.model.as_deref()));
        }
        let models = models.into_iter().map(|model| match score(model) {
            Some(score) => format!("{} {}", one_line(model), four_digits(score)),
            None => one_line(model),
        });
        let models = models.collect::<Vec<_>>().join(", ");
        let heuristic = verdict.heuristic.as_deref().map(one_line);
        let basis: Vec<String> = heuristic.into_iter().chain(Some(models)).filter(|text| !text.is_empty()).collect();
        let basis = (!basis.is_empty()).then(|| basis.join("; "));
        fmt_verdict(f, classification.map(Classification::as_str), verdict.confidence, basis)
    }
}

/// Writes a verdict and the basis for it, such as `artificial, confidence 0.94 (Majority)`.
pub(crate) fn fmt_verdict(
    f: &mut fmt::Formatter<'_>,
    classification: Option<&str>,
    confidence: Option<f64>,
    basis: Option<String>,
) -> fmt::Result {
    f.write_str(&one_line(classification.unwrap_or("no classification")))?;
    if let Some(confidence) = confidence {
        write!(f, ", confidence {}", four_digits(confidence))?;
    }
    basis.map_or(Ok(()), |basis| write!(f, " ({basis})"))
}

/// Rounds a score to four decimal places.
fn four_digits(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

/// Serializes the JSON from which the report was parsed, including unknown fields, always with an `identifier`.
///
/// The order of fields is not kept. Numbers with more digits than an `f64` or `u64` can hold are rounded.
/// [`raw_json`](Report::raw_json) returns the JSON without these changes. Serialization fails if the JSON is nested
/// deeper than 128 levels, or contains a number that is out of range.
impl<M: Medium> Serialize for Report<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.common().raw.with_identifier(Some(self.identifier()), serializer)
    }
}

impl<'de, M: Medium> Deserialize<'de> for Report<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?.to_string();
        Self::read(&json, None).map_err(D::Error::custom)
    }
}
