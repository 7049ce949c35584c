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

impl Seen {
    pub(super) fn certain(row: &'static Row) -> Self {
        Self { row, certainty: Certainty::Certain }
    }

    pub(super) fn open(row: &'static Row) -> Self {
        Self { row, certainty: Certainty::Open }
    }

    pub(super) fn weak(row: &'static Row) -> Self {
        Self { row, certainty: Certainty::Weak }
    }

    pub(super) fn sound(row: &'static Row) -> Self {
        Self { row, certainty: Certainty::Sound }
    }

    pub(super) fn by_name(self) -> Self {
        match self.certainty {
            Certainty::Open => Self { certainty: Certainty::ByName, ..self },
            _ => self,
        }
    }
}

/// Returns `true` if `sought` is anywhere in `bytes`.
pub(super) fn has(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}
