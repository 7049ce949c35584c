//! Tests of the output of verdicts, heatmaps and overrides.

use serde_json::json;
use test_support::{CAT, Directory, ID, KEY, Server, response};

use crate::support::{json_lines, run, run_against, run_with, sandbox, without_rate_limit};

#[test]
fn classify_wait_in_sandbox_prints_verdict() {
    let outcome = run(&[], &["--sandbox", "classify", "--wait", "https://sandbox.test/c2pa.jpg"]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let (identifier, verdict) = outcome.out.trim_end().split_once(' ').unwrap();
    assert_eq!((identifier.len(), verdict), (64, "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)"));
    assert!(outcome.err.contains(&format!("submitted as {identifier}")), "not reported at once: {}", outcome.err);
    let outcome = run(&[], &["--sandbox", "classify", "--wait", "https://sandbox.test/errored.jpg"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (6, ""));
    assert!(outcome.err.contains("the analysis failed: The file is not an image."), "{}", outcome.err);
}

#[test]
fn verdicts_are_printed_in_command_line_order() {
    let urls = ["errored.jpg", "a.jpg", "forbidden.jpg", "b.jpg"].map(|path| format!("https://sandbox.test/{path}"));
    let [one, two, three, four] = urls.each_ref().map(String::as_str);
    let outcome = run(&[], &["--sandbox", "--json", "classify", "--wait", one, two, three, four]);
    assert_eq!(outcome.status, 6, "{}", outcome.err);
    let lines = json_lines(&outcome.out);
    assert_eq!((&lines[0]["input"], &lines[0]["error"]["kind"]), (&json!(one), &json!("analysis_failed")));
    assert!(lines[0]["identifier"].is_string(), "a paid item has its identifier");
    assert_eq!(lines[0]["error"]["identifier"], lines[0]["identifier"]);
    assert_eq!(lines[0]["error"]["may_have_been_sent"], true);
    assert_eq!((&lines[1]["name"], &lines[1]["status"]), (&json!("a.jpg"), &json!("done")));
    assert_eq!((&lines[2]["input"], &lines[2]["error"]["status"]), (&json!(three), &json!(403)));
    assert_eq!((&lines[3]["name"], lines[3]["identifier"].is_string()), (&json!("b.jpg"), true));
    assert_eq!(lines.len(), 4);
    let outcome = run(&[], &["--sandbox", "classify", "--wait", two, three]);
    assert_eq!((outcome.status, outcome.out.lines().count()), (3, 1));
    assert!(
        outcome.err.contains("item 1: submitted as ") && outcome.err.contains("item 2: not allowed for this API key")
    );
}

#[test]
fn result_and_wait_by_identifier_print_verdicts() {
    let (_sandbox, env) = sandbox();
    let url = |path: &str| format!("https://sandbox.test/{path}");
    let submit = |path: &str| run_with(&env, &["classify", &url(path)]).out.trim_end().to_owned();
    let (c2pa, errored) = (submit("c2pa.jpg"), submit("errored.jpg"));
    let verdict = format!("{c2pa} artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n");
    for command in ["result", "wait"] {
        let outcome = run_with(&env, &[command, &c2pa]);
        assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, verdict.as_str(), ""));
        let outcome = run_with(&env, &[command, &errored, "missing", &c2pa]);
        assert_eq!(outcome.status, 6, "{}", outcome.err);
        assert!(
            outcome.out.ends_with(&verdict) && outcome.err.contains("item 2: not found, or the base URL"),
            "{}",
            outcome.err
        );
        let outcome = run_with(&env, &[command, "--json", "missing", &c2pa]);
        let lines = json_lines(&outcome.out);
        assert_eq!(
            (outcome.status, &lines[0]["input"], &lines[0]["error"]["kind"]),
            (3, &json!("missing"), &json!("not_found"))
        );
        assert_eq!((&lines[1]["identifier"], &lines[1]["status"]), (&json!(c2pa), &json!("done")));
    }
    let outcome = run_with(&env, &["result", &errored]);
    assert_eq!(
        (outcome.status, outcome.out),
        (6, format!("{errored} the analysis failed: The file is not an image.\n"))
    );
}

#[test]
fn wait_timeout_exits_with_5_and_shows_identifier() {
    let server = Server::responding(response(200, "application/json", "{\"status\":\"new\"}"));
    let outcome = run_against(&server, &["wait", ID, "--wait-timeout", "0.2"]);
    assert_eq!(outcome.status, 5);
    assert!(outcome.err.contains("after 200ms (last state: new)") && outcome.err.contains(ID), "{}", outcome.err);
    let outcome = run_against(&server, &["wait", ID, "--wait-timeout", "0.1", "--json"]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["identifier"], &line["error"]["kind"]), (&json!(ID), &json!("wait_timed_out")));
    let outcome = run_against(&server, &["result", ID]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{ID} pending (new)\n")));
    let failing = Server::responding(response(401, "application/json", "{\"error\":\"Unauthorized\"}"));
    let outcome = run_against(&failing, &["result", ID, "other"]);
    assert_eq!((outcome.status, outcome.err.lines().count()), (3, 1), "one error for all items: {}", outcome.err);
    let outcome = run_against(&failing, &["result", "--json", ID, "other"]);
    assert_eq!(json_lines(&outcome.out).len(), 2, "one object for each item");
}

#[test]
fn heatmap_is_written_to_file_or_stdout() {
    let (_sandbox, env) = sandbox();
    let directory = Directory::new();
    let path = &*directory.path("heat.png");
    let submit = |more: &[&str]| {
        let arguments = [&["classify", CAT], more].concat();
        run_with(&env, &arguments).out.trim_end().to_owned()
    };
    let (with, without) = (submit(&["--with-heatmap"]), submit(&[]));
    let outcome = run_with(&env, &["heatmap", &without, "-o", path]);
    assert_eq!((outcome.status, outcome.out.as_str()), (3, ""));
    assert!(outcome.err.contains("heatmap not found") && !std::fs::exists(path).unwrap(), "{}", outcome.err);
    let outcome = run_with(&env, &["heatmap", &with, "-o", path]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{with} heatmap of 64 x 64 pixels written\n")));
    let png = std::fs::read(path).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let outcome = run_with(&env, &["heatmap", &with, "--output", path, "--json"]);
    let expected = json!({"identifier": with, "output": path, "width": 64, "height": 64, "bytes": png.len()});
    assert_eq!(json_lines(&outcome.out), [expected]);
    let outcome = run_with(&env, &["heatmap", &with, "-o", &directory.path("none/heat.png")]);
    assert!(outcome.status == 5 && outcome.err.contains("cannot write the heatmap: "), "{}", outcome.err);
    let outcome = run_with(&env, &["heatmap", &with, "--json", "-o", &directory.path("none/heat.png")]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["error"]["kind"], &line["identifier"]), (&json!("output"), &json!(with)));
    let output = without_rate_limit(&env, &["heatmap", &with, "-o", "-"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), png));
}

#[test]
fn override_appears_in_next_result() {
    let (_sandbox, env) = sandbox();
    let wait = run_with(&env, &["classify", "--json", "--wait", "https://sandbox.test/c2pa.jpg"]);
    let [report] = json_lines(&wait.out).try_into().unwrap();
    let (identifier, hash) = (report["identifier"].as_str().unwrap(), report["hash"].as_str().unwrap());
    let outcome = run_with(&env, &["override", hash, "human"]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{hash} is now human\n")));
    let outcome = run_with(&env, &["result", identifier]);
    assert!(outcome.out.contains(" human (overridden); verdict: artificial, "), "{}", outcome.out);
    let outcome = run_with(&env, &["override", hash, "artificial", "--json"]);
    assert_eq!(json_lines(&outcome.out), [json!({"hash": hash, "classification": "artificial", "type": "image"})]);
    let outcome = run_with(&env, &["override", identifier, "human"]);
    assert!(outcome.status == 3 && outcome.err.contains("no submitted file has this hash"), "{}", outcome.err);
}

#[test]
fn invalid_identifier_or_hash_fails_before_requests() {
    let server = Server::responding(response(200, "application/json", "{}"));
    let hash = "0".repeat(64);
    for (arguments, reason) in [
        (&["result", CAT][..], "argument 1: must be an identifier, not a URL; use `identifai classify --wait URL`"),
        (&["wait", ID, KEY], "argument 2: identifier: must be"),
        (&["heatmap", KEY, "-o", "x"], "argument 1: identifier: must be"),
        (&["override", KEY, "human"], "hash: must not contain the API key"),
        (&["--json", "override", KEY, "human"], "hash: must not contain the API key"),
        (&["--json", "override", "abc", "human"], "hash: must be the SHA-256"),
        (&["override", &hash, KEY], "must be one of human, artificial"),
        (&["override", &hash], "CLASSIFICATION"),
        (&["heatmap", ID], "--output"),
        (&["classify", CAT, "--wait-timeout", "3"], "--wait"),
        (&["wait", ID, "--wait-timeout", "0"], "--wait-timeout"),
    ] {
        let outcome = run_against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn unserializable_report_is_printed_as_received() {
    for (field, raw) in [("name", "\"\\ud83d\""), ("new", "1e999"), ("new", &*("[".repeat(200) + &"]".repeat(200)))] {
        let body = format!("{{\"status\":\"done\",\n\"{field}\":{raw},\"verdict\":{{\"classification\":\"human\"}}}}");
        let server = Server::responding(response(200, "application/json", &body));
        let outcome = run_against(&server, &["result", ID, "--json"]);
        let expected = format!("{{\"identifier\":\"{ID}\",{}\n", body[1..].replace('\n', " "));
        assert_eq!((outcome.status, outcome.out, outcome.err.as_str()), (0, expected, ""));
    }
}

#[test]
fn control_characters_in_reports_are_escaped() {
    let body = "{\"status\":\"done\",\"name\":\"\u{9b}2J\u{202e}x\",\"verdict\":{\"classification\":\"\u{9b}\"}}";
    let server = Server::responding(response(200, "application/json", body));
    for arguments in [&["result", ID][..], &["result", ID, "--json"], &["wait", ID, "--json"]] {
        let outcome = run_against(&server, arguments);
        assert!(!outcome.out.contains(['\u{9b}', '\u{202e}']), "{:?}", outcome.out);
        if arguments.contains(&"--json") {
            assert_eq!(json_lines(&outcome.out)[0]["name"], "\u{9b}2J\u{202e}x");
        }
    }
}
