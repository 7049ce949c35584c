//! C2PA: what a signed provenance record in the file says of itself.

use super::object::Object;

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
    pub(super) fn read(object: &Object<'_>) -> Self {
        let results = object.object("validation_results");
        let results = results.as_ref();
        Self {
            active_manifest: object.text("active_manifest"),
            validation_state: object.text("validation_state"),
            validation_status: object.objects("validation_status", ValidationStatus::read),
            active_manifest_results: results
                .and_then(|results| results.object("activeManifest"))
                .map(|active| ValidationResults::read(&active)),
            ingredient_deltas_json: results.and_then(|results| results.json("ingredientDeltas")).map(str::to_owned),
            manifests_json: object.json("manifests").map(str::to_owned),
        }
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
    fn read(object: &Object<'_>) -> Self {
        let read = |name| object.objects(name, ValidationStatus::read);
        Self { success: read("success"), informational: read("informational"), failure: read("failure") }
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
    fn read(object: &Object<'_>) -> Self {
        Self { code: object.text("code"), url: object.text("url"), explanation: object.text("explanation") }
    }
}
