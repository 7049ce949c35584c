//! The HTTP layer: sends one request once.
//!
//! It does not know the endpoints of the API, and does not retry or limit the rate. Only the module [`ureq`] uses the
//! crate of that name.

pub(crate) mod body;
pub(crate) mod date;
mod dns;
pub(crate) mod endpoint;
pub(crate) mod fork_safe;
pub(crate) mod proxy;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry_after;
pub(crate) mod transport;
pub(crate) mod upload;
pub(crate) mod ureq;
