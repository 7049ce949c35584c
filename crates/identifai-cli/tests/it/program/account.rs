//! Tests of the commands `credits`, `health` and `partner`.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::json;
use test_support::form::{fields, has_field};
use test_support::{KEY, Server, json, response};

use crate::support::{env_of, json_lines, run, run_against, run_with, sandbox, without_rate_limit};

pub(super) const USER: &str = r#"{"data": {"id": 7, "name": "A\u001b[31mnn", "email": "ann@example.com"}}"#;
pub(super) const SAVE: [&str; 10] =
    ["partner", "save", "--name", "Ann", "--email", "ann@example.com", "--heuristic", "Majority", "--pricing-id", "2"];
#[test]
fn credits_json_is_printed_as_received() {
    let server = Server::responding(json("{\"available_credits\": 159,\n\"total_spent\": 41, \"new\": \"\u{9b}\"}"));
    let outcome = run_against(&server, &["credits"]);
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, "159 left, 41 spent\n", ""));
    let outcome = run_against(&server, &["credits", "--json"]);
    let expected = "{\"available_credits\": 159, \"total_spent\": 41, \"new\": \"\\u009b\"}\n";
    assert_eq!((outcome.status, outcome.out.as_str()), (0, expected));
    assert_eq!(run_against(&Server::responding(json(r#"{"available_credits": 0.5}"#)), &["credits"]).out, "0.5 left\n");
    assert_eq!(run(&[], &["--sandbox", "credits"]).out, "1000000000 left, 0 spent\n");
}

#[test]
fn health_without_key_exits_with_0_only_if_ok() {
    for (word, status) in [("ok", 0), ("degraded", 5), ("on \u{9b}fire", 5)] {
        let body = json!({ "status": word, "database": "up" }).to_string();
        let server = Server::responding(json(&body));
        let url = server.base_url();
        for key in [None, Some(""), Some(KEY), Some("no\nkey\u{e9}")] {
            let mut env = vec![("IDENTIFAI_BASE_URL", url.as_str())];
            env.extend(key.map(|key| ("IDENTIFAI_API_KEY", key)));
            let outcome = run(&env, &["health"]);
            let shown = format!("{}\n", word.replace('\u{9b}', "\\u{9b}"));
            assert_eq!((outcome.status, outcome.out, outcome.err.as_str()), (status, shown, ""), "{key:?}");
            let outcome = run(&env, &["--json", "health"]);
            assert_eq!(
                (outcome.status, json_lines(&outcome.out)),
                (status, vec![serde_json::from_str(&body).unwrap()])
            );
            assert!(!outcome.out.contains('\u{9b}'));
        }
        for seen in server.requests() {
            assert!(seen.header("x-api-key").is_none() && !seen.head.contains("no-key"), "{}", seen.head);
        }
    }
    assert_eq!(run(&[], &["--sandbox", "health"]).out, "ok\n");
    assert_eq!(run(&[], &["credits"]).status, 2, "other commands need a key");
    let help = run(&[], &["health", "--help"]).out;
    assert!(help.replace('\n', " ").contains("Exit status: 0 for ok, 5 for anything else"), "{help}");
}

#[test]
fn users_are_printed_before_next_page_is_fetched() {
    let (request, requests) = std::sync::mpsc::channel();
    let (release, is_released) = std::sync::mpsc::channel();
    let is_released = std::sync::Mutex::new(is_released);
    let server = Server::start(move |connection| {
        for page in 1..=2 {
            let Some(seen) = connection.request() else { return };
            request.send(seen.head).unwrap();
            if page == 2 {
                is_released.lock().unwrap().recv().unwrap();
            }
            connection.send(&json(&format!(
                r#"{{"last_page": 2, "data": [{{"id": {page}, "name": "A\u009bnn", "email": "ann@example.com"}}]}}"#
            )));
        }
    });
    let query =
        ["--pricing-id", "2", "--order", "name", "--descending", "--per-page", "1", "--parameter", "search=a=b"];
    let mut child = without_rate_limit(&env_of(&server), &[&["partner", "users"], &query[..]].concat());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "1 A\\u{9b}nn <ann@example.com>\n", "printed before the second page arrives");
    release.send(()).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!((child.wait().unwrap().code(), rest.as_str()), (Some(0), "2 A\\u{9b}nn <ann@example.com>\n"));
    let second = requests.iter().nth(1).unwrap();
    let expected = "?page=2&per_page=1&pricing_id=2&order=name&direction=desc&search=a%3Db ";
    assert!(second.contains(expected), "{second}");
}

#[test]
fn users_before_failed_page_are_printed() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            connection.send(&match seen.head.contains("?page=1&per_page=100 ") {
                true => {
                    json("{\"last_page\": 2, \"data\": [{\"id\": 1,\n\"new\": true}, {\"id\": 2, \"name\": null}]}")
                }
                false => response(403, "application/json", "{}"),
            });
        }
    });
    let outcome = run_against(&server, &["partner", "users", "--json"]);
    let lines = json_lines(&outcome.out);
    assert_eq!(
        (outcome.status, &lines[..2]),
        (3, &[json!({"id": 1, "new": true}), json!({"id": 2, "name": null})][..])
    );
    assert_eq!((lines.len(), &lines[2]["error"]["kind"], lines[2].get("input")), (3, &json!("forbidden"), None));
    let outcome = run_against(&server, &["partner", "users"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (3, "1 - <->\n2 - <->\n"));
    assert!(outcome.err.starts_with("identifai: not allowed for this API key"), "{}", outcome.err);
}

#[test]
fn partner_commands_in_sandbox_succeed() {
    let (_sandbox, env) = sandbox();
    let run = |arguments: &[&str]| run_with(&env, arguments);
    for arguments in [&SAVE[..], &["partner", "send-mail", "1"], &["partner", "users"]] {
        let outcome = run(arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (0, "1 Ann <ann@example.com>\n"), "{}", outcome.err);
    }
    assert_eq!(json_lines(&run(&[&SAVE[..], &["--json", "--id", "1"]].concat()).out)[0]["heuristic"], "Majority");
    assert_eq!(run(&["partner", "users"]).out.lines().count(), 1, "the user was changed, not created");
    assert_eq!(run(&["partner", "pricings"]).out, "1 Basic (SANDBOX-1)\n2 Pro (SANDBOX-2)\n");
    assert_eq!(json_lines(&run(&["partner", "pricings", "--json"]).out)[0]["data"][1]["id"], 2);
    assert_eq!(run(&["partner", "send-mail", "2"]).status, 3);
    assert_eq!(run_against(&Server::responding(json("[]")), &["partner", "pricings"]).out, "");
}

#[test]
fn partner_save_sends_only_given_fields() {
    let server = Server::responding(json(USER));
    let outcome = run_against(&server, &SAVE);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "7 A\\u{1b}[31mnn <ann@example.com>\n"));
    let more = ["--id", "7", "--readonly", "--newsletter=false", "--save-files=true"];
    assert_eq!(run_against(&server, &[&SAVE[..], &more].concat()).status, 0);
    let names = |at| fields(&server, at).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(0), ["name", "email", "heuristic", "pricing_id"]);
    let sent = fields(&server, 1);
    for (name, value) in [("id", "7"), ("readonly", "true"), ("newsletter", "false"), ("save_files", "true")] {
        assert!(has_field(&sent, name, value), "{name}: {sent:?}");
    }
    assert_eq!(run_against(&server, &["partner", "send-mail", "7"]).status, 0);
    assert_eq!(fields(&server, 2), [("id".to_owned(), "7".to_owned())]);
}
