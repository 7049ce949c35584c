//! How a report is shown to people, and written as JSON.

use std::fmt;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::Report;
use super::verdict::{Classification, Verdict};
use crate::model::identifier::Identifier;
use crate::model::medium::Medium;
use crate::model::medium::sealed::Findings;
use crate::model::state::State;
use crate::util::text::one_line;

/// Without names and references, which are the user's business.
impl<M: Medium> fmt::Debug for Report<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("medium", &M::TYPE.as_str())
            .field("identifier", &self.identifier)
            .field("state", &self.state)
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
        match (&self.state, self.verdict()) {
            (State::Errored, _) => match self.errors() {
                Some(errors) => write!(f, "the analysis failed: {}", one_line(errors)),
                None => f.write_str("the analysis failed"),
            },
            _ if !self.is_finished() => write!(f, "pending ({})", one_line(self.state.as_str())),
            (_, Some(verdict)) => {
                f.write_str(if forced.is_some() { "verdict: " } else { "" })?;
                self.fmt_verdict(verdict, f)
            }
            (_, None) => f.write_str("finished without a main verdict"),
        }
    }
}

impl<M: Medium> Report<M> {
    /// `artificial, confidence 0.94 (Majority; V011 0.9641, V01 0.92)`, in which the scores are those of the verdict.
    fn fmt_verdict(&self, verdict: &Verdict, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classification = verdict.classification.as_ref();
        f.write_str(&one_line(classification.map_or("no classification", Classification::as_str)))?;
        if let Some(confidence) = verdict.confidence {
            write!(f, ", confidence {}", four_digits(confidence))?;
        }
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
        if basis.is_empty() { Ok(()) } else { write!(f, " ({})", basis.join("; ")) }
    }
}

/// A score as people read it.
pub(crate) fn four_digits(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

/// As the JSON that it was read from, unknown fields included, always with an `identifier`. Fields come in no certain
/// order, and numbers with more digits than an `f64` or `u64` holds are rounded: what must stay to the last byte is
/// [`raw_json`](Report::raw_json). JSON that is nested deeper than 128 levels, or has a number beyond all range, is
/// refused.
impl<M: Medium> Serialize for Report<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.raw, Some(&self.identifier), serializer)
    }
}

/// Writes JSON anew, with an `identifier`.
pub(crate) fn serialize<S: Serializer>(
    raw: &str,
    identifier: Option<&Identifier>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    // Where nothing is known yet, it is `null`; and what was not read has none.
    let fields = if raw.is_empty() { None } else { serde_json::from_str(raw).map_err(S::Error::custom)? };
    let mut fields: Map<String, Value> = fields.unwrap_or_default();
    if let Some(identifier) = identifier {
        fields.insert("identifier".to_owned(), identifier.as_str().into());
    }
    fields.serialize(serializer)
}

impl<'de, M: Medium> Deserialize<'de> for Report<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?.to_string();
        Self::read(&json, None).map_err(D::Error::custom)
    }
}
