//! One attempt of one request. It knows no endpoint and no policy; `ureq` is the only module that names that crate.

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
