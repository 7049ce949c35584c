//! Tests of `identifai tickets`: the submit of all tickets in one request, and the reports on the batch.

use serde_json::json;
use test_support::form::{fields, has_field, parse_multipart};
use test_support::{Connection, Directory, Server, json, response};

use crate::support::{env_of, json_lines, run, run_against, run_with, run_with_input, sandbox, without_rate_limit};
#[cfg(unix)]
use crate::support::{interrupt, piped};

const SENT: &str = r#"{"batch_id": "65f0c0ff", "total_tickets": 2,
    "submissions": [{"identifier": "a1", "ref_id": "r\u009b1"}, {"identifier": "a2", "ref_id": null}]}"#;
const REPORT: &str = r#"{"identifier": "65f0c0ff", "done": false, "results": [
    {"identifier": "a1", "status": "done", "name": "a\u202e.pdf", "verdict": {"classification": "tampered", "confidence": 0.94}},
    {"identifier": "a2", "status": "in\u001bprogress"}]}"#;

/// Starts a fake service that responds to submits with `sent` and to reads with `report`.
fn tickets_server(sent: String, report: String) -> Server {
    Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            connection.send(if seen.head.starts_with("POST ") { &sent } else { &report });
        }
    })
}

#[test]
fn tickets_are_submitted_in_one_request_with_options() {
    let directory = Directory::new();
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let unknown = directory.file("unknown", b"anything");
    let server = Server::responding(json(SENT));
    let outcome = run_against(&server, &["tickets", &pdf, &gif]);
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, "65f0c0ff\na1 r\\u{9b}1\na2\n", ""));
    let outcome = run_against(&server, &["tickets", &pdf, &gif, "--json"]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["identifier"], &line["batch_id"]), (&json!("65f0c0ff"), &json!("65f0c0ff")));
    assert_eq!((&line["submissions"][0]["ref_id"], outcome.out.contains('\u{9b}')), (&json!("r\u{9b}1"), false));
    let more = ["--ref-id", "r 1", "--ref-id", "", "--model", "Ellen", "--model", "V2"];
    assert_eq!(run_against(&server, &[&["tickets", &pdf, &gif], &more[..]].concat()).status, 0);
    assert_eq!(run_against(&server, &[&["tickets", &pdf, &gif, "--lists=fields"], &more[..]].concat()).status, 0);
    assert_eq!(run_against(&server, &["tickets", &pdf, "--no-models", "--lists", "commas"]).status, 0);
    assert_eq!(run_against(&server, &["tickets", &unknown, "--any-format"]).status, 0);
    assert_eq!(server.requests().len(), 6);
    let sent = |at| fields(&server, at);
    assert_eq!(sent(0).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["tickets[]", "tickets[]"]);
    assert!(has_field(&sent(2), "ref_ids", "r 1,") && has_field(&sent(2), "models", "Ellen,V2"), "{:?}", sent(2));
    for (name, value) in [("ref_ids[]", "r 1"), ("ref_ids[]", ""), ("models[]", "Ellen"), ("models[]", "V2")] {
        assert!(has_field(&sent(3), name, value), "{name}: {:?}", sent(3));
    }
    assert!(has_field(&sent(4), "models", ""), "`--no-models` must not request all models: {:?}", sent(4));
    let outcome =
        run_with_input(without_rate_limit(&env_of(&server), &["tickets", "-", &gif]), "%PDF-1.7\n from a pipe");
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let parts = parse_multipart(&server.requests()[6]);
    assert_eq!((parts[0].1.as_deref(), &*parts[0].3), (Some("stdin.pdf"), &b"%PDF-1.7\n from a pipe"[..]));
}

#[test]
fn tickets_in_sandbox_print_verdicts() {
    let directory = Directory::new();
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let arguments = ["--sandbox", "tickets", &pdf, &gif, "--wait"];
    let outcome = run(&[], &arguments);
    let [first, second] = outcome.out.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((outcome.status, second.split_once(' ').unwrap().1), (0, "b.gif: tampered, confidence 0.6549"));
    assert!(first.len() > 24 && first[24..].starts_with(" a.pdf: "), "{first}");
    let (_, batch) = outcome.err.split_once("submitted as ").unwrap();
    let json = run(&[], &[&arguments[..], &["--json"]].concat());
    let [report] = json_lines(&json.out).try_into().unwrap();
    assert_eq!((&report["identifier"], &report["done"]), (&json!(batch.trim_end()), &json!(true)));
    assert_eq!(report["results"][1]["verdict"]["confidence"], json!(0.6549));
    let without_models = run(&[], &[&arguments[..], &["--no-models"]].concat());
    assert!(without_models.status == 0 && without_models.out.ends_with("b.gif: finished without a main verdict\n"));

    let (sandbox, env) = sandbox();
    let sent = run_with(&env, &["tickets", arguments[2], arguments[3]]);
    let batch = sent.out.lines().next().unwrap();
    for more in [&[][..], &["--wait"]] {
        let later = run_with(&env, &[&["tickets", "--batch", batch], more].concat());
        assert_eq!((later.status, later.out.lines().count(), later.err.as_str()), (0, 2, ""), "{more:?}");
    }
    assert_eq!(sandbox.credits(), 998, "reading a batch costs nothing");
}

#[test]
fn tickets_batch_prints_state_and_escapes_text() {
    let server = Server::responding(json(REPORT));
    let outcome = run_against(&server, &["tickets", "--batch", "65f0c0ff"]);
    let expected = "a1 a\\u{202e}.pdf: tampered, confidence 0.94\na2 pending (in\\u{1b}progress)\n";
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, expected, ""));
    let outcome = run_against(&server, &["tickets", "--batch", "65f0c0ff", "--json"]);
    assert!(!outcome.out.contains(['\u{202e}', '\u{1b}']));
    assert_eq!(json_lines(&outcome.out), [serde_json::from_str::<serde_json::Value>(REPORT).unwrap()]);
    for (body, expected, shown) in [
        ("null", "65f0c0ff pending\n", json!({"identifier": "65f0c0ff"})),
        (r#"{"done": true}"#, "65f0c0ff finished without a ticket\n", json!({"identifier": "65f0c0ff", "done": true})),
    ] {
        let server = Server::responding(json(body));
        assert_eq!(run_against(&server, &["tickets", "--batch", "65f0c0ff"]).out, expected);
        assert_eq!(json_lines(&run_against(&server, &["tickets", "--batch", "65f0c0ff", "--json"]).out), [shown]);
    }
    let unserializable = Server::responding(json("{\"done\": true, \"new\": [1e999, \"\\ud83d\"]}"));
    let expected = "{\"identifier\":\"65f0c0ff\",\"done\": true, \"new\": [1e999, \"\\ud83d\"]}\n";
    assert_eq!(
        run_against(&unserializable, &["tickets", "--batch", "65f0c0ff", "--json"]).out,
        expected,
        "printed as received"
    );
    let failed = Server::responding(json(r#"{"done": true, "results": [{"identifier": "a1", "status": "broken"}]}"#));
    let outcome = run_against(&failed, &["tickets", "--batch", "65f0c0ff"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (6, "a1 the analysis failed (broken)\n"));
}

#[test]
fn tickets_failed_wait_still_prints_identifier() {
    let directory = Directory::new();
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let wait = ["tickets", &pdf, &gif, "--wait", "--wait-timeout", "0.1"];
    for report in [json(REPORT), response(401, "application/json", "{}")] {
        let status = if report.contains(" 401 ") { 3 } else { 5 };
        let server = tickets_server(json(SENT), report);
        let outcome = run_against(&server, &wait);
        let lines: Vec<_> = outcome.err.lines().collect();
        assert_eq!((outcome.status, outcome.out.as_str(), lines.len()), (status, "", 2), "{}", outcome.err);
        assert_eq!(lines[0], "identifai: submitted as 65f0c0ff");
        assert!(lines[1].contains("(submission 65f0c0ff)"), "{}", outcome.err);
        let outcome = run_against(&server, &[&wait[..], &["--json"]].concat());
        let lines = json_lines(&outcome.out);
        assert_eq!((outcome.status, lines.len()), (status, 2), "one line for each file");
        for (line, input) in lines.iter().zip(&wait[1..]) {
            assert_eq!((&line["input"], &line["identifier"]), (&json!(input), &json!("65f0c0ff")));
            assert_eq!(line["error"]["may_have_been_sent"], true);
        }
    }
    let outcome = run_against(&Server::responding(json("<html>")), &["tickets", wait[1]]);
    assert!(
        outcome.status == 5 && outcome.err.contains("the service may have accepted the request"),
        "{}",
        outcome.err
    );
}

#[cfg(unix)]
#[test]
fn tickets_ctrl_c_during_wait_reports_identifier() {
    let directory = Directory::new();
    let pdf = directory.file("a.pdf", b"%PDF-1.7\n");
    let (reached, is_reached) = std::sync::mpsc::channel();
    let server = Server::start(move |connection: &mut Connection| {
        connection.request();
        connection.send(&json(SENT));
        connection.request();
        reached.send(()).unwrap();
        connection.wait_for_end();
    });
    let child = piped(&mut without_rate_limit(&env_of(&server), &["tickets", "--wait", &pdf]));
    is_reached.recv().unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.starts_with("identifai: submitted as 65f0c0ff\n") && err.contains("cancelled"), "{err}");
}
