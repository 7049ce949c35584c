//! Tests of the program's commands: their results on standard output, messages on standard error, and exit statuses.

mod account;
mod arguments;
mod batch_input;
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
mod ca_file;
#[cfg(target_os = "linux")]
mod colour;
#[cfg(target_os = "linux")]
mod endings;
mod error_text;
mod media;
mod password;
mod results;
mod sandbox;
mod tickets;

use serde_json::json;
use test_support::{CAT, Directory, ID, KEY, Server, accepted, json, response, response_with};

use self::account::SAVE;
use crate::support::{env_of, json_lines, program, run, run_against};
#[cfg(unix)]
use crate::support::{interrupt, piped};

#[test]
fn classify_in_sandbox_prints_identifier() {
    let env = [
        ("IDENTIFAI_API_KEY", KEY),
        ("IDENTIFAI_BASE_URL", "http://unused.test"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    for arguments in [["--sandbox", "classify", CAT], ["classify", CAT, "--sandbox"]] {
        let outcome = run(&env, &arguments);
        assert_eq!(outcome.status, 0, "{}", outcome.err);
        let identifier = outcome.out.strip_suffix('\n').unwrap();
        assert!(identifier.len() == 64 && identifier.bytes().all(|byte| byte.is_ascii_hexdigit()), "{identifier}");
        assert!(outcome.err.contains("sandbox: all responses are made up"), "{}", outcome.err);
    }
}

#[test]
fn classify_options_are_sent_as_form_fields() {
    let server = Server::responding(accepted());
    let arguments = [
        "classify",
        "--ref-id",
        "r 1",
        "--webhook-url=https://x.test/h",
        "--with-morphing",
        "--with-tampering=false",
        "--with-heatmap=true",
        "--with-nsfw",
        CAT,
        "--no-cache",
        "--prevent-c2pa-forces=false",
        "--timeout=5",
    ];
    let outcome = run_against(&server, &arguments);
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, format!("{ID}\n").as_str(), ""));
    let [seen] = server.requests().try_into().unwrap();
    let body = String::from_utf8_lossy(&seen.body);
    for (name, value) in [
        ("file_url", CAT),
        ("ref_id", "r 1"),
        ("webhook_url", "https://x.test/h"),
        ("with_morphing", "true"),
        ("with_tampering", "false"),
        ("with_heatmap", "true"),
        ("with_nsfw", "true"),
        ("no_cache", "true"),
        ("prevent_c2pa_forces", "false"),
    ] {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}: {body}");
    }
    assert_eq!(seen.header("x-api-key"), Some(KEY));
}

#[test]
fn classify_continues_after_failure_with_max_status() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            let body = String::from_utf8(seen.body).unwrap();
            connection.send(&match () {
                () if body.contains("bad.jpg") => {
                    response(400, "application/json", "{\"error\":\"No \\u001b[31mway\"}")
                }
                () if body.contains("busy.jpg") => {
                    response_with(429, "Retry-After: 600\r\n", "{\"message\":\"Too Many Attempts.\"}")
                }
                () => accepted(),
            });
        }
    });
    let urls = ["https://x.test/bad.jpg?token=s3cret", "https://x.test/busy.jpg", CAT];
    let outcome = run_against(&server, &["classify", urls[0], urls[1], urls[2]]);
    assert_eq!((outcome.status, outcome.out.as_str()), (4, format!("{ID}\n").as_str()));
    let [first, second] = outcome.err.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first, "identifai: item 1: the service rejected the request (HTTP 400): No \\u{1b}[31mway");
    assert!(
        second.starts_with("identifai: item 2: ") && second.ends_with("Too Many Attempts. (retry after 600 s)"),
        "{second}"
    );
    assert_eq!(run_against(&server, &["classify", urls[1], urls[0]]).status, 4, "the order does not matter");
    let outcome = run_against(&server, &["--json", "classify", urls[1]]);
    assert_eq!(json_lines(&outcome.out)[0]["error"]["retry_after"], json!(600.0));
    let outcome = run_against(&server, &["--json", "classify", urls[0], urls[2]]);
    assert_eq!((outcome.status, outcome.err.as_str()), (3, ""));
    let message = "No \\u{1b}[31mway";
    let error = json!({"kind": "rejected", "status": 400, "message": message, "may_have_been_sent": false,
        "body": "{\"error\":\"No \\u001b[31mway\"}"});
    assert_eq!(json_lines(&outcome.out), [json!({"input": urls[0], "error": error}), json!({"identifier": ID})]);
}

#[test]
fn failure_of_each_kind_has_its_exit_status() {
    let table = [
        (response(400, "application/json", "{\"error\":\"credits\"}"), 3, "out_of_credits"),
        (response(401, "application/json", "{}"), 3, "unauthorized"),
        (response(403, "application/json", "{}"), 3, "forbidden"),
        (response(404, "application/json", "{}"), 3, "not_found"),
        (response(413, "application/json", "{}"), 3, "rejected"),
        (response_with(302, "Location: https://x.test/\r\n", ""), 5, "redirect"),
        (response(500, "application/json", "{}"), 5, "server"),
        (response(200, "text/html", "<html>"), 5, "unexpected_response"),
    ];
    for (bytes, status, kind) in table {
        let outcome = run_against(&Server::responding(bytes), &["classify", CAT, "--json"]);
        assert_eq!(outcome.status, status, "{kind}: {}{}", outcome.out, outcome.err);
        assert_eq!(json_lines(&outcome.out)[0]["error"]["kind"], kind);
    }
    let stalled = Server::start(test_support::Connection::wait_for_end);
    let outcome = run_against(&stalled, &["classify", CAT, "--timeout", "0.1"]);
    assert_eq!(outcome.status, 5);
    assert!(outcome.err.contains("timed out"), "{}", outcome.err);
}

#[test]
fn invalid_command_line_fails_before_requests() {
    let server = Server::responding(accepted());
    let url = server.base_url();
    for arguments in [
        &["classify"][..],
        &["classify", CAT, "cat.jpg"],
        &["classify", CAT, "--timeout", "0"],
        &["classify", CAT, "--timeout", "-1"],
        &["classify", CAT, "--with-nsfw=maybe"],
        &["classify", CAT, "--base-url", "ftp://x"],
        &["classify", CAT, "--webhook-url", "x"],
        &["classify", "--sandbox", "--base-url", &url, CAT],
        &["classify", "--api-key-file", "/nonexistent", CAT],
        &["classify", "ftp://x.test/cat.jpg"],
        &["classify", CAT, "ftp://x.test/cat.jpg"],
        &["--base-url", &url, "classify", "--sandbox", CAT],
        &["--api-key-file", "/dev/null", "classify", "--sandbox", CAT],
        &["nonsense"],
    ] {
        let outcome = run_against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(!outcome.err.is_empty());
    }
    let outcome = run(&[("IDENTIFAI_API_KEY", " ")], &["classify", CAT]);
    assert!(outcome.status == 2 && outcome.err.contains("IDENTIFAI_API_KEY"), "{}", outcome.err);
    assert_eq!(server.connections(), 0);
}

#[test]
fn options_override_environment_variables() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let path = directory.file("key", format!("{KEY}\n"));
    let env = [("IDENTIFAI_API_KEY", "another"), ("IDENTIFAI_BASE_URL", "http://127.0.0.1:1")];
    let url = server.base_url();
    let outcome = run(&env, &["classify", CAT, "--api-key-file", &path, "--base-url", &url]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert_eq!(server.requests()[0].header("x-api-key"), Some(KEY));
}

#[test]
fn misplaced_key_is_not_printed() {
    let server = Server::responding(accepted());
    for (arguments, reason) in [
        (&["classify", KEY][..], "argument 1: file: cannot find the file (a URL must contain ://)"),
        (&[KEY], "unknown command"),
        (&[KEY, "classify", CAT], "unknown command"),
        (&["--timeout", KEY, "classify", CAT], "--timeout"),
        (&["--api-key-file", KEY, "classify", CAT], "--api-key-file: cannot read"),
        (&["classify", CAT, &format!("--with-nsfw={KEY}")], "--with-nsfw"),
        (&["classify", CAT, "--ref-id", "r", "--webhook-url", KEY], "--webhook-url"),
        (&[&format!("--json={KEY}"), "classify", CAT], "does not take a value"),
        (&["sandbox", KEY], "unexpected argument"),
        (&["sandbox", "--port", KEY], "--port"),
        (&["classify", CAT, &format!("-{KEY}")], "unexpected argument"),
    ] {
        let outcome = run_against(&server, arguments);
        assert_eq!(outcome.status, 2, "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    let typo = run_against(&server, &["classify", CAT, "--with-hetamap"]);
    assert!(typo.status == 2 && typo.err.contains("--with-heatmap"), "no suggestion for a typo: {}", typo.err);
}

#[cfg(unix)]
#[test]
fn ctrl_c_during_call_exits_with_130() {
    let (reached, is_reached) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        connection.request();
        reached.send(()).unwrap();
        connection.wait_for_end();
    });
    let child = piped(program(&env_of(&server)).args(["classify", CAT, CAT]));
    is_reached.recv().unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), server.requests().len()), (Some(130), 1), "{err}");
    assert!(err.contains("cancelled (the service may have accepted the request"), "{err}");
}

#[test]
fn help_lists_exit_statuses_and_variables() {
    let outcome = run(&[], &["--help"]);
    for word in ["IDENTIFAI_API_KEY", "IDENTIFAI_BASE_URL", "Exit status", "130", "--sandbox", "--json", "unofficial"] {
        assert!(outcome.out.to_lowercase().contains(&word.to_lowercase()), "{word}: {}", outcome.out);
    }
}

#[test]
fn failure_has_same_exit_status_in_every_command() {
    let directory = Directory::new();
    let file = directory.file("a.pdf", b"%PDF-1.7\n");
    let file = &*file;
    let commands: [&[&str]; 8] = [
        &["credits"],
        &["health"],
        &["partner", "users"],
        &["partner", "pricings"],
        &["partner", "send-mail", "7"],
        &SAVE,
        &["tickets", file],
        &["tickets", "--batch", "65f0c0ff"],
    ];
    for (status, body, expected, kind) in [
        (401, "{}", 3, "unauthorized"),
        (404, "{}", 3, "not_found"),
        (422, r#"{"message": "No \u001b[31mway"}"#, 3, "rejected"),
        (429, "{}", 4, "rate_limited"),
        (200, "<html>", 5, "unexpected_response"),
    ] {
        // `Retry-After` is longer than any deadline, so there is no retry.
        let server =
            Server::responding(response_with(status, "Content-Type: application/json\r\nRetry-After: 600\r\n", body));
        for arguments in commands {
            let arguments = [arguments, &["--timeout", "0.9"]].concat();
            let outcome = run_against(&server, &arguments);
            assert_eq!((outcome.status, outcome.out.as_str()), (expected, ""), "{arguments:?}: {}", outcome.err);
            assert!(outcome.err.starts_with("identifai: ") && outcome.err.lines().count() == 1, "{}", outcome.err);
            assert!(!outcome.err.contains('\u{1b}') && (status != 422 || outcome.err.contains("No \\u{1b}[31mway")));
            let outcome = run_against(&server, &[&arguments[..], &["--json"]].concat());
            let [line] = json_lines(&outcome.out).try_into().unwrap();
            assert_eq!((outcome.status, outcome.err.as_str()), (expected, ""), "{arguments:?}");
            assert_eq!(line["error"]["kind"], kind, "{arguments:?}");
            let input = arguments.iter().find(|argument| [file, "65f0c0ff"].contains(*argument));
            assert_eq!(line.get("input"), input.map(|input| json!(input)).as_ref(), "{arguments:?}");
        }
    }
}

#[test]
fn invalid_arguments_of_commands_fail_before_requests() {
    let server = Server::responding(json("{}"));
    let directory = Directory::new();
    let (pdf, text) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("notes.txt", b"some text"));
    let (pdf, text) = (&*pdf, &*text);
    let mut holds_key = SAVE;
    holds_key[9] = KEY;
    for (arguments, reason) in [
        (&["tickets"][..], "<FILE>"),
        (&["tickets", pdf, "--ref-id", "a", "--ref-id", "b"], "--ref-id: 2 given for 1 files; pass one for each file"),
        (&["tickets", pdf, text], "ticket 2: file: not a documented image or PDF format"),
        (&["tickets", pdf, "/nowhere/a.pdf", "--json"], "ticket 2: file: cannot find the file"),
        (&["tickets", KEY], "file: cannot find the file"),
        (&["tickets", pdf, "https://x.test/a.pdf"], "argument 2: must be a file, not a URL"),
        (&["tickets", "-", "-"], "standard input can be read only once"),
        (&["tickets", pdf, "--ref-id", "a,b"], "--ref-id: a value contains a comma"),
        (&["tickets", pdf, "--models", "Ellen"], "--model"),
        (&["tickets", pdf, "--model", "Ellen", "--no-models"], "cannot be used with"),
        (&["tickets", pdf, "--lists", KEY], "must be one of commas, fields"),
        (&["tickets", pdf, "--ca-file", ""], "--ca-file <FILE>: must not be empty"),
        (&["tickets", pdf, "--wait-timeout", "3"], "--wait"),
        (&["tickets", "--batch", "65f0c0ff", pdf], "cannot be used with"),
        (&["tickets", "--batch", "65f0c0ff", "--any-format"], "cannot be used with"),
        (&["tickets", "--batch", KEY], "--batch <ID>: identifier: must be"),
        (&["partner"], "Usage: "),
        (&["partner", KEY], "unknown command"),
        (&["partner", "save", "--name", "Ann"], "--email <ADDRESS>"),
        (&holds_key, "--pricing-id"),
        (&["partner", "send-mail", KEY], "<ID>"),
        (&["partner", "users", "--per-page", "0"], "--per-page"),
        (&["partner", "users", "--parameter", KEY], "--parameter <NAME=VALUE>: must be a name and a value"),
        (&["partner", "users", "--parameter", &format!("search={KEY}")], "--parameter: must not contain the API key"),
        (&["credits", KEY], "unexpected argument"),
    ] {
        let outcome = run_against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn misplaced_key_is_not_printed_in_json() {
    let key = "plantedKEY0f3a";
    let server = Server::responding(json("{}"));
    let url = server.base_url();
    for arguments in
        [&["wait", key, "abc", "--wait-timeout", "0.1"][..], &["result", key, "abc"], &["tickets", "--batch", key]]
    {
        let env = [("IDENTIFAI_API_KEY", key), ("IDENTIFAI_BASE_URL", &*url)];
        let outcome = run(&env, &[&["--no-rate-limit", "--json"], arguments].concat());
        assert!(outcome.status >= 2 && format!("{}{}", outcome.out, outcome.err).contains("API key"), "{arguments:?}");
        assert!(!outcome.out.contains(key) && !outcome.err.contains(key), "{}{}", outcome.out, outcome.err);
    }
}
