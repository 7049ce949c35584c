//! The fields of a report that depend on the medium.

use std::fmt;

use super::any::AnyReport;
use super::common::Common;
use super::verdict::ModelResult;
use crate::model::identifier::Identifier;
use crate::model::lenient::Object;

/// The fields of a report that only one medium has.
pub trait Findings: Clone + fmt::Debug + PartialEq + Send + Sync {
    /// Reads the fields from the report on the submission `identifier`.
    #[allow(private_interfaces)]
    fn read(object: &Object<'_>, identifier: &Identifier) -> Self;

    /// Returns the result of each model for the whole medium.
    fn model_results(&self) -> &[ModelResult] {
        &[]
    }

    /// Returns `true` if the report has results, which shows that the medium was analysed.
    fn has_results(&self) -> bool {
        !self.model_results().is_empty()
    }

    /// Builds an [`AnyReport`] from the parts of a report of this medium.
    fn into_any(self, common: Common) -> AnyReport;

    /// Splits a report into its parts. Returns `None` if it is of another medium.
    fn from_any(report: AnyReport) -> Option<(Common, Self)>;
}
