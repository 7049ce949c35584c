//! How far an analysis has come.

use std::fmt;

/// How far an analysis has come.
///
/// The service documents `new`, `done` and `errored`. Older results have no state; they are taken for done if they have
/// a verdict or results, which is our reading of the documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// `new`: not finished.
    Pending,
    /// `done`: finished.
    Done,
    /// `errored`: the analysis failed; `errors` of the report says why.
    Errored,
    /// A state that is not documented, as the service wrote it. It counts as pending unless a verdict stands there.
    Other(String),
}

impl State {
    pub(super) fn of(text: &str) -> Self {
        let known = [("new", Self::Pending), ("done", Self::Done), ("errored", Self::Errored)];
        let found = known.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        found.map_or_else(|| Self::Other(text.to_owned()), |(_, state)| state)
    }

    /// The word that the service uses.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "new",
            Self::Done => "done",
            Self::Errored => "errored",
            Self::Other(text) => text,
        }
    }
}

/// The service's word as it is; control characters in [`Other`](State::Other) are not escaped.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
