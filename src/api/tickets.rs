//! Tickets: requests of version 2 of the API.

use std::time::Duration;

use super::identifier::{self, Field};
use super::multipart::{self, Boundary};
use super::request::{UPLOAD_TIMEOUT, get, post};
use crate::http::request::{Content, Request};
use crate::http::upload::Upload;
use crate::model::fields::Fields;
use crate::model::identifier::Identifier;
use crate::model::tickets::submission::Tickets;

const TICKETS: &str = "/api/v2/tampering/tickets";

/// `POST /api/v2/tampering/tickets`.
///
/// The files' field ends with brackets, whichever way other lists are written: of many fields with one name PHP, which
/// the backend seems to run on, takes the last only if there are none. That is our reading.
pub(crate) fn submit<'a>(tickets: &'a Tickets, fields: &Fields<'_>, files: Vec<Upload<'a>>) -> Request<'a> {
    let content = multipart::encode(fields, Boundary::random(), "tickets[]", files);
    Request {
        redact: tickets.secrets(),
        is_accepted: |received| identifier::is_accepted(received, Field::BatchId),
        timeout: UPLOAD_TIMEOUT,
        try_timeout: Duration::MAX,
        ..post(TICKETS, Content { watcher: tickets.watcher(), ..content })
    }
}

/// `GET /api/v2/tampering/tickets/{batch_id}`.
pub(crate) fn report(batch: &Identifier) -> Request<'static> {
    get(format!("{TICKETS}/{batch}"))
}
