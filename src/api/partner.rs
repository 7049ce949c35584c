//! Requests about the users of a partner.

use super::multipart::{escaped, form};
use super::request::{get, post, with_query};
use crate::http::request::{Method, Request};
use crate::model::fields::Fields;

/// `POST /api/partner/user`, which creates a user or updates one. Only the update of a known user is idempotent.
pub(crate) fn save_partner_user(fields: &Fields<'_>, is_known: bool) -> Request<'static> {
    Request { is_idempotent: is_known, ..post("/api/partner/user", form(fields)) }
}

/// `GET /api/partner/users`.
pub(crate) fn partner_users(parameters: &[(&str, &str)]) -> Request<'static> {
    get(with_query("/api/partner/users", parameters))
}

/// `POST /api/partner/send_creation_email`.
pub(crate) fn send_creation_email(id: u64) -> Request<'static> {
    let mut fields = Fields::default();
    fields.text("id", id.to_string());
    post("/api/partner/send_creation_email", form(&fields))
}

/// `GET /api/partner/pricings`.
pub(crate) fn partner_pricings() -> Request<'static> {
    get("/api/partner/pricings")
}

/// `POST /api/user`.
pub(crate) fn create_user(pairs: &[(&str, &str)]) -> Request<'static> {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        // The names are those of the caller, so they may contain quotes or line breaks.
        fields.text(escaped(name), *value);
    }
    post("/api/user", form(&fields))
}

/// `DELETE /api/user`.
pub(crate) fn delete_user(fields: &[(&str, &str)]) -> Request<'static> {
    Request { method: Method::Delete, ..get(with_query("/api/user", fields)) }
}
