//! Tests of tickets: the upload of several files in one form, and polling of the resulting batch.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use identifai::{Authenticity, ErrorKind, Ticket, TicketLists, Tickets, WaitOptions};
use test_support::form::{Parts, parse_multipart};
use test_support::{Directory, Server, json, response};

const PDF: &[u8] = b"%PDF-1.7\n\0\r\n--\r\n";
const GIF: &[u8] = b"GIF89a\x01\0";
const SENT: &str =
    r#"{"batch_id": "65f0c0ff", "total_tickets": 2, "submissions": [{"identifier": "a1", "ref_id": "r-1"}]}"#;

fn server() -> Server {
    Server::responding(json(SENT))
}

/// Builds an expected part of a form: name, file name, media type and value.
fn part(name: &str, file: Option<(&str, &str)>, value: &[u8]) -> (String, Option<String>, Option<String>, Vec<u8>) {
    let (file, kind) = file.unzip();
    (name.to_owned(), file.map(str::to_owned), kind.map(str::to_owned), value.to_vec())
}

/// Submits `tickets`, and returns the received form as the crate `multipart` parses it.
fn received_form(tickets: &Tickets) -> Parts {
    let server = server();
    let sent = server.client().submit_tickets(tickets).unwrap();
    assert_eq!((sent.batch().as_str(), sent.total(), sent.tickets().len()), ("65f0c0ff", Some(2), 1));
    let [request] = server.requests().try_into().unwrap();
    assert!(request.head.starts_with("POST /api/v2/tampering/tickets HTTP/1.1\r\n"), "{}", request.head);
    parse_multipart(&request)
}

#[test]
fn tickets_form_arrives_with_both_list_styles() {
    let directory = Directory::new();
    let tickets = Tickets::new()
        .ticket(Ticket::from_path(directory.file("a \"1\".pdf", PDF)).ref_id("r-1"))
        .ticket(Ticket::from_bytes(GIF))
        .ticket(Ticket::from_reader(PDF, PDF.len() as u64).file_name("c.pdf").ref_id("r-3"))
        .models(["Ellen", "V2"]);
    let files = [
        part("tickets[]", Some(("a %221%22.pdf", "application/pdf")), PDF),
        part("tickets[]", Some(("ticket.gif", "image/gif")), GIF),
        part("tickets[]", Some(("c.pdf", "application/pdf")), PDF),
    ];
    let fields = [part("ref_ids", None, b"r-1,,r-3"), part("models", None, b"Ellen,V2")];
    assert_eq!(received_form(&tickets), [&fields[..], &files].concat());

    let again = |tickets: Vec<Ticket>| tickets.into_iter().collect::<Tickets>();
    let tickets = vec![Ticket::from_bytes(PDF).ref_id("a,b"), Ticket::from_bytes(GIF)];
    let tickets = again(tickets).models(["Ellen"]).lists(TicketLists::Fields);
    let fields = [part("ref_ids[]", None, b"a,b"), part("ref_ids[]", None, b""), part("models[]", None, b"Ellen")];
    assert_eq!(received_form(&tickets)[..3], fields);

    // No list of models and an empty list of models are sent differently.
    let one = || again(vec![Ticket::from_bytes(PDF)]);
    assert_eq!(received_form(&one()).len(), 1);
    assert_eq!(received_form(&one().models(None::<String>))[0], part("models", None, b""));
}

#[test]
fn invalid_tickets_are_rejected_before_a_request() {
    let server = server();
    let refused = |tickets: Tickets| {
        let error = server.client().submit_tickets(&tickets).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(&format!("{}: ", error.field().unwrap())), "{error}");
        error.to_string()
    };
    let one = |ticket: Ticket| Tickets::new().ticket(ticket);
    assert_eq!(refused(Tickets::new()), "tickets: must not be empty");
    assert!(refused(one(Ticket::from_bytes(PDF).ref_id("a,b"))).starts_with("ref_ids: a value contains a comma"));
    assert!(refused(one(Ticket::from_bytes(PDF)).models(["a,b"])).starts_with("models: a value contains a comma"));
    let video = Ticket::from_bytes(*b"\0\0\0\x20ftypisom----");
    assert!(refused(one(video)).contains("expected image or PDF, found video/mp4"));
    assert!(refused(one(Ticket::from_bytes([]))).contains("must not be empty"));
    assert!(refused(one(Ticket::from_path("/nowhere/a.pdf"))).contains("cannot find the file"));
    assert_eq!(
        refused(one(Ticket::from_bytes(PDF)).ticket(Ticket::from_bytes([]))),
        "ticket 2: file: must not be empty"
    );
    assert_eq!(server.requests().len(), 0);
    server.client().submit_tickets(&one(Ticket::from_bytes(*b"anything").any_format(true))).unwrap();
}

#[test]
fn tickets_upload_that_ends_early_submits_nothing() {
    let server = server();
    let client = server.client();
    let many = |last: Ticket| (0..9).map(|_| Ticket::from_bytes(PDF)).chain([last]).collect::<Tickets>();
    let error = client.submit_tickets(&many(Ticket::from_reader(PDF, 1_000))).unwrap_err();
    assert!(error.to_string().contains("shrank during the upload") && !error.may_have_been_sent(), "{error}");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let watched = many(Ticket::from_bytes(PDF)).on_progress(move |progress| {
        log.lock().unwrap().push((progress.sent, progress.total));
        if progress.sent == progress.total { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(client.submit_tickets(&watched).unwrap_err().kind(), ErrorKind::Cancelled);
    let seen = seen.lock().unwrap();
    let total = 10 * PDF.len() as u64;
    assert!(seen.is_sorted() && seen[0] == (0, total) && seen.last() == Some(&(total, total)), "{seen:?}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn wait_for_tickets_polls_until_done() {
    let polls = Mutex::new(0);
    let server = Server::start(move |connection| {
        while let Some(request) = connection.request() {
            assert!(request.head.starts_with("GET /api/v2/tampering/tickets/65f0c0ff HTTP/1.1\r\n"));
            let mut polls = polls.lock().unwrap();
            *polls += 1;
            let pending = r#""done": false, "results": [{"identifier": "a1", "status": "inprogress"}]"#;
            let done = r#""done": true, "results": [{"identifier": "a1", "status": "done",
                "verdict": {"classification": "tampered", "confidence": 0.9}}]"#;
            let rest = if *polls < 3 { pending } else { done };
            connection.send(&json(&format!(r#"{{"identifier": "65f0c0ff", {rest}}}"#)));
        }
    });
    let moment = Duration::from_millis(5);
    let client = server.client().with_wait(WaitOptions::default().initial_interval(moment).max_interval(moment));
    let batch = "65f0c0ff".parse().unwrap();
    assert!(!client.tickets(&batch).unwrap().is_done());
    let report = client.wait_for_tickets(&batch).unwrap();
    let verdict = report.results()[0].verdict.as_ref().unwrap();
    assert_eq!((&verdict.classification, verdict.confidence), (&Some(Authenticity::Tampered), Some(0.9)));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn tickets_error_names_the_batch() {
    let server = Server::responding(response(404, "application/json", r#"{"message": "Not Found"}"#));
    let batch = "65f0c0ff".parse().unwrap();
    let error = server.client().wait_for_tickets(&batch).unwrap_err();
    assert_eq!((error.kind(), error.identifier()), (ErrorKind::NotFound, Some(&batch)));
    // A response that does not show whether the tickets were accepted.
    let server = Server::responding(response(200, "text/html", "<html>"));
    let error = server.client().submit_tickets(&Tickets::new().ticket(Ticket::from_bytes(PDF))).unwrap_err();
    assert!(error.kind() == ErrorKind::UnexpectedResponse && error.may_have_been_sent(), "{error}");
}
