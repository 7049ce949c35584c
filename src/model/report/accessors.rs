//! The accessors that [`Report`](super::Report) and [`AnyReport`](super::any::AnyReport) share.

/// Defines the accessors. The type must have a method `common` that returns its [`Common`](super::common::Common).
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

        /// Returns `true` if the analysis is done or failed.
        ///
        /// In a state that is not documented, the analysis counts as finished if the report has a
        /// [`verdict`](Self::verdict) with a classification.
        pub fn is_finished(&self) -> bool {
            self.common().is_finished()
        }

        /// Returns the effective classification, which is the one that the service's dashboard shows.
        ///
        /// This is the override by the account's user, if there is one. Otherwise it is the classification of the
        /// verdict, once the analysis is finished.
        pub fn classification(&self) -> Option<&Classification> {
            self.common().classification()
        }

        /// Returns `true` if the [`classification`](Self::classification) is `artificial`, and `false` if it is
        /// `human`.
        ///
        /// An override takes precedence over the verdict. Returns `None` if there is no classification or another one.
        pub fn is_artificial(&self) -> Option<bool> {
            self.common().is_artificial()
        }

        /// Returns the effective verdict as a number from 0 (human) to 1 (artificial).
        ///
        /// An override is 0 or 1. Without an override, this is [`Verdict::artificial_score`] of the verdict, once the
        /// analysis is finished. The number expresses the service's confidence. It is not a probability.
        ///
        /// Returns `None` in these cases:
        ///
        /// - There is an override, and it is neither `human` nor `artificial`.
        /// - There is no override, and the analysis is not finished or the report has no verdict.
        /// - There is no override, and [`Verdict::artificial_score`] of the verdict is `None`.
        pub fn artificial_score(&self) -> Option<f64> {
            self.common().artificial_score()
        }

        /// Returns the main verdict, which is the verdict of the account's default heuristic.
        pub fn verdict(&self) -> Option<&Verdict> {
            self.common().verdict.as_ref()
        }

        /// Returns a verdict for each heuristic.
        pub fn verdicts(&self) -> &[Verdict] {
            &self.common().verdicts
        }

        /// Returns the override by the account's user, if there is one. See
        /// [`Client::override_verdict`](crate::Client::override_verdict).
        pub fn force_classification(&self) -> Option<&Classification> {
            self.common().force_classification.as_ref()
        }

        /// Returns the SHA-256 of the file, in hexadecimal digits. It differs from the identifier. An override names
        /// the file by this hash.
        pub fn hash(&self) -> Option<&str> {
            self.common().hash.as_deref()
        }

        /// Returns the name of the file.
        pub fn name(&self) -> Option<&str> {
            self.common().name.as_deref()
        }

        /// Returns the reference that was set in the submission.
        pub fn ref_id(&self) -> Option<&str> {
            self.common().ref_id.as_deref()
        }

        /// Returns the URL of this result on the dashboard.
        pub fn result_url(&self) -> Option<&str> {
            self.common().result_url.as_deref()
        }

        /// Returns the version of the API that performed the analysis. The service sets it when the analysis is
        /// finished.
        pub fn api_version(&self) -> Option<&str> {
            self.common().api_version.as_deref()
        }

        /// Returns the service's error message if the analysis failed.
        pub fn errors(&self) -> Option<&str> {
            self.common().errors.as_deref()
        }

        /// Returns `true` if the content is not safe for work. Returns `None` if the submission did not enable this
        /// detection.
        pub fn is_nsfw(&self) -> Option<bool> {
            self.common().is_nsfw
        }

        /// Returns the JSON of the response, including fields that this version does not know.
        ///
        /// The JSON is unchanged, except that surrounding whitespace is removed, bytes that are not UTF-8 are replaced,
        /// and the API key is redacted. If the response did not contain JSON, it is `null`.
        pub fn raw_json(&self) -> &str {
            self.common().raw.as_str()
        }
    };
}

pub(super) use accessors;
