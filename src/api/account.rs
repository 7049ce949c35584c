//! Requests about the account of an API key, and about the health of the service.

use super::request::get;
use crate::http::request::Request;

/// `GET /api/user/credits`.
pub(crate) fn credits() -> Request<'static> {
    get("/api/user/credits")
}

/// `GET /api/health`. The endpoint needs no API key.
pub(crate) fn health() -> Request<'static> {
    Request { requires_key: false, ..get("/api/health") }
}
