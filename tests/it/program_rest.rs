//! The program's commands for the rest of the service: credits, health, the users of a partner, and tickets.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use identifai::sandbox::Sandbox;
use serde_json::json;

use crate::program::{Outcome, alone, json_lines, program, run};
use crate::support::{Connection, KEY, Server, answer, answer_with};
use crate::uploads::{Directory, by_multipart};

const PASSWORD: &str = "planted pass-WORD";
const USER: &str = r#"{"data": {"id": 7, "name": "A\u001b[31mnn", "email": "ann@example.com"}}"#;
const SENT: &str = r#"{"batch_id": "65f0c0ff", "total_tickets": 2,
    "submissions": [{"identifier": "a1", "ref_id": "r\u009b1"}, {"identifier": "a2", "ref_id": null}]}"#;
const REPORT: &str = r#"{"identifier": "65f0c0ff", "done": false, "results": [
    {"identifier": "a1", "status": "done", "name": "a\u202e.pdf", "verdict": {"classification": "tampered", "confidence": 0.94}},
    {"identifier": "a2", "status": "in\u001bprogress"}]}"#;
const SAVE: [&str; 10] =
    ["partner", "save", "--name", "Ann", "--email", "ann@example.com", "--heuristic", "Majority", "--pricing-id", "2"];

fn json(body: &str) -> String {
    answer(200, "application/json", body)
}

fn serving(body: &str) -> Server {
    Server::answering(json(body))
}

/// Submits are answered with `sent`, and looks with `report`.
fn tickets_server(sent: String, report: String) -> Server {
    Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            connection.send(if seen.head.starts_with("POST ") { &sent } else { &report });
        }
    })
}

fn env(server: &Server) -> [(&'static str, String); 2] {
    [("IDENTIFAI_API_KEY", KEY.to_owned()), ("IDENTIFAI_BASE_URL", server.base_url())]
}

fn against(server: &Server, arguments: &[&str]) -> Outcome {
    let env = env(server);
    run(&env.each_ref().map(|(name, value)| (*name, value.as_str())), &[&["--no-pace"], arguments].concat())
}

fn command(server: &Server, arguments: &[&str]) -> Command {
    let env = env(server);
    let mut command = program(&env.each_ref().map(|(name, value)| (*name, value.as_str())));
    command.arg("--no-pace").args(arguments);
    command
}

/// What the program says that has `input` as its standard input.
fn fed(mut command: Command, input: &str) -> Outcome {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The form fields of a request.
fn fields(server: &Server, request: usize) -> Vec<(String, String)> {
    let parts = by_multipart(&server.requests()[request]).into_iter();
    parts.map(|(name, _, _, value)| (name, String::from_utf8(value).unwrap())).collect()
}

fn has(fields: &[(String, String)], name: &str, value: &str) -> bool {
    fields.contains(&(name.to_owned(), value.to_owned()))
}

#[test]
fn credits_are_printed_and_as_they_came() {
    let server = serving("{\"available_credits\": 159,\n\"total_spent\": 41, \"new\": \"\u{9b}\"}");
    let outcome = against(&server, &["credits"]);
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, "159 left, 41 spent\n", ""));
    let outcome = against(&server, &["credits", "--json"]);
    let expected = "{\"available_credits\": 159, \"total_spent\": 41, \"new\": \"\\u009b\"}\n";
    assert_eq!((outcome.status, outcome.out.as_str()), (0, expected));
    assert_eq!(against(&serving(r#"{"available_credits": 0.5}"#), &["credits"]).out, "0.5 left\n");
    assert_eq!(run(&[], &["--sandbox", "credits"]).out, "1000000000 left, 0 spent\n");
}

#[test]
fn every_command_has_the_exit_statuses_of_the_others() {
    let directory = Directory::new("program-rest-failures");
    let file = directory.file("a.pdf", b"%PDF-1.7\n");
    let file = file.to_str().unwrap();
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
        // Longer than any deadline, so nobody waits for it.
        let server =
            Server::answering(answer_with(status, "Content-Type: application/json\r\nRetry-After: 600\r\n", body));
        for arguments in commands {
            let arguments = [arguments, &["--timeout", "0.9"]].concat();
            let outcome = against(&server, &arguments);
            assert_eq!((outcome.status, outcome.out.as_str()), (expected, ""), "{arguments:?}: {}", outcome.err);
            assert!(outcome.err.starts_with("identifai: ") && outcome.err.lines().count() == 1, "{}", outcome.err);
            assert!(!outcome.err.contains('\u{1b}') && (status != 422 || outcome.err.contains("No \\u{1b}[31mway")));
            let outcome = against(&server, &[&arguments[..], &["--json"]].concat());
            let [line] = json_lines(&outcome.out).try_into().unwrap();
            assert_eq!((outcome.status, outcome.err.as_str()), (expected, ""), "{arguments:?}");
            assert_eq!(line["error"]["kind"], kind, "{arguments:?}");
            let input = arguments.iter().find(|argument| [file, "65f0c0ff"].contains(*argument));
            assert_eq!(line.get("input"), input.map(|input| json!(input)).as_ref(), "{arguments:?}");
        }
    }
}

#[test]
fn health_needs_no_key_and_is_0_only_if_all_is_well() {
    for (word, status) in [("ok", 0), ("degraded", 5), ("on \u{9b}fire", 5)] {
        let body = json!({ "status": word, "database": "up" }).to_string();
        let server = serving(&body);
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
    assert_eq!(run(&[], &["credits"]).status, 2, "others need one");
    let help = run(&[], &["health", "--help"]).out;
    assert!(help.replace('\n', " ").contains("Exit status: 0 for ok, 5 for anything else"), "{help}");
}

#[test]
fn users_are_printed_page_by_page() {
    let (ask, asked) = std::sync::mpsc::channel();
    let (go, wait) = std::sync::mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let server = Server::start(move |connection| {
        for page in 1..=2 {
            let Some(seen) = connection.request() else { return };
            ask.send(seen.head).unwrap();
            if page == 2 {
                wait.lock().unwrap().recv().unwrap();
            }
            connection.send(&json(&format!(
                r#"{{"last_page": 2, "data": [{{"id": {page}, "name": "A\u009bnn", "email": "ann@example.com"}}]}}"#
            )));
        }
    });
    let query =
        ["--pricing-id", "2", "--order", "name", "--descending", "--per-page", "1", "--parameter", "search=a=b"];
    let mut child = command(&server, &[&["partner", "users"], &query[..]].concat());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert_eq!(line, "1 A\\u{9b}nn <ann@example.com>\n", "before the second page is there");
    go.send(()).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!((child.wait().unwrap().code(), rest.as_str()), (Some(0), "2 A\\u{9b}nn <ann@example.com>\n"));
    let second = asked.iter().nth(1).unwrap();
    let expected = "?page=2&per_page=1&pricing_id=2&order=name&direction=desc&search=a%3Db ";
    assert!(second.contains(expected), "{second}");
}

#[test]
fn users_come_as_json_and_what_follows_a_failure_is_told() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            connection.send(&match seen.head.contains("?page=1&per_page=100 ") {
                true => json("{\"last_page\": 2, \"data\": [{\"id\": 1,\n\"new\": true}, {\"name\": null}]}"),
                false => answer(403, "application/json", "{}"),
            });
        }
    });
    let outcome = against(&server, &["partner", "users", "--json"]);
    let lines = json_lines(&outcome.out);
    assert_eq!((outcome.status, &lines[..2]), (3, &[json!({"id": 1, "new": true}), json!({"name": null})][..]));
    assert_eq!((lines.len(), &lines[2]["error"]["kind"], lines[2].get("input")), (3, &json!("forbidden"), None));
    let outcome = against(&server, &["partner", "users"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (3, "1 - <->\n- - <->\n"));
    assert!(outcome.err.starts_with("identifai: the key may not use this"), "{}", outcome.err);
}

#[test]
fn users_are_saved_and_mailed_and_plans_are_listed_in_the_sandbox() {
    let sandbox = Sandbox::start().unwrap();
    let env = [("IDENTIFAI_API_KEY", "sandbox"), ("IDENTIFAI_BASE_URL", sandbox.base_url())];
    let run = |arguments: &[&str]| run(&env, &[&["--no-pace"], arguments].concat());
    for arguments in [&SAVE[..], &["partner", "send-mail", "1"], &["partner", "users"]] {
        let outcome = run(arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (0, "1 Ann <ann@example.com>\n"), "{}", outcome.err);
    }
    assert_eq!(json_lines(&run(&[&SAVE[..], &["--json", "--id", "1"]].concat()).out)[0]["heuristic"], "Majority");
    assert_eq!(run(&["partner", "users"]).out.lines().count(), 1, "it was changed, not created");
    assert_eq!(run(&["partner", "pricings"]).out, "1 Basic (SANDBOX-1)\n2 Pro (SANDBOX-2)\n");
    assert_eq!(json_lines(&run(&["partner", "pricings", "--json"]).out)[0]["data"][1]["id"], 2);
    assert_eq!(run(&["partner", "send-mail", "2"]).status, 3);
    assert_eq!(against(&serving("[]"), &["partner", "pricings"]).out, "");
}

#[test]
fn a_user_is_saved_with_what_was_said_and_nothing_else() {
    let server = serving(USER);
    let outcome = against(&server, &SAVE);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "7 A\\u{1b}[31mnn <ann@example.com>\n"));
    let more = ["--id", "7", "--readonly", "--newsletter=false", "--save-files=true"];
    assert_eq!(against(&server, &[&SAVE[..], &more].concat()).status, 0);
    let names = |at| fields(&server, at).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(0), ["name", "email", "heuristic", "pricing_id"]);
    let sent = fields(&server, 1);
    for (name, value) in [("id", "7"), ("readonly", "true"), ("newsletter", "false"), ("save_files", "true")] {
        assert!(has(&sent, name, value), "{name}: {sent:?}");
    }
    assert_eq!(against(&server, &["partner", "send-mail", "7"]).status, 0);
    assert_eq!(fields(&server, 2), [("id".to_owned(), "7".to_owned())]);
}

#[test]
fn a_password_is_taken_from_a_file_or_a_pipe_and_never_shown() {
    let quotes = format!(r#"{{"message": "{PASSWORD} is too short"}}"#);
    let server = Server::answering(answer(422, "application/json", &quotes));
    let directory = Directory::new("program-rest-password");
    let file = directory.file("password", format!("{PASSWORD}\r\nsecond line\n").as_bytes());
    for (path, input) in [(file.to_str().unwrap(), ""), ("-", &*format!("{PASSWORD}\nsecond line\n"))] {
        for json in [&[][..], &["--json"]] {
            let outcome = fed(command(&server, &[&SAVE[..], &["--password-file", path], json].concat()), input);
            assert_eq!(outcome.status, 3, "{}", outcome.err);
            let shown = format!("{}{}", outcome.out, outcome.err);
            assert!(!shown.contains("planted") && shown.contains(" is too short"), "{shown}");
        }
    }
    assert_eq!(server.requests().len(), 4);
    for request in 0..4 {
        assert!(has(&fields(&server, request), "password", PASSWORD), "{request}");
    }
}

#[test]
fn a_password_that_is_an_argument_or_none_is_refused_without_a_word_of_it() {
    let server = serving(USER);
    let directory = Directory::new("program-rest-no-password");
    let (empty, blank) = (directory.file("empty", b""), directory.file("blank", b"\nplanted\n"));
    let odd = directory.file("odd", b"\xff\n");
    let with = format!("--password={PASSWORD}");
    let asked = format!("--ask-password={PASSWORD}");
    let (cannot, none) = ("--password-file: cannot read the file that it names", "the first line of the file is empty");
    for (more, says) in [
        (&["--password", PASSWORD][..], "--password-file"),
        (&[&with], "--password-file"),
        (&[&asked], "--ask-password: takes no value"),
        (&["--password-file", PASSWORD], cannot),
        (&["--password-file", "/"], cannot),
        (&["--password-file", "-"], none),
        (&["--password-file", empty.to_str().unwrap()], none),
        (&["--password-file", blank.to_str().unwrap()], none),
        (&["--password-file", odd.to_str().unwrap()], "the first line of the file is not UTF-8"),
        (&["--password-file", "-", "--ask-password"], "cannot be used with"),
        (&[PASSWORD], "an argument is not expected"),
    ] {
        let outcome = against(&server, &[&SAVE[..], more].concat());
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{more:?}: {}", outcome.err);
        assert!(outcome.err.contains(says) && !outcome.err.contains("planted"), "{more:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

/// The program without a terminal, or at one of its own. Only Linux has both programs for sure.
#[cfg(target_os = "linux")]
mod terminal {
    use super::*;

    fn started(server: &Server, by: &[&str], more: &[&str]) -> Command {
        let env = env(server);
        let mut command = alone(Command::new(by[0]), &env.each_ref().map(|(name, value)| (*name, value.as_str())));
        command.args(&by[1..]).args(more);
        command
    }

    #[test]
    fn without_one_a_prompt_is_an_error_that_names_the_file() {
        let server = serving(USER);
        let arguments = [&[env!("CARGO_BIN_EXE_identifai")], &SAVE[..], &["--ask-password"]].concat();
        let outcome = fed(started(&server, &["setsid", "--wait"], &arguments), &format!("{PASSWORD}\n{PASSWORD}\n"));
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{}", outcome.err);
        assert!(outcome.err.contains("there is no terminal") && outcome.err.contains("--password-file FILE"));
        assert_eq!(server.connections(), 0);
    }

    /// Waits until a terminal echoes no more: the prompt is there a little before.
    fn wait_until_silent(terminal: &str) {
        let is_silent = || {
            let modes = Command::new("stty").args(["-a", "-F", terminal]).output().unwrap().stdout;
            String::from_utf8(modes).unwrap().split_whitespace().any(|mode| mode == "-echo")
        };
        assert!((0..1_000).any(|_| is_silent()), "{terminal} echoes");
    }

    /// What a terminal shows while each prompt gets its answer, and the exit status.
    fn at_terminal(server: &Server, answers: [&str; 2]) -> (i32, String) {
        let line = format!("tty; '{}' '{}' --ask-password", env!("CARGO_BIN_EXE_identifai"), SAVE.join("' '"));
        let script = ["script", "--quiet", "--return", "--command", &line, "/dev/null"];
        let mut command = started(server, &script, &[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shown = String::new();
        let mut read = |until: Option<&str>| {
            while until.is_none_or(|end| !shown.ends_with(end)) {
                let mut byte = [0];
                match output.read(&mut byte) {
                    Ok(1) => shown.push(char::from(byte[0])),
                    _ => break,
                }
            }
            shown.clone()
        };
        let terminal = read(Some("\n")).trim_end().to_owned();
        for (prompt, answer) in ["Password: ", "The same again: "].into_iter().zip(answers) {
            if answer.is_empty() {
                break;
            }
            read(Some(prompt));
            wait_until_silent(&terminal);
            input.write_all(answer.as_bytes()).unwrap();
        }
        let shown = read(None);
        (child.wait().unwrap().code().unwrap(), shown)
    }

    #[test]
    fn at_one_it_is_asked_for_twice_and_not_echoed() {
        let server = serving(USER);
        let typed = format!("{PASSWORD}\r");
        let (status, shown) = at_terminal(&server, [&typed, &typed]);
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("7 A\\u{1b}[31mnn <ann@example.com>") && !shown.contains("planted"), "{shown}");
        assert!(has(&fields(&server, 0), "password", PASSWORD));
        for (answers, expected, says) in [
            ([&typed[..], "another\r"], 2, "is not the same as the first"),
            (["\r", ""], 2, "there was none"),
            (["\x04", ""], 2, "there was none"),
            (["\x03", ""], 130, "cancelled"),
        ] {
            let (status, shown) = at_terminal(&server, answers);
            assert!(status == expected && shown.contains(says) && !shown.contains("planted"), "{status}: {shown}");
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn tickets_are_submitted_in_one_request_and_everything_said_reaches_it() {
    let directory = Directory::new("program-rest-tickets");
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let (pdf, gif) = (pdf.to_str().unwrap(), gif.to_str().unwrap());
    let odd = directory.file("odd", b"anything");
    let server = serving(SENT);
    let outcome = against(&server, &["tickets", pdf, gif]);
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, "65f0c0ff\na1 r\\u{9b}1\na2\n", ""));
    let outcome = against(&server, &["tickets", pdf, gif, "--json"]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["identifier"], &line["batch_id"]), (&json!("65f0c0ff"), &json!("65f0c0ff")));
    assert_eq!((&line["submissions"][0]["ref_id"], outcome.out.contains('\u{9b}')), (&json!("r\u{9b}1"), false));
    let more = ["--ref-id", "r 1", "--ref-id", "", "--model", "Ellen", "--model", "V2"];
    assert_eq!(against(&server, &[&["tickets", pdf, gif], &more[..]].concat()).status, 0);
    assert_eq!(against(&server, &[&["tickets", pdf, gif, "--lists=fields"], &more[..]].concat()).status, 0);
    assert_eq!(against(&server, &["tickets", pdf, "--no-models", "--lists", "commas"]).status, 0);
    assert_eq!(against(&server, &["tickets", odd.to_str().unwrap(), "--any-format"]).status, 0);
    assert_eq!(server.requests().len(), 6);
    let sent = |at| fields(&server, at);
    assert_eq!(sent(0).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["tickets[]", "tickets[]"]);
    assert!(has(&sent(2), "ref_ids", "r 1,") && has(&sent(2), "models", "Ellen,V2"), "{:?}", sent(2));
    for (name, value) in [("ref_ids[]", "r 1"), ("ref_ids[]", ""), ("models[]", "Ellen"), ("models[]", "V2")] {
        assert!(has(&sent(3), name, value), "{name}: {:?}", sent(3));
    }
    assert!(has(&sent(4), "models", ""), "none is not all: {:?}", sent(4));
    let outcome = fed(command(&server, &["tickets", "-", gif]), "%PDF-1.7\n from a pipe");
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let parts = by_multipart(&server.requests()[6]);
    assert_eq!((parts[0].1.as_deref(), &*parts[0].3), (Some("stdin.pdf"), &b"%PDF-1.7\n from a pipe"[..]));
}

#[test]
fn verdicts_of_tickets_are_printed_in_the_sandbox() {
    let directory = Directory::new("program-rest-verdicts");
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let arguments = ["--sandbox", "tickets", pdf.to_str().unwrap(), gif.to_str().unwrap(), "--wait"];
    let outcome = run(&[], &arguments);
    let [first, second] = outcome.out.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((outcome.status, second.split_once(' ').unwrap().1), (0, "b.gif: tampered, confidence 0.6549"));
    assert!(first.len() > 24 && first[24..].starts_with(" a.pdf: "), "{first}");
    let (_, batch) = outcome.err.split_once("submitted as ").unwrap();
    let json = run(&[], &[&arguments[..], &["--json"]].concat());
    let [report] = json_lines(&json.out).try_into().unwrap();
    assert_eq!((&report["identifier"], &report["done"]), (&json!(batch.trim_end()), &json!(true)));
    assert_eq!(report["results"][1]["verdict"]["confidence"], json!(0.6549));
    let unlooked = run(&[], &[&arguments[..], &["--no-models"]].concat());
    assert!(unlooked.status == 0 && unlooked.out.ends_with("b.gif: finished without a main verdict\n"));

    let sandbox = Sandbox::start().unwrap();
    sandbox.set_analysis_time(std::time::Duration::ZERO);
    let env = [("IDENTIFAI_API_KEY", "sandbox"), ("IDENTIFAI_BASE_URL", sandbox.base_url())];
    let sent = run(&env, &["--no-pace", "tickets", arguments[2], arguments[3]]);
    let batch = sent.out.lines().next().unwrap();
    for more in [&[][..], &["--wait"]] {
        let later = run(&env, &[&["--no-pace", "tickets", "--batch", batch], more].concat());
        assert_eq!((later.status, later.out.lines().count(), later.err.as_str()), (0, 2, ""), "{more:?}");
    }
    assert_eq!(sandbox.credits(), 998, "to look costs nothing");
}

#[test]
fn a_batch_is_printed_as_it_stands_and_nothing_foreign_acts() {
    let server = serving(REPORT);
    let outcome = against(&server, &["tickets", "--batch", "65f0c0ff"]);
    let expected = "a1 a\\u{202e}.pdf: tampered, confidence 0.94\na2 pending (in\\u{1b}progress)\n";
    assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, expected, ""));
    let outcome = against(&server, &["tickets", "--batch", "65f0c0ff", "--json"]);
    assert!(!outcome.out.contains(['\u{202e}', '\u{1b}']));
    assert_eq!(json_lines(&outcome.out), [serde_json::from_str::<serde_json::Value>(REPORT).unwrap()]);
    for (body, expected, json) in [
        ("null", "65f0c0ff pending\n", json!({"identifier": "65f0c0ff"})),
        (r#"{"done": true}"#, "65f0c0ff finished without a ticket\n", json!({"identifier": "65f0c0ff", "done": true})),
    ] {
        let server = serving(body);
        assert_eq!(against(&server, &["tickets", "--batch", "65f0c0ff"]).out, expected);
        assert_eq!(json_lines(&against(&server, &["tickets", "--batch", "65f0c0ff", "--json"]).out), [json]);
    }
    let odd = serving("{\"done\": true, \"new\": [1e999, \"\\ud83d\"]}");
    let expected = "{\"identifier\":\"65f0c0ff\",\"done\": true, \"new\": [1e999, \"\\ud83d\"]}\n";
    assert_eq!(against(&odd, &["tickets", "--batch", "65f0c0ff", "--json"]).out, expected, "as it came");
    let failed = serving(r#"{"done": true, "results": [{"identifier": "a1", "status": "broken"}]}"#);
    let outcome = against(&failed, &["tickets", "--batch", "65f0c0ff"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (6, "a1 the analysis failed (broken)\n"));
}

#[test]
fn a_batch_that_is_paid_for_is_not_lost() {
    let directory = Directory::new("program-rest-lost");
    let (pdf, gif) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("b.gif", b"GIF89a\x01\0"));
    let wait = ["tickets", pdf.to_str().unwrap(), gif.to_str().unwrap(), "--wait", "--wait-timeout", "0.1"];
    for report in [json(REPORT), answer(401, "application/json", "{}")] {
        let status = if report.contains(" 401 ") { 3 } else { 5 };
        let server = tickets_server(json(SENT), report);
        let outcome = against(&server, &wait);
        let lines: Vec<_> = outcome.err.lines().collect();
        assert_eq!((outcome.status, outcome.out.as_str(), lines.len()), (status, "", 2), "{}", outcome.err);
        assert_eq!(lines[0], "identifai: submitted as 65f0c0ff");
        assert!(lines[1].contains("(submission 65f0c0ff)"), "{}", outcome.err);
        let outcome = against(&server, &[&wait[..], &["--json"]].concat());
        let lines = json_lines(&outcome.out);
        assert_eq!((outcome.status, lines.len()), (status, 2), "a line for each file");
        for (line, input) in lines.iter().zip(&wait[1..]) {
            assert_eq!((&line["input"], &line["identifier"]), (&json!(input), &json!("65f0c0ff")));
            assert_eq!(line["error"]["may_have_been_sent"], true);
        }
    }
    let outcome = against(&serving("<html>"), &["tickets", wait[1]]);
    assert!(outcome.status == 5 && outcome.err.contains("may have been accepted all the same"), "{}", outcome.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_batch_that_cannot_be_printed_is_told_elsewhere() {
    let directory = Directory::new("program-rest-full");
    let pdf = directory.file("a.pdf", b"%PDF-1.7\n");
    let server = tickets_server(json(SENT), json(REPORT));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&server, &["tickets", pdf.to_str().unwrap()]).stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(err.ends_with("; submitted as 65f0c0ff\n"), "{err}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_a_wait_leaves_the_batch_on_standard_error() {
    let directory = Directory::new("program-rest-interrupt");
    let pdf = directory.file("a.pdf", b"%PDF-1.7\n");
    let (reached, held_up) = std::sync::mpsc::channel();
    let server = Server::start(move |connection: &mut Connection| {
        connection.request();
        connection.send(&json(SENT));
        connection.request();
        reached.send(()).unwrap();
        connection.wait_for_end();
    });
    let mut command = command(&server, &["tickets", "--wait", pdf.to_str().unwrap()]);
    let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    held_up.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.starts_with("identifai: submitted as 65f0c0ff\n") && err.contains("cancelled"), "{err}");
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_sent() {
    let server = serving(SENT);
    let directory = Directory::new("program-rest-wrong");
    let (pdf, text) = (directory.file("a.pdf", b"%PDF-1.7\n"), directory.file("notes.txt", b"some text"));
    let (pdf, text) = (pdf.to_str().unwrap(), text.to_str().unwrap());
    let mut holds_key = SAVE;
    holds_key[9] = KEY;
    for (arguments, says) in [
        (&["tickets"][..], "<FILE>"),
        (&["tickets", pdf, "--ref-id", "a", "--ref-id", "b"], "--ref-id: 2 for 1 files; there must be one for each"),
        (&["tickets", pdf, text], "ticket 2: file: is of no image or PDF format"),
        (&["tickets", pdf, "/nowhere/a.pdf", "--json"], "ticket 2: file: does not exist"),
        (&["tickets", KEY], "file: does not exist"),
        (&["tickets", pdf, "https://x.test/a.pdf"], "argument 2: is a URL; tickets are uploaded from files"),
        (&["tickets", "-", "-"], "standard input can be read once"),
        (&["tickets", pdf, "--ref-id", "a,b"], "--ref-id: some have a comma"),
        (&["tickets", pdf, "--models", "Ellen"], "--model"),
        (&["tickets", pdf, "--model", "Ellen", "--no-models"], "cannot be used with"),
        (&["tickets", pdf, "--lists", KEY], "must be one of commas, fields"),
        (&["tickets", pdf, "--wait-timeout", "3"], "--wait"),
        (&["tickets", "--batch", "65f0c0ff", pdf], "cannot be used with"),
        (&["tickets", "--batch", "65f0c0ff", "--any-format"], "cannot be used with"),
        (&["tickets", "--batch", KEY], "--batch <ID>: identifier: must be"),
        (&["partner"], "Usage: "),
        (&["partner", KEY], "no such command"),
        (&["partner", "save", "--name", "Ann"], "--email <ADDRESS>"),
        (&holds_key, "--pricing-id"),
        (&["partner", "send-mail", KEY], "<ID>"),
        (&["partner", "users", "--per-page", "0"], "--per-page"),
        (&["partner", "users", "--parameter", KEY], "--parameter <NAME=VALUE>: not a name and a value"),
        (&["partner", "users", "--parameter", &format!("search={KEY}")], "query: holds the API key"),
        (&["credits", KEY], "an argument is not expected"),
    ] {
        let outcome = against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(says), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_key_in_the_wrong_place_is_not_repeated_in_json() {
    let key = "plantedKEY0f3a";
    let server = serving("{}");
    let url = server.base_url();
    for arguments in
        [&["wait", key, "abc", "--wait-timeout", "0.1"][..], &["result", key, "abc"], &["tickets", "--batch", key]]
    {
        let env = [("IDENTIFAI_API_KEY", key), ("IDENTIFAI_BASE_URL", &*url)];
        let outcome = run(&env, &[&["--no-pace", "--json"], arguments].concat());
        assert!(outcome.status >= 2 && format!("{}{}", outcome.out, outcome.err).contains("API key"), "{arguments:?}");
        assert!(!outcome.out.contains(key) && !outcome.err.contains(key), "{}{}", outcome.out, outcome.err);
    }
}
