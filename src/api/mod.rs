//! The endpoints of the API: builds their requests, and interprets their responses. It does no I/O.

pub(crate) mod account;
pub(crate) mod classification;
pub(crate) mod identifier;
pub(crate) mod multipart;
pub(crate) mod parse;
pub(crate) mod partner;
mod paths;
pub(crate) mod request;
mod status;
pub(crate) mod tickets;
