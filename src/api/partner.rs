//! The users of a partner.

use super::multipart::Form;
use super::request::{get, post, with_query};
use crate::http::request::{Method, Request};

/// `POST /api/partner/user`. To say the same twice of a user who is known is to say it once.
pub(crate) fn save_partner_user(form: &Form<'_>, is_known: bool) -> Request<'static> {
    Request { is_idempotent: is_known, ..post("/api/partner/user", form) }
}

/// `GET /api/partner/users`.
pub(crate) fn partner_users(parameters: &[(&str, &str)]) -> Request<'static> {
    get(with_query("/api/partner/users", parameters))
}

/// `POST /api/partner/send_creation_email`.
pub(crate) fn send_creation_email(id: u64) -> Request<'static> {
    let mut form = Form::default();
    form.text("id", id.to_string());
    post("/api/partner/send_creation_email", &form)
}

/// `GET /api/partner/pricings`.
pub(crate) fn partner_pricings() -> Request<'static> {
    get("/api/partner/pricings".to_owned())
}

/// `POST /api/user`.
pub(crate) fn create_user(fields: &[(&str, &str)]) -> Request<'static> {
    let mut form = Form::default();
    for (name, value) in fields {
        form.text_escaped(name, value);
    }
    post("/api/user", &form)
}

/// `DELETE /api/user`.
pub(crate) fn delete_user(fields: &[(&str, &str)]) -> Request<'static> {
    Request { method: Method::Delete, ..get(with_query("/api/user", fields)) }
}
