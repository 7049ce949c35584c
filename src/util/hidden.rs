//! A text that `Debug` does not show.

use std::fmt;
use std::ops::Deref;

/// A text of the user, such as a name or a reference. `Debug` shows only that it is set.
#[derive(Clone)]
pub(crate) struct Hidden(pub(crate) String);

impl Deref for Hidden {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
