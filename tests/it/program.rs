//! The program: results on stdout, everything else on stderr, and an exit status that says what happened.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{CAT, ID, KEY, Server, accepted, answer, answer_with};

pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn program(env: &[(&str, &str)]) -> Command {
    alone(Command::new(env!("CARGO_BIN_EXE_identifai")), env)
}

/// What `command` does with no setting of whoever runs the tests.
pub(crate) fn alone(mut command: Command, env: &[(&str, &str)]) -> Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("IDENTIFAI_") || name.to_ascii_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command.envs(env.iter().copied()).stdin(Stdio::null());
    command
}

pub(crate) fn run(env: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let output = program(env).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let outcome = Outcome { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!outcome.out.contains(KEY) && !outcome.err.contains(KEY), "{}{}", outcome.out, outcome.err);
    outcome
}

/// Runs the program against `server` with the planted key.
fn against(server: &Server, arguments: &[&str]) -> Outcome {
    let url = server.base_url();
    // The pace would be that of the service.
    run(&[("IDENTIFAI_API_KEY", KEY), ("IDENTIFAI_BASE_URL", &url)], &[&["--no-pace"], arguments].concat())
}

pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_first_command_of_the_readme_prints_an_identifier() {
    let env = [
        ("IDENTIFAI_API_KEY", KEY),
        ("IDENTIFAI_BASE_URL", "http://nobody.test"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    for arguments in [["--sandbox", "classify", CAT], ["classify", CAT, "--sandbox"]] {
        let outcome = run(&env, &arguments);
        assert_eq!(outcome.status, 0, "{}", outcome.err);
        let identifier = outcome.out.strip_suffix('\n').unwrap();
        assert!(identifier.len() == 64 && identifier.bytes().all(|byte| byte.is_ascii_hexdigit()), "{identifier}");
        assert!(outcome.err.contains("sandbox: answers are made up"), "{}", outcome.err);
    }
}

#[test]
fn every_option_reaches_the_wire() {
    let server = Server::answering(accepted());
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
    let outcome = against(&server, &arguments);
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
fn several_items_go_on_after_a_failure_and_the_highest_status_counts() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            let body = String::from_utf8(seen.body).unwrap();
            connection.send(&match () {
                () if body.contains("bad.jpg") => answer(400, "application/json", "{\"error\":\"No \\u001b[31mway\"}"),
                () if body.contains("busy.jpg") => {
                    answer_with(429, "Retry-After: 600\r\n", "{\"message\":\"Too Many Attempts.\"}")
                }
                () => accepted(),
            });
        }
    });
    let urls = ["https://x.test/bad.jpg?token=s3cret", "https://x.test/busy.jpg", CAT];
    let outcome = against(&server, &["classify", urls[0], urls[1], urls[2]]);
    assert_eq!((outcome.status, outcome.out.as_str()), (4, format!("{ID}\n").as_str()));
    let [first, second] = outcome.err.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first, "identifai: item 1: the service refused the request (HTTP 400): No \\u{1b}[31mway");
    assert!(
        second.starts_with("identifai: item 2: ") && second.ends_with("Too Many Attempts. (try again in 600 s)"),
        "{second}"
    );
    let outcome = against(&server, &["--json", "classify", urls[1]]);
    assert_eq!(json_lines(&outcome.out)[0]["error"]["retry_after"], json!(600.0));
    let outcome = against(&server, &["--json", "classify", urls[0], urls[2]]);
    assert_eq!((outcome.status, outcome.err.as_str()), (3, ""));
    let message = "No \\u{1b}[31mway";
    let error = json!({"kind": "rejected", "status": 400, "message": message, "may_have_been_sent": false});
    assert_eq!(json_lines(&outcome.out), [json!({"input": urls[0], "error": error}), json!({"identifier": ID})]);
}

#[test]
fn each_failure_has_its_exit_status() {
    let table = [
        (answer(400, "application/json", "{\"error\":\"credits\"}"), 3, "out_of_credits"),
        (answer(401, "application/json", "{}"), 3, "unauthorized"),
        (answer(403, "application/json", "{}"), 3, "forbidden"),
        (answer(404, "application/json", "{}"), 3, "not_found"),
        (answer(413, "application/json", "{}"), 3, "rejected"),
        (answer_with(302, "Location: https://x.test/\r\n", ""), 5, "redirect"),
        (answer(500, "application/json", "{}"), 5, "server"),
        (answer(200, "text/html", "<html>"), 5, "unexpected_response"),
    ];
    for (bytes, status, kind) in table {
        let outcome = against(&Server::answering(bytes), &["classify", CAT, "--json"]);
        assert_eq!(outcome.status, status, "{kind}: {}{}", outcome.out, outcome.err);
        assert_eq!(json_lines(&outcome.out)[0]["error"]["kind"], kind);
    }
    let stalled = Server::start(crate::support::Connection::wait_for_end);
    let outcome = against(&stalled, &["classify", CAT, "--timeout", "0.1"]);
    assert_eq!(outcome.status, 5);
    assert!(outcome.err.contains("timed out"), "{}", outcome.err);
}

#[test]
fn what_is_wrong_with_the_command_line_is_said_and_nothing_is_sent() {
    let server = Server::answering(accepted());
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
        let outcome = against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(!outcome.err.is_empty());
    }
    let outcome = run(&[("IDENTIFAI_API_KEY", " ")], &["classify", CAT]);
    assert!(outcome.status == 2 && outcome.err.contains("IDENTIFAI_API_KEY"), "{}", outcome.err);
    assert_eq!(server.connections(), 0);
}

#[test]
fn the_key_may_come_from_a_file_and_flags_beat_the_environment() {
    let server = Server::answering(accepted());
    let path = std::env::temp_dir().join(format!("identifai-key-{}", std::process::id()));
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let env = [("IDENTIFAI_API_KEY", "another"), ("IDENTIFAI_BASE_URL", "http://127.0.0.1:1")];
    let url = server.base_url();
    let outcome = run(&env, &["classify", CAT, "--api-key-file", path.to_str().unwrap(), "--base-url", &url]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert_eq!(server.requests()[0].header("x-api-key"), Some(KEY));
}

#[test]
fn swapped_arguments_do_not_show_the_key() {
    let server = Server::answering(accepted());
    for (arguments, says) in [
        (&["classify", KEY][..], "argument 1: file: does not exist (a URL has a ://)"),
        (&[KEY], "no such command"),
        (&[KEY, "classify", CAT], "no such command"),
        (&["--timeout", KEY, "classify", CAT], "--timeout"),
        (&["--api-key-file", KEY, "classify", CAT], "--api-key-file: cannot read"),
        (&["classify", CAT, &format!("--with-nsfw={KEY}")], "--with-nsfw"),
        (&["classify", CAT, "--ref-id", "r", "--webhook-url", KEY], "--webhook-url"),
        (&[&format!("--json={KEY}"), "classify", CAT], "takes no value"),
        (&["sandbox", KEY], "not expected"),
        (&["sandbox", "--port", KEY], "--port"),
        (&["classify", CAT, &format!("-{KEY}")], "not expected"),
    ] {
        let outcome = against(&server, arguments);
        assert_eq!(outcome.status, 2, "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(says), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    let typo = against(&server, &["classify", CAT, "--with-hetamap"]);
    assert!(typo.status == 2 && typo.err.contains("--with-heatmap"), "a typo is helped with: {}", typo.err);
}

#[cfg(target_os = "linux")]
#[test]
fn an_identifier_that_cannot_be_printed_is_not_lost_and_nothing_more_is_paid_for() {
    let server = Server::answering(accepted());
    let url = server.base_url();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = program(&[("IDENTIFAI_API_KEY", KEY), ("IDENTIFAI_BASE_URL", &url)]);
    let output = command.args(["classify", CAT, CAT]).stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), server.requests().len()), (Some(5), 1));
    assert!(err.contains(ID), "{err}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_call_with_status_130() {
    let (reached, held_up) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        connection.request();
        reached.send(()).unwrap();
        connection.wait_for_end();
    });
    let url = server.base_url();
    let mut command = program(&[("IDENTIFAI_API_KEY", KEY), ("IDENTIFAI_BASE_URL", &url)]);
    let child = command.args(["classify", CAT, CAT]).stderr(Stdio::piped()).spawn().unwrap();
    held_up.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), server.requests().len()), (Some(130), 1), "{err}");
    assert!(err.contains("cancelled (the submit may have been accepted"), "{err}");
}

/// `identifai sandbox`, and where it listens. It ends with this.
struct Serving(std::process::Child, String);

impl Serving {
    fn start(options: &[&str]) -> Self {
        let mut command = program(&[]);
        let mut child =
            command.arg("sandbox").args(options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().trim_end().to_owned();
        Self(child, url)
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        run(&[("IDENTIFAI_API_KEY", "sandbox"), ("IDENTIFAI_BASE_URL", &self.1)], arguments)
    }

    /// What a client prints that neither paces itself nor has the time to try again after a refusal.
    fn unpaced(&self, arguments: &[&str]) -> Vec<Value> {
        json_lines(&self.run(&[&["--no-pace", "--json", "--timeout", "0.9"], arguments].concat()).out)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

#[test]
fn the_sandbox_command_says_where_it_listens_and_serves() {
    let sandbox = Serving::start(&[]);
    assert!(sandbox.1.starts_with("http://127.0.0.1:"), "{}", sandbox.1);
    let outcome = sandbox.run(&["classify", CAT]);
    assert_eq!((outcome.status, outcome.out.len()), (0, 65), "{}", outcome.err);
}

#[test]
fn the_sandbox_command_keeps_the_limits_that_it_is_told() {
    let kinds = |lines: &[Value]| -> Vec<String> {
        let kind = |line: &Value| line["error"]["kind"].as_str().unwrap_or("none").to_owned();
        lines.iter().map(kind).collect()
    };
    let urls = ["a", "b", "c"].map(|name| format!("https://x.test/{name}.jpg"));
    let [a, b, c] = urls.each_ref().map(String::as_str);

    let documented = Serving::start(&[]).unpaced(&["classify", a, a, a, a]);
    assert!(kinds(&documented[1..]).contains(&"rate_limited".to_owned()), "one a second: {documented:?}");

    let few = Serving::start(&["--submits-per-minute", "1", "--reads-per-minute", "0"]);
    let (submits, reads) = (few.unpaced(&["classify", a, a]), few.unpaced(&["result", "nobody"]));
    assert_eq!(
        (kinds(&submits), kinds(&reads)),
        (vec!["none".into(), "rate_limited".into()], vec!["rate_limited".into()])
    );
    assert_eq!(submits[1]["error"]["message"], "Too Many Attempts.");
    assert!(submits[1]["error"]["retry_after"].as_f64() > Some(30.0), "the rest of a minute: {submits:?}");

    let free = Serving::start(&["--no-limits", "--credits", "2", "--analysis-time", "0"]);
    let submits = free.unpaced(&["classify", a, b, c]);
    assert_eq!(kinds(&submits), ["none", "none", "out_of_credits"], "{submits:?}");
    let slow = Serving::start(&["--analysis-time", "3600.5"]);
    for (sandbox, status) in [(&free, "done"), (&slow, "new")] {
        let submits = sandbox.unpaced(&["classify", a]);
        let report = &sandbox.unpaced(&["result", submits[0]["identifier"].as_str().unwrap()])[0];
        assert_eq!(report["status"], status, "{report}");
    }

    let embedded = run(&[], &["--sandbox", "--timeout", "0.9", "classify", a, b, c]);
    assert_eq!((embedded.status, embedded.out.lines().count()), (0, 3), "no limits: {}", embedded.err);

    for options in [
        &["--no-limits", "--submits-per-minute", "30"][..],
        &["--reads-per-minute", "60", "--no-limits"],
        &["--analysis-time", "soon"],
        &["--credits", "many"],
    ] {
        let outcome = run(&[], &[&["sandbox"], options].concat());
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{options:?}: {}", outcome.err);
    }
}

#[test]
fn help_names_every_exit_status_and_variable() {
    let outcome = run(&[], &["--help"]);
    for word in ["IDENTIFAI_API_KEY", "IDENTIFAI_BASE_URL", "Exit status", "130", "--sandbox", "--json", "unofficial"] {
        assert!(outcome.out.to_lowercase().contains(&word.to_lowercase()), "{word}: {}", outcome.out);
    }
}

/// A sandbox for the program to talk to, that analyses at once and any number, and how the program is told.
fn sandbox() -> (identifai::sandbox::Sandbox, [(&'static str, String); 2]) {
    let sandbox = identifai::sandbox::Sandbox::start().unwrap();
    sandbox.set_analysis_time(std::time::Duration::ZERO);
    sandbox.set_limits(identifai::Pace::off());
    let env = [("IDENTIFAI_API_KEY", "sandbox".to_owned()), ("IDENTIFAI_BASE_URL", sandbox.base_url().to_owned())];
    (sandbox, env)
}

fn in_sandbox(env: &[(&'static str, String); 2], arguments: &[&str]) -> Outcome {
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    run(&env, &[&["--no-pace"], arguments].concat())
}

#[test]
fn the_readme_s_verdicts_come_with_their_exit_statuses() {
    let outcome = run(&[], &["--sandbox", "classify", "--wait", "https://sandbox.test/c2pa.jpg"]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let (identifier, verdict) = outcome.out.trim_end().split_once(' ').unwrap();
    assert_eq!((identifier.len(), verdict), (64, "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)"));
    assert!(outcome.err.contains(&format!("submitted as {identifier}")), "said at once: {}", outcome.err);
    let outcome = run(&[], &["--sandbox", "classify", "--wait", "https://sandbox.test/errored.jpg"]);
    assert_eq!((outcome.status, outcome.out.as_str()), (6, ""));
    assert!(outcome.err.contains("the service could not analyse it: The file is not an image."), "{}", outcome.err);
}

#[test]
fn verdicts_of_several_come_in_the_order_of_the_command_line() {
    let urls = ["errored.jpg", "a.jpg", "forbidden.jpg", "b.jpg"].map(|path| format!("https://sandbox.test/{path}"));
    let [one, two, three, four] = urls.each_ref().map(String::as_str);
    let outcome = run(&[], &["--sandbox", "--json", "classify", "--wait", one, two, three, four]);
    assert_eq!(outcome.status, 6, "{}", outcome.err);
    let lines = json_lines(&outcome.out);
    assert_eq!((&lines[0]["input"], &lines[0]["error"]["kind"]), (&json!(one), &json!("analysis_failed")));
    assert!(lines[0]["identifier"].is_string(), "what was paid for is named");
    assert_eq!(lines[0]["error"]["may_have_been_sent"], true);
    assert_eq!((&lines[1]["name"], &lines[1]["status"]), (&json!("a.jpg"), &json!("done")));
    assert_eq!((&lines[2]["input"], &lines[2]["error"]["status"]), (&json!(three), &json!(403)));
    assert_eq!((&lines[3]["name"], lines[3]["identifier"].is_string()), (&json!("b.jpg"), true));
    assert_eq!(lines.len(), 4);
    let outcome = run(&[], &["--sandbox", "classify", "--wait", two, three]);
    assert_eq!((outcome.status, outcome.out.lines().count()), (3, 1));
    assert!(outcome.err.contains("item 1: submitted as ") && outcome.err.contains("item 2: the key may not"));
}

#[test]
fn results_are_read_and_waited_for_by_identifier() {
    let (_sandbox, env) = sandbox();
    let url = |path: &str| format!("https://sandbox.test/{path}");
    let submit = |path: &str| in_sandbox(&env, &["classify", &url(path)]).out.trim_end().to_owned();
    let (c2pa, errored) = (submit("c2pa.jpg"), submit("errored.jpg"));
    let verdict = format!("{c2pa} artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n");
    for command in ["result", "wait"] {
        let outcome = in_sandbox(&env, &[command, &c2pa]);
        assert_eq!((outcome.status, outcome.out.as_str(), outcome.err.as_str()), (0, verdict.as_str(), ""));
        let outcome = in_sandbox(&env, &[command, &errored, "nobody", &c2pa]);
        assert_eq!(outcome.status, 6, "{}", outcome.err);
        assert!(
            outcome.out.ends_with(&verdict) && outcome.err.contains("item 2: the service knows no such thing"),
            "{}",
            outcome.err
        );
        let outcome = in_sandbox(&env, &[command, "--json", "nobody", &c2pa]);
        let lines = json_lines(&outcome.out);
        assert_eq!(
            (outcome.status, &lines[0]["input"], &lines[0]["error"]["kind"]),
            (3, &json!("nobody"), &json!("not_found"))
        );
        assert_eq!((&lines[1]["identifier"], &lines[1]["status"]), (&json!(c2pa), &json!("done")));
    }
    let outcome = in_sandbox(&env, &["result", &errored]);
    assert_eq!(
        (outcome.status, outcome.out),
        (6, format!("{errored} the analysis failed: The file is not an image.\n"))
    );
}

#[test]
fn a_wait_that_takes_too_long_ends_with_5_and_names_the_submission() {
    let server = Server::answering(answer(200, "application/json", "{\"status\":\"new\"}"));
    let outcome = against(&server, &["wait", ID, "--wait-timeout", "0.2"]);
    assert_eq!(outcome.status, 5);
    assert!(outcome.err.contains("within 200ms (last seen as new)") && outcome.err.contains(ID), "{}", outcome.err);
    let outcome = against(&server, &["wait", ID, "--wait-timeout", "0.1", "--json"]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["identifier"], &line["error"]["kind"]), (&json!(ID), &json!("wait_timed_out")));
    let outcome = against(&server, &["result", ID]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{ID} pending (new)\n")));
    let failing = Server::answering(answer(401, "application/json", "{\"error\":\"Unauthorized\"}"));
    let outcome = against(&failing, &["result", ID, "other"]);
    assert_eq!((outcome.status, outcome.err.lines().count()), (3, 1), "one error of all: {}", outcome.err);
    let outcome = against(&failing, &["result", "--json", ID, "other"]);
    assert_eq!(json_lines(&outcome.out).len(), 2, "but a line for each");
}

#[test]
fn a_heatmap_is_written_once_it_is_whole() {
    let (_sandbox, env) = sandbox();
    let directory = std::env::temp_dir().join(format!("identifai-heatmap-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("heat.png");
    let path = path.to_str().unwrap();
    let submit = |more: &[&str]| {
        let arguments = [&["classify", CAT], more].concat();
        in_sandbox(&env, &arguments).out.trim_end().to_owned()
    };
    let (with, without) = (submit(&["--with-heatmap"]), submit(&[]));
    let outcome = in_sandbox(&env, &["heatmap", &without, "-o", path]);
    assert_eq!((outcome.status, outcome.out.as_str()), (3, ""));
    assert!(outcome.err.contains("there is no heatmap") && !std::fs::exists(path).unwrap(), "{}", outcome.err);
    let outcome = in_sandbox(&env, &["heatmap", &with, "-o", path]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{with} heatmap of 64 x 64 pixels written\n")));
    let png = std::fs::read(path).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let outcome = in_sandbox(&env, &["heatmap", &with, "--output", path, "--json"]);
    let expected = json!({"identifier": with, "output": path, "width": 64, "height": 64, "bytes": png.len()});
    assert_eq!(json_lines(&outcome.out), [expected]);
    let outcome = in_sandbox(&env, &["heatmap", &with, "-o", directory.join("none/heat.png").to_str().unwrap()]);
    assert!(outcome.status == 5 && outcome.err.contains("cannot write the heatmap: "), "{}", outcome.err);
    let outcome =
        in_sandbox(&env, &["heatmap", &with, "--json", "-o", directory.join("none/heat.png").to_str().unwrap()]);
    let [line] = json_lines(&outcome.out).try_into().unwrap();
    assert_eq!((&line["error"]["kind"], &line["identifier"]), (&json!("output"), &json!(with)));
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    let output = program(&env).args(["heatmap", &with, "-o", "-"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), png));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_override_shows_in_the_next_result() {
    let (_sandbox, env) = sandbox();
    let wait = in_sandbox(&env, &["classify", "--json", "--wait", "https://sandbox.test/c2pa.jpg"]);
    let [report] = json_lines(&wait.out).try_into().unwrap();
    let (identifier, hash) = (report["identifier"].as_str().unwrap(), report["hash"].as_str().unwrap());
    let outcome = in_sandbox(&env, &["override", hash, "human"]);
    assert_eq!((outcome.status, outcome.out), (0, format!("{hash} is human from now on\n")));
    let outcome = in_sandbox(&env, &["result", identifier]);
    assert!(outcome.out.contains(" human (overridden); verdict: artificial, "), "{}", outcome.out);
    let outcome = in_sandbox(&env, &["override", hash, "artificial", "--json"]);
    assert_eq!(json_lines(&outcome.out), [json!({"hash": hash, "classification": "artificial", "type": "image"})]);
    let outcome = in_sandbox(&env, &["override", identifier, "human"]);
    assert!(outcome.status == 3 && outcome.err.contains("no file with this hash"), "{}", outcome.err);
}

#[test]
fn what_is_no_identifier_hash_or_class_is_said_and_nothing_is_sent() {
    let server = Server::answering(answer(200, "application/json", "{}"));
    let hash = "0".repeat(64);
    for (arguments, says) in [
        (&["result", CAT][..], "argument 1 is a URL; `identifai classify --wait URL`"),
        (&["wait", ID, KEY], "argument 2: identifier: must be"),
        (&["heatmap", KEY, "-o", "x"], "argument 1: identifier: must be"),
        (&["override", KEY, "human"], "hash: is the API key"),
        (&["--json", "override", KEY, "human"], "hash: is the API key"),
        (&["--json", "override", "abc", "human"], "hash: must be the SHA-256"),
        (&["override", &hash, KEY], "must be one of human, artificial"),
        (&["override", &hash], "CLASSIFICATION"),
        (&["heatmap", ID], "--output"),
        (&["classify", CAT, "--wait-timeout", "3"], "--wait"),
        (&["wait", ID, "--wait-timeout", "0"], "--wait-timeout"),
    ] {
        let outcome = against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(says), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_report_that_cannot_be_written_anew_is_printed_as_it_came() {
    for (field, raw) in [("name", "\"\\ud83d\""), ("new", "1e999"), ("new", &*("[".repeat(200) + &"]".repeat(200)))] {
        let body = format!("{{\"status\":\"done\",\n\"{field}\":{raw},\"verdict\":{{\"classification\":\"human\"}}}}");
        let server = Server::answering(answer(200, "application/json", &body));
        let outcome = against(&server, &["result", ID, "--json"]);
        let expected = format!("{{\"identifier\":\"{ID}\",{}\n", body[1..].replace('\n', " "));
        assert_eq!((outcome.status, outcome.out, outcome.err.as_str()), (0, expected, ""));
    }
}

#[test]
fn no_foreign_character_reaches_a_terminal() {
    let body = "{\"status\":\"done\",\"name\":\"\u{9b}2J\u{202e}x\",\"verdict\":{\"classification\":\"\u{9b}\"}}";
    let server = Server::answering(answer(200, "application/json", body));
    for arguments in [&["result", ID][..], &["result", ID, "--json"], &["wait", ID, "--json"]] {
        let outcome = against(&server, arguments);
        assert!(!outcome.out.contains(['\u{9b}', '\u{202e}']), "{:?}", outcome.out);
        if arguments.contains(&"--json") {
            assert_eq!(json_lines(&outcome.out)[0]["name"], "\u{9b}2J\u{202e}x");
        }
    }
}

/// A directory with a picture, a video and a recording, gone with the test.
struct Files(std::path::PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("identifai-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let files: [(&str, &[u8]); 5] = [
            ("cat.png", b"\x89PNG\r\n\x1a\n..."),
            ("clip", b"\0\0\0\x20ftypisom...."),
            ("call.mp3", b"ID3\x04...."),
            ("odd.jpg", b"\x89PNG\r\n\x1a\n..."),
            ("notes.txt", b"some text"),
        ];
        for (name, bytes) in files {
            std::fs::write(path.join(name), bytes).unwrap();
        }
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_and_urls_are_mixed_and_each_goes_where_it_belongs() {
    let server = Server::answering(accepted());
    let files = Files::new("mixed");
    let arguments = [
        "classify",
        &files.path("cat.png"),
        "https://x.test/a.MOV?token=s3cret",
        &files.path("clip"),
        CAT,
        &files.path("call.mp3"),
        "--no-cache",
    ];
    let outcome = against(&server, &arguments);
    assert_eq!((outcome.status, outcome.out.lines().count(), outcome.err.as_str()), (0, 5, ""));
    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|seen| seen.head.split(' ').nth(1).unwrap()).collect();
    let expected = ["classification", "video_fromurl", "classification_video", "image_fromurl", "classification_audio"];
    assert_eq!(paths, expected.map(|path| format!("/api/{path}")));
    let body = |index: usize| String::from_utf8_lossy(&requests[index].body).into_owned();
    assert!(body(0).contains("name=\"image\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n"));
    assert!(body(2).contains("name=\"video\"; filename=\"clip\"\r\nContent-Type: video/mp4\r\n"));
    assert!((0..5).all(|index| body(index).contains("name=\"no_cache\"\r\n\r\ntrue\r\n")));

    let outcome = against(&server, &["classify", "--audio", &files.path("clip"), "https://x.test/a"]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let video =
        ["classify", &files.path("clip"), "--frames", "10", "--key-frames", "--key-frames-method=color", "--with-nsfw"];
    assert_eq!(against(&server, &video).status, 0);
    let requests = server.requests();
    assert!(
        requests[5].head.starts_with("POST /api/classification_audio ")
            && requests[6].head.contains("/api/audio_fromurl ")
    );
    let body = String::from_utf8_lossy(&requests[7].body).into_owned();
    for (name, value) in
        [("frames", "10"), ("key_frames", "true"), ("key_frames_method", "color"), ("with_nsfw", "true")]
    {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}: {body}");
    }
}

#[test]
fn what_does_not_fit_together_is_said_before_anything_is_paid_for() {
    let server = Server::answering(accepted());
    let files = Files::new("unfit");
    let (cat, clip, odd, notes) =
        (files.path("cat.png"), files.path("clip"), files.path("odd.jpg"), files.path("notes.txt"));
    for (arguments, says) in [
        (
            &["classify", &cat, &clip, "--with-heatmap"][..],
            "argument 2: is a video, for which there is no --with-heatmap",
        ),
        (&["classify", &cat, "--frames", "5"], "argument 1: is an image, for which there is no --frames"),
        (
            &["classify", "--audio", "https://x.test/a", "--with-nsfw"],
            "is a recording, for which there is no --with-nsfw",
        ),
        (&["classify", &cat, &odd], "argument 2: file: is image/jpeg by its name and image/png by its content"),
        (
            &["classify", &notes],
            "argument 1: is of no format that is known; say --image, --video or --audio, with --any-format",
        ),
        (&["classify", "--image", &notes], "argument 1: file: is of no image format"),
        (&["classify", "--video", &cat], "argument 1: file: is image/png, which is no video"),
        (&["classify", &files.path("")], "argument 1: file: is a directory"),
        (&["classify", "-", "-"], "standard input can be read once"),
        (&["classify", "-"], "argument 1: is of no format that is known"),
        (&["classify", &cat, "--frames", "7"], "must be one of 5, 10, 30"),
        (&["classify", "--image", "--video", &cat], "--video"),
    ] {
        let outcome = against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(says), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(against(&server, &["classify", "--image", "--any-format", &notes, &odd]).status, 0);
}

#[test]
fn standard_input_is_uploaded_like_a_file() {
    use std::io::Write;

    let server = Server::answering(accepted());
    let url = server.base_url();
    let mut command = program(&[("IDENTIFAI_API_KEY", KEY), ("IDENTIFAI_BASE_URL", &url)]);
    let mut child = command.args(["classify", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"\x89PNG\r\n\x1a\n from a pipe").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), format!("{ID}\n").into_bytes()));
    let body = String::from_utf8_lossy(&server.requests()[0].body).into_owned();
    assert!(body.contains("filename=\"stdin.png\"") && body.contains("from a pipe\r\n--identifai-"), "{body}");
}

#[test]
fn every_medium_s_verdict_is_printed() {
    let (_sandbox, env) = sandbox();
    let files = Files::new("verdicts");
    let paths = ["cat.png", "clip", "call.mp3"].map(|name| files.path(name));
    let [cat, clip, call] = paths.each_ref().map(String::as_str);
    let outcome = in_sandbox(&env, &["classify", "--wait", "--json", cat, clip, call]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let lines = json_lines(&outcome.out);
    assert_eq!(
        (&lines[0]["name"], &lines[1]["name"], &lines[2]["name"]),
        (&json!("cat.png"), &json!("clip"), &json!("call.mp3"))
    );
    assert!(lines[1]["results"]["images"].is_array() && lines[2]["chunk_details"].is_array());
    let id = |index: usize| lines[index]["identifier"].as_str().unwrap();
    for (flag, id) in [("--image", id(0)), ("--video", id(1)), ("--audio", id(2))] {
        for command in ["result", "wait"] {
            let outcome = in_sandbox(&env, &[command, flag, id]);
            assert_eq!(outcome.status, 0, "{}", outcome.err);
            assert!(outcome.out.starts_with(id) && outcome.out.contains(", confidence "), "{}", outcome.out);
        }
    }
    let hash = lines[1]["hash"].as_str().unwrap();
    let outcome = in_sandbox(&env, &["override", "--video", hash, "human", "--json"]);
    assert_eq!(json_lines(&outcome.out), [json!({"hash": hash, "classification": "human", "type": "video"})]);
    assert_eq!(in_sandbox(&env, &["override", hash, "human"]).status, 3, "of no image");
}
