//! What comes back: reports that keep what they do not know.

pub(crate) mod any;
pub(crate) mod audio;
pub(crate) mod c2pa;
pub(crate) mod display;
pub(crate) mod heatmap;
pub(crate) mod image;
pub(crate) mod parse;
#[cfg(test)]
mod tests;
pub(crate) mod verdict;
pub(crate) mod video;

use self::verdict::{Classification, Verdict};
use super::identifier::Identifier;
use super::medium::Medium;
use super::state::State;
use super::submitted::Submitted;
use crate::error::{Error, ErrorKind, Result};

/// What came of a submission: [`ImageReport`](crate::ImageReport), [`VideoReport`](crate::VideoReport) or
/// [`AudioReport`](crate::AudioReport).
///
/// It is read leniently, since the service promises little: a field that is missing, `null` or of another type than
/// documented counts as absent, numbers may be written as strings, and what this version does not know is in
/// [`raw_json`](Self::raw_json); so are objects in lists beyond one for each 24 bytes of the report. It serialises with
/// all of that, always with an `identifier`, and deserialises again.
///
/// `Display` is one line for people, with control characters escaped.
pub struct Report<M: Medium> {
    identifier: Identifier,
    state: State,
    common: Common,
    findings: M::Findings,
    raw: String,
}

/// What the reports of all media have.
#[derive(Clone, Debug)]
struct Common {
    hash: Option<String>,
    api_version: Option<String>,
    errors: Option<String>,
    name: Option<String>,
    ref_id: Option<String>,
    result_url: Option<String>,
    is_nsfw: Option<bool>,
    verdict: Option<Verdict>,
    verdicts: Vec<Verdict>,
    force_classification: Option<Classification>,
}

impl<M: Medium> Report<M> {
    /// The submission that this is about.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The submission, to ask for its result again.
    pub fn submitted(&self) -> Submitted<M> {
        Submitted::new(self.identifier.clone())
    }

    /// How far the analysis has come.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether nothing more is to come: the analysis is done or failed. In a state that is not documented, it is
    /// finished once it has a [`verdict`](Self::verdict) with a classification.
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Pending => false,
            State::Done | State::Errored => true,
            State::Other(_) => self.verdict().is_some_and(|verdict| verdict.classification.is_some()),
        }
    }

    /// What it was classified as: by the account's user if that was overridden, else by the verdict, once the analysis
    /// is finished. It is what the service's dashboard shows.
    pub fn classification(&self) -> Option<&Classification> {
        let of_verdict = || self.verdict().filter(|_| self.is_finished() && self.state != State::Errored);
        self.force_classification().or_else(|| of_verdict()?.classification.as_ref())
    }

    /// Whether it was made by a machine: what [`classification`](Self::classification) says, in which an override wins
    /// over the verdict. `None` if that is not known, or neither `human` nor `artificial`.
    pub fn is_artificial(&self) -> Option<bool> {
        match self.classification()? {
            Classification::Human => Some(false),
            Classification::Artificial => Some(true),
            Classification::Other(_) => None,
        }
    }

    /// The main verdict, by the account's default heuristic.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.common.verdict.as_ref()
    }

    /// A verdict for each heuristic.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.common.verdicts
    }

    /// What the account's user overrode the verdict with; see
    /// [`Client::override_verdict`](crate::Client::override_verdict).
    pub fn force_classification(&self) -> Option<&Classification> {
        self.common.force_classification.as_ref()
    }

    /// The SHA-256 of the file, in hexadecimal digits. It is not the identifier; overrides go by it.
    pub fn hash(&self) -> Option<&str> {
        self.common.hash.as_deref()
    }

    /// The name of the file.
    pub fn name(&self) -> Option<&str> {
        self.common.name.as_deref()
    }

    /// The reference that was given with the submission.
    pub fn ref_id(&self) -> Option<&str> {
        self.common.ref_id.as_deref()
    }

    /// The page of this result on the dashboard.
    pub fn result_url(&self) -> Option<&str> {
        self.common.result_url.as_deref()
    }

    /// The version of the API that made the analysis; there once it is finished.
    pub fn api_version(&self) -> Option<&str> {
        self.common.api_version.as_deref()
    }

    /// Why the analysis failed, if it did: the service's words, as they are.
    pub fn errors(&self) -> Option<&str> {
        self.common.errors.as_deref()
    }

    /// Whether it is not safe for work; there only if the submission asked for it.
    pub fn is_nsfw(&self) -> Option<bool> {
        self.common.is_nsfw
    }

    /// The JSON as it came, for what this version does not know; `null` if none came. What was not UTF-8 in it is
    /// replaced, and so is the API key.
    pub fn raw_json(&self) -> &str {
        &self.raw
    }
}

impl<M: Medium> Report<M> {
    /// Returns the report, or the error of an analysis that failed.
    pub(crate) fn into_result(self) -> Result<Self> {
        if self.state == State::Errored {
            let error = Error::new(ErrorKind::AnalysisFailed, "the service could not analyse it");
            return Err(error.with_message(self.errors()).with_body(self.raw_json().as_bytes()));
        }
        Ok(self)
    }
}

impl<M: Medium> Clone for Report<M> {
    fn clone(&self) -> Self {
        Self {
            identifier: self.identifier.clone(),
            state: self.state.clone(),
            common: self.common.clone(),
            findings: self.findings.clone(),
            raw: self.raw.clone(),
        }
    }
}
