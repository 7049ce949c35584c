//! C2PA: what a signed provenance record in the file says of itself.

use crate::model::lenient::value::Value;

/// The C2PA metadata of a file, which the service reads as the c2pa tool reports them.
///
/// By default their presence forces the verdict to artificial; see
/// [`prevent_c2pa_forces`](crate::Submission::prevent_c2pa_forces).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct C2pa {
    /// Which of the manifests counts.
    pub active_manifest: Option<String>,
    /// `Valid`, for one; the service documents no other value.
    pub validation_state: Option<String>,
    /// What the validation came upon.
    pub validation_status: Vec<ValidationStatus>,
    /// The same by outcome, for the active manifest.
    pub active_manifest_results: Option<ValidationResults>,
    /// Changes since the ingredients were validated, as JSON; their form is not documented.
    pub ingredient_deltas_json: Option<String>,
    /// The manifests, as JSON: their form is free.
    pub manifests_json: Option<String>,
}

impl C2pa {
    pub(crate) fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|c2pa: &mut Self, name, value| match name {
            "active_manifest" => c2pa.active_manifest = value.text(),
            "validation_state" => c2pa.validation_state = value.text(),
            "validation_status" => c2pa.validation_status = value.objects(ValidationStatus::read),
            "validation_results" => {
                (c2pa.active_manifest_results, c2pa.ingredient_deltas_json) = (None, None);
                value.fields(|name, value| match &*name {
                    "activeManifest" => c2pa.active_manifest_results = ValidationResults::read(value),
                    "ingredientDeltas" => c2pa.ingredient_deltas_json = value.any(),
                    _ => {}
                });
            }
            "manifests" => c2pa.manifests_json = value.any(),
            _ => {}
        })
    }
}

/// What the validation of a manifest came upon, by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationResults {
    /// What is in order.
    pub success: Vec<ValidationStatus>,
    /// What is worth knowing.
    pub informational: Vec<ValidationStatus>,
    /// What is not in order.
    pub failure: Vec<ValidationStatus>,
}

impl ValidationResults {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|results: &mut Self, name, value| match name {
            "success" => results.success = value.objects(ValidationStatus::read),
            "informational" => results.informational = value.objects(ValidationStatus::read),
            "failure" => results.failure = value.objects(ValidationStatus::read),
            _ => {}
        })
    }
}

/// One finding of the validation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationStatus {
    /// A code of the C2PA specification, such as `claimSignature.validated`.
    pub code: Option<String>,
    /// Which part of the manifest it is about.
    pub url: Option<String>,
    /// In words.
    pub explanation: Option<String>,
}

impl ValidationStatus {
    fn read(value: &mut Value<'_>) -> Option<Self> {
        value.object(|status: &mut Self, name, value| match name {
            "code" => status.code = value.text(),
            "url" => status.url = value.text(),
            "explanation" => status.explanation = value.text(),
            _ => {}
        })
    }
}
