//! The part of a report that depends on the medium.

use std::fmt;

use super::any::AnyReport;
use super::common::Common;
use super::verdict::ModelResult;
use crate::model::identifier::Identifier;
use crate::model::lenient::Object;

/// The part of a report that only one medium has.
pub trait Findings: Clone + fmt::Debug + PartialEq + Send + Sync {
    /// Reads it from a report on the submission `identifier`.
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, identifier: &Identifier) -> Self;

    /// Returns each model's result for the whole medium.
    fn model_results(&self) -> &[ModelResult] {
        &[]
    }

    /// Returns `true` if it has results, which only an analysis can have found.
    fn has_results(&self) -> bool {
        !self.model_results().is_empty()
    }

    /// Makes a report of any medium of the parts of one.
    fn into_any(self, common: Common) -> AnyReport;

    /// Takes a report apart if it is of this medium.
    fn from_any(report: AnyReport) -> Option<(Common, Self)>;
}
