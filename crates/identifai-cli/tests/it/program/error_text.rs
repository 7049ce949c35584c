//! Tests of error messages, which name the options of the command line and do not contain the API key.

use serde_json::json;
use test_support::{CAT, Directory, ID, KEY, Server, accepted, response};

use crate::support::{Outcome, json_lines, program, run, run_against};

/// Runs the program with an invalid command line, and returns its message.
fn usage_error(env: &[(&str, &str)], arguments: &[&str]) -> String {
    let Outcome { status, out, err } = run(env, arguments);
    assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
    err
}

#[test]
fn error_names_option_or_variable_as_typed() {
    let directory = Directory::new();
    let (text, blank) = (directory.file("text", "hello"), directory.file("blank", " \n"));
    let key = ("IDENTIFAI_API_KEY", KEY);
    for (env, arguments, expected) in [
        (&[key][..], &["classify", "--image", &text][..], "; allow any format to send it anyway"),
        (&[key], &["tickets", &text], "; allow any format to send it anyway"),
        (&[key], &["tickets", "--ref-id", "a,b", CARGO], "--ref-id: a value contains a comma"),
        (&[key], &["tickets", "--ref-id", "a,b", CARGO], "; set `lists` to fields"),
        (&[key], &["classify", "ftp://x.test/a.jpg"], "URL: must start with http"),
        (&[key], &["classify", CAT, "--webhook-url", "x"], "argument 1: --webhook-url: "),
        (&[key], &["credits", "--base-url", "nonsense"], "--base-url: must be a URL"),
        (&[key, ("IDENTIFAI_BASE_URL", "nonsense")], &["credits"], "IDENTIFAI_BASE_URL: must be a URL"),
        (&[key], &["credits", "--base-url", "http://example.com"], "or allow http explicitly"),
        (
            &[("IDENTIFAI_API_KEY", "a b")],
            &["credits"],
            "IDENTIFAI_API_KEY: must contain only printable ASCII characters and no spaces",
        ),
        (&[key], &["credits", "--api-key-file", &blank], "--api-key-file: must not be empty"),
        (&[key], &["credits", "--ca-file", "/no/such/ca"], "--ca-file: cannot read /no/such/ca: No such file"),
        (&[key], &["--ca-file", "/dev/zero", "credits"], "--ca-file: cannot read /dev/zero: longer than 16 MiB"),
        (&[key], &["credits", "--ca-file", &text], "--ca-file: contains no PEM certificate"),
        (
            &[key, ("SSL_CERT_FILE", "/no/such/ca")],
            &["credits"],
            "SSL_CERT_FILE: cannot read /no/such/ca: No such file",
        ),
        (&[key, ("SSL_CERT_FILE", &text)], &["credits"], "SSL_CERT_FILE: contains no PEM certificate"),
        (
            &[key, ("SSL_CERT_FILE", "/no/such/ca")],
            &["credits", "--ca-file", &text],
            "--ca-file: contains no PEM certificate",
        ),
        (&[key], &["batch", "-", "--journal", "/no/such/journal"], "--journal: cannot open the file"),
        (
            &[key],
            &["batch", "-", "--html", "/no/such/page"],
            "--html: cannot write the page: No such file or directory (os error 2)\n",
        ),
        (&[key], &["batch", "-", "--workers", "0"], "--workers <NUMBER>: must be a whole number from 1 to 256\n"),
        (&[key], &["partner", "send-mail", "x"], "<ID>: must be a whole number, such as 7\n"),
        (
            &[key],
            &["partner", "users", "--per-page", "0"],
            "--per-page <NUMBER>: must be a whole number greater than zero",
        ),
        (&[], &["sandbox", "--port", "99999"], "--port <PORT>: must be a port number from 0 to 65535\n"),
        (&[key], &["credits", "-x"], "`identifai COMMAND --help`"),
    ] {
        let err = usage_error(env, arguments);
        assert!(err.contains(expected), "{arguments:?}: {err}");
        for internal in [
            "(true)",
            "::",
            "base_url",
            "api_key:",
            "file_url",
            "ref_id",
            "webhook_url",
            "allow_http",
            "any_format",
            "ref_ids",
            "root_certificates",
        ] {
            assert!(!err.contains(internal), "the message for {arguments:?} contains {internal}: {err}");
        }
    }
}

#[test]
fn error_without_identifier_shows_response_body() {
    let page = format!("<h1>Sign \u{1b}[31min</h1>\r\n{KEY} {}", "x".repeat(300));
    let masked = page.replace(KEY, "[api key]");
    let start: String = masked.chars().take(200).collect();
    let shown = start.replace('\u{1b}', "\\u{1b}").replace("\r\n", "\\r\\n");
    for (status, exit) in [(200, 5), (403, 3), (502, 5)] {
        let server = Server::responding(response(status, "text/html", &page));
        let outcome = run_against(&server, &["classify", CAT]);
        assert_eq!((outcome.status, outcome.out.as_str()), (exit, ""));
        assert!(outcome.err.contains(&format!("; the response begins with: {shown}\u{2026}\n")), "{}", outcome.err);
        let outcome = run_against(&server, &["--json", "classify", CAT]);
        let [line] = json_lines(&outcome.out).try_into().unwrap();
        assert_eq!(line["error"]["body"], json!(masked));
        let directory = Directory::new();
        let outcome = run_against(&server, &["batch", &directory.file("list", CAT)]);
        let [line] = json_lines(&outcome.out).try_into().unwrap();
        assert_eq!(line["error"]["body"], json!(masked), "{}", outcome.err);
    }
    // The response is not printed if it has a reason or an identifier, which are more useful.
    for body in ["{\"error\": \"no\"}", &format!("{{\"identifier\": \"{ID}\"}}")] {
        let outcome = run_against(&Server::responding(response(409, "application/json", body)), &["classify", CAT]);
        assert!(!outcome.err.contains("the response begins") && !outcome.err.contains('{'), "{}", outcome.err);
    }
    // A response that is not HTTP is also printed.
    let outcome = run_against(&Server::responding("SSH-2.0-OpenSSH_9.2\r\n\r\n"), &["classify", CAT]);
    assert!(outcome.err.contains("the response begins with: SSH-2.0-OpenSSH_9.2"), "{}", outcome.err);
}

#[test]
fn error_with_identifier_shows_it() {
    let body = format!("{{\"message\": \"Already there.\", \"identifier\": \"{ID}\"}}");
    for status in [409, 500] {
        let server = Server::responding(response(status, "application/json", &body));
        let outcome = run_against(&server, &["classify", "--wait", CAT]);
        assert!(outcome.out.is_empty() && outcome.err.contains(&format!("(submission {ID})")), "{}", outcome.err);
        let outcome = run_against(&server, &["--json", "classify", CAT]);
        let [line] = json_lines(&outcome.out).try_into().unwrap();
        assert_eq!((&line["identifier"], &line["error"]["may_have_been_sent"]), (&json!(ID), &json!(true)));
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn error_about_key_says_where_to_find_it() {
    let hint = "find your key on the dashboard, in the profile menu under \"API Key\"";
    let refused = run_against(&Server::responding(response(401, "application/json", "{}")), &["credits"]);
    assert!(refused.status == 3 && refused.err.contains(hint), "{}", refused.err);
    for env in [&[][..], &[("IDENTIFAI_API_KEY", " ")]] {
        assert!(usage_error(env, &["credits"]).contains(hint));
    }
}

/// An existing file. Its format is not checked, because the comma in the reference is found first.
const CARGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

#[test]
fn error_message_of_service_is_unchanged() {
    let server =
        Server::responding(response(400, "application/json", r#"{"error": "webhook_url: see TicketLists::Fields"}"#));
    let url = server.base_url();
    let outcome = run(&[("IDENTIFAI_API_KEY", KEY)], &["--base-url", &url, "classify", CAT]);
    assert!(outcome.status == 3 && outcome.err.contains("webhook_url: see TicketLists::Fields"), "{}", outcome.err);
}

#[test]
fn not_found_without_medium_hints_at_video_option() {
    let server = Server::responding(response(404, "application/json", "{}"));
    let url = server.base_url();
    for (command, hint) in [("result", true), ("wait", true), ("heatmap", false)] {
        let to = if command == "heatmap" { &["-o", "-"][..] } else { &[] };
        let arguments = [&["--base-url", &url, "--no-rate-limit", command, ID], to].concat();
        let outcome = run(&[("IDENTIFAI_API_KEY", KEY)], &arguments);
        assert_eq!(
            (outcome.status, outcome.err.contains("pass --video or --audio for another medium")),
            (3, hint),
            "{}",
            outcome.err
        );
        assert!(command != "heatmap" || outcome.err.contains("not requested with the image"), "{}", outcome.err);
    }
    let outcome = run(&[("IDENTIFAI_API_KEY", KEY)], &["--base-url", &url, "--no-rate-limit", "result", ID, "--video"]);
    assert!(outcome.status == 3 && !outcome.err.contains("--video"), "{}", outcome.err);
}

#[test]
fn input_containing_key_is_redacted() {
    let key = ("IDENTIFAI_API_KEY", KEY);
    let (with_key, shown) = (format!("{CAT}?key={KEY}"), format!("{CAT}?key=[api key]"));
    let refused = Server::responding(response(400, "application/json", r#"{"error": "no"}"#));
    let url = refused.base_url();
    let outcome = run(&[key], &["--base-url", &url, "--no-rate-limit", "--json", "classify", &with_key, CAT]);
    let inputs: Vec<_> = json_lines(&outcome.out).into_iter().map(|mut line| line["input"].take()).collect();
    assert_eq!((outcome.status, inputs), (3, vec![json!(shown), json!(CAT)]));

    let directory = Directory::new();
    let (folder, name) = KEY.split_once('/').unwrap();
    std::fs::create_dir(directory.path(folder)).unwrap();
    let pdf = directory.file(&format!("{folder}/{name}"), "%PDF-1.7\n");
    let outcome = run(&[key], &["--base-url", &url, "--no-rate-limit", "--json", "tickets", &pdf]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((outcome.status, &line["input"]), (3, &json!(pdf.replace(KEY, "[api key]"))));

    let list = directory.file("list", format!("{with_key}\n{KEY}\n{CAT}\n"));
    for server in [refused, Server::responding(accepted())] {
        let url = server.base_url();
        let more = ["--base-url", &url, "--no-rate-limit", "--timeout", "1", "batch", "--wait-timeout", "0.1", &list];
        let mut lines = json_lines(&run(&[key], &more).out);
        lines.sort_by_key(|line| line["index"].as_u64());
        let inputs: Vec<_> = lines.into_iter().map(|mut line| line["input"].take()).collect();
        assert_eq!(inputs, [json!(shown), json!("[api key]"), json!(CAT)]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_to_full_disk_is_a_failure() {
    for arguments in [&["--help"][..], &["classify", "-h"], &["--version"], &["man"], &["completions", "bash"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program::<&str>(&[]).args(arguments).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{arguments:?}");
        assert!(err.starts_with("identifai: cannot write the result: No space left"), "{err}");
    }
}
