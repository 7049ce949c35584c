//! The fields that the reports of all media have in common.

use super::verdict::{Classification, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::model::identifier::Identifier;
use crate::model::lenient::{FromJson, Object, each};
use crate::model::serialize::RawJson;
use crate::model::state::State;

/// The fields of a report that do not depend on the medium. The accessors of [`Report`](crate::Report) document them.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    pub(super) identifier: Identifier,
    pub(super) state: State,
    pub(super) hash: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) errors: Option<String>,
    pub(super) name: Option<String>,
    pub(super) ref_id: Option<String>,
    pub(super) result_url: Option<String>,
    pub(super) is_nsfw: Option<bool>,
    pub(super) verdict: Option<Verdict>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) force_classification: Option<Classification>,
    /// The JSON from which the report was parsed.
    pub(super) raw: RawJson,
}

impl Common {
    /// Reads the common fields from `object`, which was parsed from `json`. If the report does not have a state, the
    /// analysis counts as done if there is a verdict or a result, and as pending otherwise.
    pub(super) fn read(object: &Object<'_>, identifier: Identifier, has_results: bool, json: &str) -> Self {
        let (verdict, verdicts) = (object.field("verdict"), object.list("verdicts"));
        let has_results = has_results || verdict.is_some() || !verdicts.is_empty();
        let state = object.field("status").unwrap_or(if has_results { State::Done } else { State::Pending });
        Self {
            identifier,
            state,
            hash: object.field("hash"),
            api_version: object.field("api_version"),
            errors: object.json("errors").and_then(messages),
            name: object.field("name"),
            ref_id: object.field("ref_id"),
            result_url: object.field("result_url"),
            is_nsfw: object.field("is_nsfw"),
            verdict,
            verdicts,
            force_classification: object.field("force_classification"),
            raw: json.into(),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        match &self.state {
            State::Pending => false,
            State::Done | State::Errored => true,
            State::Other(_) => self.verdict.as_ref().is_some_and(|verdict| verdict.classification.is_some()),
        }
    }

    /// Returns the verdict if the analysis finished without an error.
    fn final_verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|_| self.is_finished() && self.state != State::Errored)
    }

    pub(super) fn classification(&self) -> Option<&Classification> {
        self.force_classification.as_ref().or_else(|| self.final_verdict()?.classification.as_ref())
    }

    pub(super) fn is_artificial(&self) -> Option<bool> {
        match self.classification()? {
            Classification::Human => Some(false),
            Classification::Artificial => Some(true),
            Classification::Other(_) => None,
        }
    }

    pub(super) fn artificial_score(&self) -> Option<f64> {
        if self.force_classification.is_some() {
            return self.is_artificial().map(|is_artificial| if is_artificial { 1.0 } else { 0.0 });
        }
        self.final_verdict()?.artificial_score()
    }

    /// Returns an error if the analysis failed.
    pub(super) fn failure(&self) -> Result<()> {
        if self.state == State::Errored {
            let error = Error::new(ErrorKind::AnalysisFailed, "the analysis failed");
            return Err(error.with_message(self.errors.as_deref()).with_body(self.raw.as_str().as_bytes()));
        }
        Ok(())
    }
}

/// Reads error messages: a string, a list whose elements are joined, or any other JSON, which is kept as text.
fn messages(json: &str) -> Option<String> {
    let message = |json: &str| String::from_json(json).unwrap_or_else(|| json.to_owned());
    let mut text = String::new();
    let is_list = each(json, |json| {
        if json != "null" {
            text.push_str(if text.is_empty() { "" } else { "; " });
            text.push_str(&message(json));
        }
    });
    let text = if is_list { text } else { message(json) };
    Some(text).filter(|text| !text.trim().is_empty() && text != "{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_may_be_string_list_or_other_json() {
        for json in ["\"\"", "\" \"", "[]", "[null]", "{}"] {
            assert_eq!(messages(json), None, "{json}");
        }
        let table = [
            (r#""Unreadable""#, "Unreadable"),
            (r#"["Unreadable", "Too small"]"#, "Unreadable; Too small"),
            (r#"["Unreadable", {"code": 7}]"#, r#"Unreadable; {"code": 7}"#),
            (r#"{"file": ["Unreadable"]}"#, r#"{"file": ["Unreadable"]}"#),
            ("7", "7"),
        ];
        for (json, expected) in table {
            assert_eq!(messages(json).as_deref(), Some(expected));
        }
    }
}
