//! The evidence that a file's content gives of its format.

use super::rows::Row;

/// The result of looking at a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Format(Seen),
    Text,
    Unknown,
}

/// A format that content shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(super) row: &'static Row,
    pub(super) certainty: Certainty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It is this format.
    Certain,
    /// It is of this format's family; its name tells which, and without one it is this format.
    Open,
    /// It is of this format's family; without a name of that family it is nothing.
    ByName,
    /// It begins like this format, and like others of the family.
    Weak,
    /// It is a container of this format's family, and its tracks show sound and nothing to see.
    Sound,
    /// It begins with an ID3 tag, and what follows is out of reach or unknown.
    Tag,
}

impl Certainty {
    pub(super) fn of(self, row: &'static Row) -> Seen {
        Seen { row, certainty: self }
    }
}

/// Returns `true` if `sought` is anywhere in `bytes`.
pub(super) fn has(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}
