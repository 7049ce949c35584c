//! Parsing of responses.

use std::borrow::Cow;
use std::time::Duration;

use crate::api::{identifier, parse};
use crate::error::{ErrorKind, Result};
use crate::http::response::{self, Failure};
use crate::model::account::{Credits, Health};
use crate::model::identifier::Identifier;
use crate::model::lenient;
use crate::model::media_type::MediaType;
use crate::model::partner::{PartnerUser, Pricings, UsersPage};
use crate::model::report::any::AnyReport;
use crate::model::report::heatmap::Heatmap;
use crate::model::report::verdict::Classification;
use crate::model::tickets::report::{SubmittedTickets, TicketsReport};

/// A response, as it comes from the transport.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The `Location`.
    pub location: Option<String>,
    /// The identifier of the request, for the service's support.
    pub request_id: Option<String>,
    /// The `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
    /// If `true`, the message tells where the body ends. Else it ended with the connection.
    pub length_known: bool,
    /// If `true`, the connection was lost within the body.
    pub truncated: bool,
}

impl Response {
    /// Makes a whole response with status 200.
    pub fn ok(content_type: &str, body: Vec<u8>) -> Self {
        Self { status: 200, content_type: Some(content_type.to_owned()), body, length_known: true, ..Self::default() }
    }

    fn into_inner(self) -> response::Response {
        let Self { status, content_type, location, request_id, retry_after, body, length_known, truncated } = self;
        let lost = || Failure::new(ErrorKind::Disconnected, "lost the connection to x.test");
        response::Response {
            status,
            content_type,
            location,
            request_id,
            retry_after,
            body,
            length_known,
            truncated: truncated.then(lost),
            ..response::Response::default()
        }
    }
}

/// Parses the response to a submit.
pub fn submit(response: Response) -> Result<Identifier> {
    identifier::identifier(response.into_inner())
}

/// Parses the response to a request for the result of the submission `asked`.
pub fn result(response: Response, medium: MediaType, asked: &Identifier) -> Result<AnyReport> {
    parse::report(response.into_inner(), medium, asked)
}

/// Parses the response to a request for the results of many submissions.
pub fn results(response: Response, medium: MediaType, asked: impl Fn(&Identifier) -> bool) -> Result<Vec<AnyReport>> {
    parse::reports(response.into_inner(), medium, asked)
}

/// Parses the response to a request for a heatmap.
pub fn heatmap(response: Response) -> Result<Heatmap> {
    parse::heatmap(response.into_inner())
}

/// Parses the response to an override of the verdict on the file with this hash.
pub fn override_verdict(response: Response, hash: &str, classification: &Classification) -> Result<()> {
    parse::overridden(response.into_inner(), hash, classification)
}

/// Returns a body as text, without a byte order mark and blanks around it.
pub fn json_text(body: &[u8]) -> Cow<'_, str> {
    lenient::json_text(body)
}

/// The reason why a text is not what it was read as.
type Reason = &'static str;

/// Parses the credits of an account.
pub fn credits(json: &str) -> Result<Credits, Reason> {
    Credits::read(json)
}

/// Parses the state of the service.
pub fn health(json: &str) -> Result<Health, Reason> {
    Health::read(json)
}

/// Parses a user of a partner.
pub fn partner_user(json: &str) -> Result<PartnerUser, Reason> {
    PartnerUser::read(json)
}

/// Parses a page of a partner's users. Returns `true` with them if there is another page.
pub fn partner_users(json: &str, page: u64) -> Result<(Vec<PartnerUser>, bool), Reason> {
    UsersPage::read(json, page).map(|page| (page.users, page.has_next))
}

/// Parses the prices of a partner.
pub fn pricings(json: &str) -> Result<Pricings, Reason> {
    Pricings::read(json)
}

/// Parses the names of tickets that were submitted.
pub fn submitted_tickets(json: &str) -> Result<SubmittedTickets, Reason> {
    SubmittedTickets::read(json)
}

/// Parses the report on the batch of tickets `asked`.
pub fn tickets_report(json: &str, asked: &Identifier) -> Result<TicketsReport, Reason> {
    TicketsReport::read(json, asked)
}
