//! The endpoints of the API: requests, and the meaning of responses. Nothing is sent or opened here.

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
