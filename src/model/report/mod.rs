//! Reports: the results of analyses.

mod accessors;
pub(crate) mod any;
pub(crate) mod audio;
pub(crate) mod c2pa;
pub(crate) mod common;
mod convert;
pub(crate) mod display;
pub(crate) mod findings;
pub(crate) mod heatmap;
pub(crate) mod image;
pub(crate) mod parse;
#[cfg(test)]
mod tests;
pub(crate) mod verdict;
pub(crate) mod video;

use self::accessors::accessors;
use self::common::Common;
use self::verdict::{Classification, Verdict};
use super::identifier::Identifier;
use super::medium::Medium;
use super::state::State;
use super::submitted::Submitted;

/// The result of a submission: [`ImageReport`](crate::ImageReport), [`VideoReport`](crate::VideoReport) or
/// [`AudioReport`](crate::AudioReport). See [concepts](crate::concepts#report).
///
/// Parsing is lenient, because the service guarantees little about the form of its responses:
///
/// - A field that is missing, is `null` or has another type than documented counts as absent. A number may be a string.
/// - A list element without any documented field is skipped.
/// - If a field name is repeated, the last value is used.
///
/// [`raw_json`](Self::raw_json) returns the complete JSON, including fields that this version does not know. The report
/// serializes as this JSON, always with an `identifier`, and can be deserialized again.
///
/// `Display` writes a summary of one line, with control characters escaped.
#[derive(Clone, PartialEq)]
pub struct Report<M: Medium> {
    common: Common,
    findings: M::Findings,
}

impl<M: Medium> Report<M> {
    accessors!();

    /// Returns the submission, with which the result can be requested again.
    pub fn submitted(&self) -> Submitted<M> {
        Submitted::new(self.common.identifier.clone())
    }

    fn common(&self) -> &Common {
        &self.common
    }
}
