//! Responses on accounts, users and tickets.

use identifai::internals::parse;
use identifai::{Credits, Identifier};
use serde_json::{Value, json};

use crate::typed::{C2PA, Kind, RESULT, TICKET_VERDICT, read};
use crate::{is_identifier, value, word};

/// Checks a response as each of them, beside an independent reading.
pub fn rest(data: &[u8]) {
    let text = parse::json_text(data);
    let said = value(data);
    let number =
        |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
    let field =
        |name: &str| said.as_ref().filter(|said| said.is_object()).map(|said| said[name].clone()).unwrap_or_default();

    let credits = parse::credits(&text).ok();
    if said.is_some() {
        assert_eq!(credits.as_ref().map(Credits::available), number(&field("available_credits")));
        assert_eq!(parse::health(&text).is_ok(), word(&field("status")).is_some());
    }
    if let Ok(user) = parse::partner_user(&text) {
        assert!(user.id.is_some() && value(user.raw_json().as_bytes()).is_none_or(|user| user.is_object()));
        assert!(user.partner.is_none_or(|partner| partner.partner.is_none()), "one level deeper than documented");
    }
    if let Ok((page, has_next)) = parse::partner_users(&text, 1) {
        let users = field("data").as_array().map(|users| users.iter().filter(|user| user["name"].is_string()).count());
        assert!(said.is_none() || users.is_some_and(|users| users <= page.len()), "a user is left out");
        assert!(!(has_next && page.is_empty()), "empty pages without end");
    }
    if let Ok(pricings) = parse::pricings(&text) {
        assert_eq!(pricings.raw_json(), text);
    }
    if let Ok(sent) = parse::submitted_tickets(&text) {
        let identifiers = sent.tickets().iter().map(|ticket| &ticket.identifier).chain([sent.batch()]);
        assert!(identifiers.into_iter().all(|identifier| is_identifier(identifier.as_str())));
        assert!(said.is_none() || field("batch_id") == sent.batch().as_str());
    }
    let asked: Identifier = "65f0c0ff".parse().unwrap();
    if let Ok(report) = parse::tickets_report(&text, &asked) {
        assert!(said.is_none() || report.is_done() == (field("done") == true));
        assert!(field("identifier").is_null() || field("identifier") == asked.as_str(), "it is on another batch");
        for ticket in report.results() {
            let verdict = ticket.verdict.as_ref().and_then(|verdict| verdict.confidence);
            assert!(verdict.is_none_or(f64::is_finite));
            assert!(ticket.is_tampered().is_none() || ticket.is_done());
            let Some(said) = value(ticket.raw_json().as_bytes()) else { continue };
            assert_eq!(json!(ticket.verdict), read(&said["verdict"], &Kind::Object(TICKET_VERDICT)));
            assert_eq!(json!(ticket.verdicts), read(&said["verdicts"], &Kind::List(TICKET_VERDICT)));
            assert_eq!(json!(ticket.results), read(&said["results"], &Kind::List(RESULT)));
            assert_eq!(json!(ticket.c2pa), read(&said["c2pa"], &Kind::Object(C2PA)));
        }
    }
}
