//! The API's words: what is sent and how answers read. Pure, without socket or clock.

pub(crate) mod answer;
pub(crate) mod identifier;
pub(crate) mod multipart;
pub(crate) mod request;
mod response;
