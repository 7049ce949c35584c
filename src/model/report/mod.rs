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
/// [`AudioReport`](crate::AudioReport).
///
/// Parsing is lenient, since the service promises little:
///
/// - A field that is missing, `null` or of another type than documented counts as absent. Numbers may be strings.
/// - An element of a list that sets no documented field is left out.
/// - Of two fields with one name, the last counts.
///
/// Everything else, unknown fields included, is in [`raw_json`](Self::raw_json). The report serialises with all of it,
/// always with an `identifier`, and deserialises again.
///
/// `Display` is one line for people, with control characters escaped.
#[derive(Clone, PartialEq)]
pub struct Report<M: Medium> {
    common: Common,
    findings: M::Findings,
}

impl<M: Medium> Report<M> {
    accessors!();

    /// Returns the submission, to ask for its result again.
    pub fn submitted(&self) -> Submitted<M> {
        Submitted::new(self.common.identifier.clone())
    }

    fn common(&self) -> &Common {
        &self.common
    }
}
