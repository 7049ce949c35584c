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

/// A response of the transport.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The `Location`.
    pub location: Option<String>,
    /// The request ID, which the support of the service can look up.
    pub request_id: Option<String>,
    /// The `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
    /// If `true`, the message specifies the end of the body. Otherwise the body ended with the connection.
    pub length_known: bool,
    /// If `true`, the connection was lost before the end of the body.
    pub truncated: bool,
}

impl Response {
    /// Builds a complete response with the status code 200.
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

/// Parses the response to a request for the result of the submission `requested`.
pub fn result(response: Response, medium: MediaType, requested: &Identifier) -> Result<AnyReport> {
    parse::report(response.into_inner(), medium, requested)
}

/// Parses the response to a request for the results of several submissions. Reports for which `requested` returns
/// `false` are left out.
pub fn results(
    response: Response,
    medium: MediaType,
    requested: impl Fn(&Identifier) -> bool,
) -> Result<Vec<AnyReport>> {
    parse::reports(response.into_inner(), medium, requested)
}

/// Parses the response to a request for a heatmap.
pub fn heatmap(response: Response) -> Result<Heatmap> {
    parse::heatmap(response.into_inner())
}

/// Parses the response to an override of the verdict on the file with this hash.
pub fn override_verdict(response: Response, hash: &str, classification: &Classification) -> Result<()> {
    parse::overridden(response.into_inner(), hash, classification)
}

/// Returns a body as text, without a byte order mark and without surrounding white space.
pub fn json_text(body: &[u8]) -> Cow<'_, str> {
    lenient::json_text(body)
}

/// The reason why a text cannot be parsed as the requested type.
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

/// Parses a page of a partner's users. Also returns `true` if there is another page.
pub fn partner_users(json: &str, page: u64) -> Result<(Vec<PartnerUser>, bool), Reason> {
    UsersPage::read(json, page).map(|page| (page.users, page.has_next))
}

/// Parses the prices of a partner.
pub fn pricings(json: &str) -> Result<Pricings, Reason> {
    Pricings::read(json)
}

/// Parses the response to a submit of tickets, which has their identifiers.
pub fn submitted_tickets(json: &str) -> Result<SubmittedTickets, Reason> {
    SubmittedTickets::read(json)
}

/// Parses the report on the batch of tickets `requested`.
pub fn tickets_report(json: &str, requested: &Identifier) -> Result<TicketsReport, Reason> {
    TicketsReport::read(json, requested)
}
