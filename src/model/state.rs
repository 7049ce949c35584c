//! How far an analysis has come.

use super::open_enum::open_enum;

open_enum! {
    /// How far an analysis has come.
    ///
    /// The service documents `new`, `done` and `errored`. Older results have no state; they are taken for done if they
    /// have a verdict or results, which is our reading of the documentation.
    State {
        /// `new`: not finished.
        Pending = "new",
        /// `done`: finished.
        Done = "done",
        /// `errored`: the analysis failed; `errors` of the report says why.
        Errored = "errored";
        /// A state that is not documented, as the service wrote it. It counts as pending unless a verdict stands there.
        Other
    }
}
