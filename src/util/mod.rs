//! Small helpers without a policy. They import nothing of the crate.

pub(crate) mod encodings;
pub(crate) mod environment;
pub(crate) mod hidden;
pub(crate) mod sync;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod url;
