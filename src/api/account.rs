//! The account behind a key, and the service's health.

use super::request::get;
use crate::http::request::Request;

/// `GET /api/user/credits`.
pub(crate) fn credits() -> Request<'static> {
    get("/api/user/credits")
}

/// `GET /api/health`, for which nobody needs a key.
pub(crate) fn health() -> Request<'static> {
    Request { requires_key: false, ..get("/api/health") }
}
