//! Requests about tickets, which belong to version 2 of the API.

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
/// The name of the files' field ends with brackets, independently of the encoding of the other lists. The backend
/// appears to run on PHP, which keeps only the last of several fields with the same name unless the name ends with
/// brackets. The API does not document this.
pub(crate) fn submit<'a>(tickets: &'a Tickets, fields: &Fields<'_>, files: Vec<Upload<'a>>) -> Request<'a> {
    let content = multipart::encode(fields, Boundary::random(), "tickets[]", files);
    Request {
        redact: tickets.secrets(),
        is_accepted: |received| identifier::is_accepted(received, Field::BatchId),
        timeout: UPLOAD_TIMEOUT,
        attempt_timeout: Duration::MAX,
        ..post(TICKETS, Content { watcher: tickets.watcher(), ..content })
    }
}

/// `GET /api/v2/tampering/tickets/{batch_id}`.
pub(crate) fn report(batch: &Identifier) -> Request<'static> {
    get(format!("{TICKETS}/{batch}"))
}
