//! General helpers. They do not depend on other modules of the crate.

pub(crate) mod encodings;
pub(crate) mod environment;
pub(crate) mod hidden;
pub(crate) mod sync;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod url;
