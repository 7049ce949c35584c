//! C2PA: the signed provenance record of a file.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::model::lenient::{Part, field, list};
use crate::model::serialize;

/// The C2PA metadata of a file, in the form of the report that the C2PA project's `c2patool` writes.
///
/// By default, a C2PA signature forces the verdict to artificial. See
/// [`prevent_c2pa_forces`](crate::Submission::prevent_c2pa_forces).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct C2pa {
    /// The name of the active manifest.
    #[serde(deserialize_with = "field")]
    pub active_manifest: Option<String>,
    /// The validation state, such as `Valid`. The service does not document any other value.
    #[serde(deserialize_with = "field")]
    pub validation_state: Option<String>,
    /// The findings of the validation.
    #[serde(deserialize_with = "list")]
    pub validation_status: Vec<ValidationStatus>,
    /// The findings of the validation, grouped by outcome.
    #[serde(deserialize_with = "field")]
    pub validation_results: Option<ValidationResults>,
    /// `manifests` in the response, as JSON text. It may have any form.
    #[serde(rename = "manifests", deserialize_with = "any_json", serialize_with = "serialize::json")]
    pub manifests_json: Option<String>,
}

impl Part for C2pa {}

/// The findings of the validation, grouped by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ValidationResults {
    /// The findings for the active manifest.
    #[serde(deserialize_with = "field")]
    pub active_manifest: Option<ManifestResults>,
    /// `ingredientDeltas` in the response, as JSON text: the changes since the ingredients were validated. The form is
    /// not documented.
    #[serde(rename = "ingredientDeltas", deserialize_with = "any_json", serialize_with = "serialize::json")]
    pub ingredient_deltas_json: Option<String>,
}

impl Part for ValidationResults {}

/// The findings for a single manifest, grouped by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ManifestResults {
    /// The checks that passed.
    #[serde(deserialize_with = "list")]
    pub success: Vec<ValidationStatus>,
    /// Informational findings.
    #[serde(deserialize_with = "list")]
    pub informational: Vec<ValidationStatus>,
    /// The checks that failed.
    #[serde(deserialize_with = "list")]
    pub failure: Vec<ValidationStatus>,
}

impl Part for ManifestResults {}

/// A finding of the validation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ValidationStatus {
    /// The code from the C2PA specification, such as `claimSignature.validated`.
    #[serde(deserialize_with = "field")]
    pub code: Option<String>,
    /// A reference to the part of the manifest to which the finding applies.
    #[serde(deserialize_with = "field")]
    pub url: Option<String>,
    /// A textual explanation of the finding.
    #[serde(deserialize_with = "field")]
    pub explanation: Option<String>,
}

impl Part for ValidationStatus {}

/// Deserializes any JSON value as its JSON text. `null` is deserialized as `None`.
fn any_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let json = <&RawValue>::deserialize(deserializer)?.get();
    Ok(Some(json).filter(|json| *json != "null").map(str::to_owned))
}
