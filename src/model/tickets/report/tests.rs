//! Tests of the responses about tickets: documented examples, summaries and serialization.

use super::*;

/// A report with every documented field and made-up values.
const DONE: &str = r#"{"identifier": "65f0c0ffee65f0c0ffee65f0", "done": true, "total_results": 2, "results": [
    {"identifier": "a1", "ref_id": "r-1", "status": "done", "hash": "89ff", "name": "a.pdf",
     "verdict": {"confidence": 0.9, "classification": "tampered"},
     "verdicts": [{"heuristic": "Majority", "description": "most models", "classification": "authentic"}],
     "results": [{"model": "Ellen", "unknown": false, "elapsed_time": 0.5,
        "classification": [{"label": "tampered", "score": 0.9}], "classification_details": {"confidence": 1}}],
     "c2pa": null},
    {"identifier": "a2", "ref_id": null, "status": "inprogress"}]}"#;

fn id(text: &str) -> Identifier {
    text.parse().unwrap()
}

#[test]
fn documented_ticket_responses_are_parsed() {
    let json = r#"{"batch_id": "65f0", "total_tickets": 2, "submissions": [{"identifier": "a1", "ref_id": "r-1"},
        {"identifier": "a2", "ref_id": "r-1"}, {"identifier": "../x"}, 7]}"#;
    let sent = SubmittedTickets::read(json).unwrap();
    assert_eq!((sent.batch().as_str(), sent.total(), sent.tickets().len()), ("65f0", Some(2), 2));
    assert_eq!(sent.tickets()[1].ref_id.as_deref(), Some("r-1"));
    assert_eq!(serde_json::to_string(&sent.tickets()[1]).unwrap(), r#"{"identifier":"a2","ref_id":"r-1"}"#);
    let report = TicketsReport::read(DONE, &id("65f0c0ffee65f0c0ffee65f0")).unwrap();
    assert_eq!((report.is_done(), report.total(), report.raw_json()), (true, Some(2), DONE));
    let [one, two] = report.results() else { panic!("{report:?}") };
    assert_eq!((one.is_done(), one.is_tampered(), one.results[0].confidence), (true, Some(true), Some(1.0)));
    assert_eq!(one.verdicts[0].classification, Some(Authenticity::Authentic));
    assert_eq!((two.is_done(), two.is_tampered(), two.ref_id.as_deref()), (false, None, None));
    assert!(two.raw_json().starts_with('{') && two.raw_json().ends_with("\"inprogress\"}"));
    let shown = format!("{report:?} {sent:?}");
    assert!(!shown.contains("r-1") && !shown.contains("a.pdf"), "{shown}");
}

#[test]
fn ticket_reports_display_as_one_line() {
    let shown = |json: &str| {
        let report = TicketsReport::read(json, &id("65f0")).unwrap();
        [report.to_string()].into_iter().chain(report.results().iter().map(ToString::to_string)).collect::<Vec<_>>()
    };
    let done = r#"{"done": true, "results": [{"status": "done", "verdict": {"confidence": 0.94001, "classification": "Tampered"}},
        {"status": "Done"}, {"status": "bro\nken"}, {"verdict": {"classification": "od\u001bd", "heuristic": "M\u202e"}}, {"hash": "89ff"}, {},
        {"verdict": {"confidence": 1, "classification": "tampered"}}, {"verdict": {}}]}"#;
    assert_eq!(
        shown(done),
        [
            "7 tickets: 2 tampered, 2 without a main verdict, 1 failed, 1 od\\u{1b}d, 1 no classification",
            "tampered, confidence 0.94",
            "finished without a main verdict",
            "the analysis failed (bro\\nken)",
            "od\\u{1b}d (M\\u{202e})",
            "finished without a main verdict",
            "tampered, confidence 1",
            "no classification",
        ]
    );
    let pending = r#"{"done": false, "results": [{"status": "inprogress"}, {"status": "done"}, {"hash": "89ff"}, {}]}"#;
    let lines =
        ["pending, 1 of 3 tickets finished", "pending (inprogress)", "finished without a main verdict", "pending"];
    assert_eq!(shown(pending), lines);
    assert_eq!(shown(r#"{"done": true, "results": [{"status": "x"}]}"#)[0], "1 ticket: 1 failed");
    assert_eq!(shown(r#"{"done": true}"#), ["finished without a ticket"]);
    assert_eq!(TicketsReport::pending(&id("65f0")).to_string(), "pending");
}

#[test]
fn ticket_responses_serialize_with_identifier() {
    let anew = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    let report = TicketsReport::read(DONE, &id("65f0c0ffee65f0c0ffee65f0")).unwrap();
    assert_eq!(serde_json::to_value(&report).unwrap(), anew(DONE));
    assert_eq!(serde_json::to_value(&report.results()[1]).unwrap(), anew(DONE)["results"][1]);
    let json = r#"{"done": true, "new": {"x": [1.5, "é"]}}"#;
    let report = TicketsReport::read(json, &id("65f0")).unwrap();
    let expected = r#"{"done": true, "new": {"x": [1.5, "é"]}, "identifier": "65f0"}"#;
    assert_eq!(serde_json::to_value(&report).unwrap(), anew(expected));
    let pending = TicketsReport::pending(&id("65f0"));
    assert_eq!(serde_json::to_value(&pending).unwrap(), anew(r#"{"identifier": "65f0"}"#));
    let sent = SubmittedTickets::read(r#"{"batch_id": "65f0", "x": 1}"#).unwrap();
    assert_eq!(serde_json::to_value(&sent).unwrap(), anew(r#"{"batch_id": "65f0", "x": 1, "identifier": "65f0"}"#));
    assert_eq!(serde_json::to_string(&TicketReport::default()).unwrap(), "{}");
    assert!(serde_json::to_string(&TicketsReport::read(r#"{"done": 1e999}"#, &id("65f0")).unwrap()).is_err());
}

#[test]
fn response_about_something_else_is_rejected() {
    for json in ["", "[]", "{}", r#"{"batch_id": "a/b"}"#, r#"{"error": "no"}"#] {
        assert!(SubmittedTickets::read(json).is_err() && TicketsReport::read(json, &id("65f0")).is_err(), "{json}");
    }
    assert!(TicketsReport::read(DONE, &id("65f0")).is_err());
    assert!(!TicketsReport::read(r#"{"done": "perhaps", "results": []}"#, &id("65f0")).unwrap().is_done());
    assert!(!TicketsReport::pending(&id("65f0")).is_done());
}

#[test]
fn unknown_authenticity_is_kept() {
    for word in ["authentic", "tampered", "doubtful"] {
        assert_eq!(Authenticity::from_text(word).as_str(), word);
    }
    assert_eq!(Authenticity::from_text("Tampered"), Authenticity::Tampered);
}
