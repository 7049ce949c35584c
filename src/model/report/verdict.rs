//! The verdicts of heuristics, and the results of detection models.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::lenient::{Part, field, list};
use crate::model::open_enum::open_enum;
use crate::model::serialize;

open_enum! {
    /// The classification of content by its origin: human or artificial.
    Classification {
        /// `human`: made by a human.
        Human = "human",
        /// `artificial`: made by a machine.
        Artificial = "artificial";
        /// Any other classification, as the service wrote it: the label of a detection, or a new classification.
        Other
    }
}

impl FromStr for Classification {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from_text(text))
    }
}

/// The verdict of a heuristic, which combines the results of the detection models. See
/// [concepts](crate::concepts#verdict-and-heuristic).
///
/// Like the other parts of a report, it serializes with the field names of the API. Deserialize it with
/// `serde_json::from_str`. `serde_json::from_value` and other formats fail, because each field is parsed from its raw
/// JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Verdict {
    /// The name of the heuristic, such as `AverageExcludeObsolete`. The service does not explain its heuristics.
    #[serde(deserialize_with = "field")]
    pub heuristic: Option<String>,
    /// The classification.
    #[serde(deserialize_with = "field")]
    pub classification: Option<Classification>,
    /// The confidence in this classification, from 0 to 1. It is not the probability of `artificial`.
    #[serde(deserialize_with = "field")]
    pub confidence: Option<f64>,
    /// The names of the models on which the verdict is based.
    #[serde(deserialize_with = "list")]
    pub models: Vec<String>,
    /// `count` in the verdict of a video. The service does not explain it.
    #[serde(deserialize_with = "field")]
    pub count: Option<u64>,
    /// `unknown` in the verdict of a video. The service does not explain it.
    #[serde(deserialize_with = "field")]
    pub unknown: Option<bool>,
}

impl Part for Verdict {}

impl Verdict {
    /// Returns the verdict as a number from 0 (human) to 1 (artificial).
    ///
    /// For a confidence c, this is c if the classification is `artificial`, and 1 - c if it is `human`. Returns `None`
    /// for any other classification, or if the confidence is missing or not from 0 to 1.
    ///
    /// The number expresses the service's confidence. It is not a probability.
    pub fn artificial_score(&self) -> Option<f64> {
        let confidence = self.confidence.filter(|confidence| (0.0..=1.0).contains(confidence))?;
        match self.classification.as_ref()? {
            Classification::Artificial => Some(confidence),
            Classification::Human => Some(1.0 - confidence),
            Classification::Other(_) => None,
        }
    }
}

/// The result of one detection model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModelResult {
    /// The name of the model, such as `V011`.
    #[serde(deserialize_with = "field")]
    pub model: Option<String>,
    /// `unknown` in the response. The service does not explain it.
    #[serde(deserialize_with = "field")]
    pub unknown: Option<bool>,
    /// The time that the model took. The service does not document the unit. This crate assumes seconds.
    #[serde(deserialize_with = "field", serialize_with = "serialize::seconds")]
    pub elapsed_time: Option<Duration>,
    /// A score for each label. The order is not fixed.
    #[serde(deserialize_with = "list")]
    pub classification: Vec<Score>,
    /// `confidence` of `classification_details` in the response.
    #[serde(
        rename = "classification_details",
        deserialize_with = "confidence_of_details",
        serialize_with = "details_of_confidence"
    )]
    pub confidence: Option<f64>,
}

impl Part for ModelResult {}

impl ModelResult {
    /// Returns the score of a label, from 0 to 1, if the model returned one.
    pub fn score(&self, label: &Classification) -> Option<f64> {
        self.classification.iter().find(|score| score.label.as_ref() == Some(label))?.score
    }
}

/// `classification_details` of a model's result. The service documents a single field of it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "field")]
    confidence: Option<f64>,
}

impl Part for Details {}

fn confidence_of_details<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    field(deserializer).map(|details: Option<Details>| details?.confidence)
}

#[allow(clippy::ref_option)] // Serde passes a reference to the field.
fn details_of_confidence<S: Serializer>(confidence: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    Details { confidence: *confidence }.serialize(serializer)
}

/// The score that a model gave to one label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Score {
    /// The label.
    #[serde(deserialize_with = "field")]
    pub label: Option<Classification>,
    /// The score, from 0 to 1. In the examples of the documentation, the scores of a model add up to 1.
    #[serde(deserialize_with = "field")]
    pub score: Option<f64>,
}

impl Part for Score {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classification_round_trips_as_text_and_json() {
        for text in ["human", "artificial", "partly", "humane", ""] {
            let classification: Classification = text.parse().unwrap();
            assert_eq!(
                (classification.as_str(), Classification::from(text.to_owned())),
                (text, classification.clone())
            );
            let json = serde_json::to_string(&classification).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Classification>(&json).unwrap(), classification);
        }
    }

    #[test]
    fn verdict_score_is_inverted_for_human() {
        let table = [
            (r#"{"classification":"artificial","confidence":0.75}"#, Some(0.75)),
            (r#"{"classification":"human","confidence":0.75}"#, Some(0.25)),
            (r#"{"classification":"human","confidence":"1"}"#, Some(0.0)),
            (r#"{"classification":"human","confidence":0}"#, Some(1.0)),
            (r#"{"classification":"artificial","confidence":1.01}"#, None),
            (r#"{"classification":"human","confidence":-0.01}"#, None),
            (r#"{"classification":"human"}"#, None),
            (r#"{"classification":"morphed","confidence":0.75}"#, None),
            (r#"{"confidence":0.75}"#, None),
        ];
        for (json, expected) in table {
            assert_eq!(serde_json::from_str::<Verdict>(json).unwrap().artificial_score(), expected, "{json}");
        }
    }

    #[test]
    fn report_parts_serialize_with_api_field_names() {
        let verdict = r#"{"heuristic":"Majority","classification":"human","confidence":0.5,"models":["V01"],"count":3,"unknown":false}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Verdict>(verdict).unwrap()).unwrap(), verdict);
        let result = r#"{"model":"V01","unknown":null,"elapsed_time":0.25,"classification":[{"label":"human","score":0.5}],"classification_details":{"confidence":0.75}}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<ModelResult>(result).unwrap()).unwrap(), result);
    }
}
