//! The oracle of responses about accounts, partner users and tickets.

use identifai::internals::parse;
use identifai::{Credits, Identifier};
use serde_json::{Value, json};

use crate::typed::{C2PA, Kind, RESULT, TICKET_VERDICT, read};
use crate::{is_identifier, value, word};

/// Parses a response as each of these kinds, and compares the result with an independent parser.
pub fn account(data: &[u8]) {
    let text = parse::json_text(data);
    let source = value(data);
    let number =
        |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
    let field = |name: &str| {
        source.as_ref().filter(|source| source.is_object()).map(|source| source[name].clone()).unwrap_or_default()
    };

    let credits = parse::credits(&text).ok();
    if source.is_some() {
        assert_eq!(credits.as_ref().map(Credits::available), number(&field("available_credits")));
        assert_eq!(parse::health(&text).is_ok(), word(&field("status")).is_some());
    }
    if let Ok(user) = parse::partner_user(&text) {
        assert!(user.id.is_some() && value(user.raw_json().as_bytes()).is_none_or(|user| user.is_object()));
        assert!(user.partner.is_none_or(|partner| partner.partner.is_none()), "one level deeper than documented");
    }
    if let Ok((page, has_next)) = parse::partner_users(&text, 1) {
        let users = field("data").as_array().map(|users| users.iter().filter(|user| user["name"].is_string()).count());
        assert!(source.is_none() || users.is_some_and(|users| users <= page.len()), "a user is missing");
        assert!(!(has_next && page.is_empty()), "an empty page must be the last one");
    }
    if let Ok(pricings) = parse::pricings(&text) {
        assert_eq!(pricings.raw_json(), text);
    }
    if let Ok(sent) = parse::submitted_tickets(&text) {
        let identifiers = sent.tickets().iter().map(|ticket| &ticket.identifier).chain([sent.batch()]);
        assert!(identifiers.into_iter().all(|identifier| is_identifier(identifier.as_str())));
        assert!(source.is_none() || field("batch_id") == sent.batch().as_str());
    }
    let batch: Identifier = "65f0c0ff".parse().unwrap();
    if let Ok(report) = parse::tickets_report(&text, &batch) {
        assert!(source.is_none() || report.is_done() == (field("done") == true));
        assert!(field("identifier").is_null() || field("identifier") == batch.as_str(), "a report of another batch");
        for ticket in report.results() {
            let verdict = ticket.verdict.as_ref().and_then(|verdict| verdict.confidence);
            assert!(verdict.is_none_or(f64::is_finite));
            assert!(ticket.is_tampered().is_none() || ticket.is_done());
            let Some(source) = value(ticket.raw_json().as_bytes()) else { continue };
            assert_eq!(json!(ticket.verdict), read(&source["verdict"], &Kind::Object(TICKET_VERDICT)));
            assert_eq!(json!(ticket.verdicts), read(&source["verdicts"], &Kind::List(TICKET_VERDICT)));
            assert_eq!(json!(ticket.results), read(&source["results"], &Kind::List(RESULT)));
            assert_eq!(json!(ticket.c2pa), read(&source["c2pa"], &Kind::Object(C2PA)));
        }
    }
}
