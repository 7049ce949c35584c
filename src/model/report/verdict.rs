//! Verdicts: what the analysis comes to, by heuristic and by model.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::lenient::value::Value;
use crate::model::open_enum::open_enum;

open_enum! {
    /// What something was classified as.
    ///
    /// It serialises as the text that the service uses.
    #[derive(Serialize, Deserialize)]
    #[serde(from = "String", into = "String")]
    Classification {
        /// `human`: made by a human.
        Human = "human",
        /// `artificial`: made by a machine.
        Artificial = "artificial";
        /// Anything else, as the service wrote it: what detections are labelled with, or a class that is new.
        Other
    }
}

impl From<String> for Classification {
    fn from(text: String) -> Self {
        Self::from_text(&text)
    }
}

impl From<Classification> for String {
    fn from(classification: Classification) -> Self {
        match classification {
            Classification::Other(text) => text,
            known => known.as_str().to_owned(),
        }
    }
}

impl FromStr for Classification {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from_text(text))
    }
}

/// What a heuristic makes of the results of the models.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The heuristic, such as `AverageExcludeObsolete`. The service names them and does not explain them.
    pub heuristic: Option<String>,
    /// What it says.
    pub classification: Option<Classification>,
    /// How sure it is of this classification, from 0 to 1. It is not the probability of `artificial`.
    pub confidence: Option<f64>,
    /// The models that it is based on.
    pub models: Vec<String>,
    /// With videos: `count` in the answer; the service does not explain it.
    pub count: Option<u64>,
    /// With videos: `unknown` in the answer; the service does not explain it.
    pub unknown: Option<bool>,
}

impl Verdict {
    pub(crate) fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|verdict: &mut Self, name, value| match name {
            "heuristic" => verdict.heuristic = value.text(),
            "classification" => verdict.classification = value.word(Classification::from_text),
            "confidence" => verdict.confidence = value.number(),
            "models" => verdict.models = value.texts(),
            "count" => verdict.count = value.count(),
            "unknown" => verdict.unknown = value.flag(),
            _ => {}
        })
    }
}

/// What one detection model found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ModelResult {
    /// The model, such as `V011`.
    pub model: Option<String>,
    /// `unknown` in the answer; the service does not explain it.
    pub unknown: Option<bool>,
    /// How long it took. The unit is not documented; this takes it for seconds.
    pub elapsed_time: Option<Duration>,
    /// A score for each label, in no fixed order.
    pub classification: Vec<Score>,
    /// `confidence` of `classification_details`.
    pub confidence: Option<f64>,
}

impl ModelResult {
    /// The score of a label, from 0 to 1, if there is one.
    pub fn score(&self, label: &Classification) -> Option<f64> {
        self.classification.iter().find(|score| score.label.as_ref() == Some(label))?.score
    }

    pub(crate) fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|result: &mut Self, name, value| match name {
            "model" => result.model = value.text(),
            "unknown" => result.unknown = value.flag(),
            "elapsed_time" => result.elapsed_time = value.seconds(),
            "classification" => result.classification = value.objects(Score::read),
            "classification_details" => result.confidence = value.field("confidence", Value::number),
            _ => {}
        })
    }
}

/// How much speaks for a label, as one model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// What the score is of.
    pub label: Option<Classification>,
    /// From 0 to 1. The scores of a model add up to 1 in the documentation's examples.
    pub score: Option<f64>,
}

impl Score {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|score: &mut Self, name, value| match name {
            "label" => score.label = value.word(Classification::from_text),
            "score" => score.score = value.number(),
            _ => {}
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classification_is_its_word_as_text_and_as_json() {
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
}
