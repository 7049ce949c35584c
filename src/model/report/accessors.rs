//! The accessors that the report of one medium and that of any medium share, each written once.

/// Defines the accessors. The type has a method `common` that returns its [`Common`](super::common::Common).
macro_rules! accessors {
    () => {
        /// Returns the identifier of the submission.
        pub fn identifier(&self) -> &Identifier {
            &self.common().identifier
        }

        /// Returns the state of the analysis.
        pub fn state(&self) -> &State {
            &self.common().state
        }

        /// Returns `true` if the analysis is done or failed. In a state that is not documented, it is finished once it has
        /// a [`verdict`](Self::verdict) with a classification.
        pub fn is_finished(&self) -> bool {
            self.common().is_finished()
        }

        /// Returns the effective classification, which the service's dashboard shows: an override by the account's user,
        /// else that of the verdict once the analysis is finished.
        pub fn classification(&self) -> Option<&Classification> {
            self.common().classification()
        }

        /// Returns `true` if the [`classification`](Self::classification) is `artificial`, and `false` if it is `human`.
        /// An override wins over the verdict. Returns `None` without a classification, or with another one.
        pub fn is_artificial(&self) -> Option<bool> {
            self.common().is_artificial()
        }

        /// Returns the effective verdict as a number from 0 (human) to 1 (artificial). An override is 0 or 1. Without one,
        /// it is [`Verdict::artificial_score`] of the verdict, once the analysis is finished.
        ///
        /// It is the service's confidence, and not a probability.
        pub fn artificial_score(&self) -> Option<f64> {
            self.common().artificial_score()
        }

        /// Returns the main verdict, by the account's default heuristic.
        pub fn verdict(&self) -> Option<&Verdict> {
            self.common().verdict.as_ref()
        }

        /// Returns a verdict for each heuristic.
        pub fn verdicts(&self) -> &[Verdict] {
            &self.common().verdicts
        }

        /// Returns the override by the account's user; see
        /// [`Client::override_verdict`](crate::Client::override_verdict).
        pub fn force_classification(&self) -> Option<&Classification> {
            self.common().force_classification.as_ref()
        }

        /// Returns the SHA-256 of the file, in hexadecimal digits. It is not the identifier. Overrides go by it.
        pub fn hash(&self) -> Option<&str> {
            self.common().hash.as_deref()
        }

        /// Returns the name of the file.
        pub fn name(&self) -> Option<&str> {
            self.common().name.as_deref()
        }

        /// Returns the reference that was given with the submission.
        pub fn ref_id(&self) -> Option<&str> {
            self.common().ref_id.as_deref()
        }

        /// Returns the URL of this result on the dashboard.
        pub fn result_url(&self) -> Option<&str> {
            self.common().result_url.as_deref()
        }

        /// Returns the version of the API that made the analysis. The service sets it when the analysis is finished.
        pub fn api_version(&self) -> Option<&str> {
            self.common().api_version.as_deref()
        }

        /// Returns the reason of an analysis that failed, in the service's words.
        pub fn errors(&self) -> Option<&str> {
            self.common().errors.as_deref()
        }

        /// Returns `true` if the medium is not safe for work. It is set only if the submission asked for it.
        pub fn is_nsfw(&self) -> Option<bool> {
            self.common().is_nsfw
        }

        /// Returns the JSON as it came, for what this version does not know, or `null` if none came. Bytes that are not
        /// UTF-8 are replaced, and so is the API key.
        pub fn raw_json(&self) -> &str {
            self.common().raw.as_str()
        }
    };
}

pub(super) use accessors;
