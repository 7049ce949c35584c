//! The data types of the API: submissions, identifiers, reports and other responses.

pub(crate) mod account;
pub(crate) mod fields;
pub(crate) mod format;
pub(crate) mod identifier;
pub(crate) mod lenient;
pub(crate) mod media_type;
pub(crate) mod medium;
mod open_enum;
pub(crate) mod partner;
pub(crate) mod report;
mod serialize;
pub(crate) mod state;
pub(crate) mod submission;
pub(crate) mod submitted;
pub(crate) mod tickets;
