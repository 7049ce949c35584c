//! Answers on accounts, users and tickets.

use serde_json::Value;

use super::{is_identifier, value, word};
use crate::model::account::{Credits, Health, PartnerUser, Pricings, UsersPage};
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;
use crate::model::tickets::report::{SubmittedTickets, TicketsReport};

/// What any of them makes of any answer, beside a reading that is not ours.
pub fn rest(data: &[u8]) {
    let text = json_text(data);
    let said = value(data);
    let number =
        |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
    let field =
        |name: &str| said.as_ref().filter(|said| said.is_object()).map(|said| said[name].clone()).unwrap_or_default();

    let credits = Credits::read(&text).ok();
    if said.is_some() {
        assert_eq!(credits.as_ref().map(Credits::available), number(&field("available_credits")));
        assert_eq!(Health::read(&text).is_ok(), word(&field("status")).is_some());
    }
    if let Ok(user) = PartnerUser::read(&text) {
        assert!(user.id.is_some() && value(user.raw_json().as_bytes()).is_none_or(|user| user.is_object()));
        assert!(user.partner.is_none_or(|partner| partner.partner.is_none()), "no deeper than that");
    }
    if let Ok(page) = UsersPage::read(&text, 1) {
        let users = field("data").as_array().map(|users| users.iter().filter(|user| user.is_object()).count());
        assert!(said.is_none() || users == Some(page.users.len()), "none is left out");
        assert!(!(page.has_next && page.users.is_empty()), "no end of empty pages");
    }
    if let Ok(pricings) = Pricings::read(&text) {
        assert_eq!(pricings.raw_json(), text);
    }
    if let Ok(sent) = SubmittedTickets::read(&text) {
        let identifiers = sent.tickets().iter().map(|ticket| &ticket.identifier).chain([sent.batch()]);
        assert!(identifiers.into_iter().all(|identifier| is_identifier(identifier.as_str())));
        assert!(said.is_none() || field("batch_id") == sent.batch().as_str());
    }
    let asked: Identifier = "65f0c0ff".parse().unwrap();
    if let Ok(report) = TicketsReport::read(&text, &asked) {
        assert!(said.is_none() || report.is_done() == (field("done") == true));
        assert!(field("identifier").is_null() || field("identifier") == asked.as_str(), "it is on another batch");
        for ticket in report.results() {
            let verdict = ticket.verdict.as_ref().and_then(|verdict| verdict.confidence);
            assert!(verdict.is_none_or(f64::is_finite));
            assert!(ticket.is_tampered().is_none() || ticket.is_done());
        }
    }
}
