//! The state of an analysis.

use super::open_enum::open_enum;

open_enum! {
    /// The state of an analysis. See [concepts](crate::concepts#pending).
    ///
    /// The service documents `new`, `done` and `errored`. Older results do not have a state. This crate treats them as
    /// done if they have a verdict or results, which is our interpretation of the documentation.
    State {
        /// `new`: the analysis is not finished.
        Pending = "new",
        /// `done`: the analysis is finished.
        Done = "done",
        /// `errored`: the analysis failed. `errors` of the report has the reason.
        Errored = "errored";
        /// A state that is not documented, as the service wrote it. It counts as pending unless the report has a
        /// verdict with a classification.
        Other
    }
}
