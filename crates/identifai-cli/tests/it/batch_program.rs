//! Tests of `identifai batch`: each item is printed once and paid for once, even if the program is killed repeatedly.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use test_support::{Directory, KEY, Request, Server, done_reports, json, response};

use crate::support::{Env, env_of, interrupt, json_lines, piped, program, run_with_input, sandbox};

/// A fake service that accepts every submit, returns a report for every identifier, and counts the submits of each URL.
pub(crate) struct Counting {
    server: Server,
    pub(crate) submits: Arc<Mutex<HashMap<String, u32>>>,
}

impl Counting {
    pub(crate) fn start() -> Self {
        let submits = Arc::<Mutex<HashMap<String, u32>>>::default();
        let counted = Arc::clone(&submits);
        let server = Server::start(move |connection| {
            while let Some(seen) = connection.request() {
                connection.send(&match file_url(&seen) {
                    Some(url) => {
                        *counted.lock().unwrap().entry(url.clone()).or_default() += 1;
                        json(&json!({"identifier": name(&url)}).to_string())
                    }
                    None => done_reports(&seen.requested_ids()),
                });
            }
        });
        Self { server, submits }
    }

    pub(crate) fn env(&self) -> Env {
        env_of(&self.server)
    }
}

/// Returns the submitted URL, if the request is a submit by URL.
pub(crate) fn file_url(seen: &Request) -> Option<String> {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let (_, value) = body.split_once("name=\"file_url\"\r\n\r\n")?;
    Some(value.split_once('\r').unwrap().0.to_owned())
}

/// Returns the identifier that the fake service gives to the submission of `url`.
pub(crate) fn name(url: &str) -> String {
    format!("{:x}", BuildHasherDefault::<DefaultHasher>::default().hash_one(url))
}

/// Returns a command that runs `identifai batch`.
pub(crate) fn batch(env: &Env, arguments: &[&str]) -> Command {
    let mut command = program(env);
    command.arg("batch").args(arguments);
    command
}

/// Returns a list of `count` URLs, one per line.
pub(crate) fn urls(count: usize) -> String {
    (0..count).map(|number| format!("https://x.test/{number}.jpg\n")).collect::<Vec<_>>().concat()
}

#[test]
fn batch_killed_and_rerun_submits_each_item_once() {
    const ITEMS: usize = 300;
    let (service, here) = (Counting::start(), Directory::new());
    let (list, journal) = (here.file("list", urls(ITEMS)), here.path("journal"));
    // With 100 submits per second, the kills hit the run at many different points.
    let arguments = ["--rate-limit", "6000,6000", "--journal", &journal, &list];
    let mut kills = 0;
    for number in 0..50 {
        let mut child = batch(&service.env(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let millis = RandomState::new().hash_one(number) % 50;
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        kills += u32::from(child.wait().unwrap().code().is_none());
    }
    assert!(kills > 20, "only {kills} of 50 runs were killed before they ended");
    let outcome = run_with_input(batch(&service.env(), &arguments), "");
    let lines = json_lines(&outcome.out);
    let mut indexes: Vec<u64> = lines.iter().map(|line| line["index"].as_u64().unwrap()).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..ITEMS as u64).collect::<Vec<_>>(), "each item is printed once: {}", outcome.err);
    let unknown: Vec<_> = lines.iter().filter(|line| line["error"]["kind"] == "indeterminate").collect();
    let done = lines.iter().filter(|line| line["verdict"]["classification"] == "human").count();
    assert_eq!(unknown.len() + done, ITEMS);
    assert_eq!(outcome.status, if unknown.is_empty() { 0 } else { 5 });
    let twice: Vec<_> =
        service.submits.lock().unwrap().iter().filter(|(_, count)| **count > 1).map(|(url, _)| url.clone()).collect();
    assert!(twice.is_empty(), "submitted twice: {twice:?}");

    let before = service.submits.lock().unwrap().values().sum::<u32>();
    let outcome = run_with_input(batch(&service.env(), &[&["--retry-indeterminate"], &arguments[..]].concat()), "");
    assert_eq!((outcome.status, json_lines(&outcome.out).len()), (0, ITEMS), "{}", outcome.err);
    let after = service.submits.lock().unwrap().values().sum::<u32>();
    assert_eq!(usize::try_from(after - before).unwrap(), unknown.len(), "only indeterminate items are resubmitted");
    let again = run_with_input(batch(&service.env(), &arguments), "");
    assert_eq!((again.status, json_lines(&again.out).len()), (0, ITEMS));
    assert_eq!(after, service.submits.lock().unwrap().values().sum::<u32>(), "all items are in the journal");
}

#[test]
fn batch_invalid_line_is_reported_without_stopping() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let cat = here.file("cat.png", b"\x89PNG\r\n\x1a\n...");
    let lines = [
        "https://x.test/a.jpg",
        "",
        &cat,
        r#"{"input": "https://x.test/v.mp4", "frames": 10, "ref_id": "17"}"#,
        r#"{"input": "https://x.test/b", "medium": "audio"}"#,
        r#"{"input": "https://x.test/c.jpg", "frames": 10}"#,
        r#"{"input": "https://x.test/d.jpg", "colour": 1}"#,
        r#"{"input": "https://x.test/e.jpg", "medium": "text"}"#,
        r#"{"inputs": "https://x.test/f.jpg"}"#,
        r#"{"input": "#,
        "/no/such/file.png",
        "\r\n\u{feff}https://sandbox.test/unsupported.txt\r",
    ];
    let outcome = run_with_input(batch(&env, &["-", "--no-rate-limit", "--with-nsfw=false"]), lines.join("\n"));
    assert_eq!(outcome.status, 3, "{}", outcome.err);
    let mut items = json_lines(&outcome.out);
    items.sort_by_key(|item| item["index"].as_u64());
    let indexes: Vec<_> = items.iter().map(|item| item["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, (0..11).collect::<Vec<_>>(), "blank lines do not count as items");
    for (index, input) in [(0, "https://x.test/a.jpg"), (1, cat.as_str())] {
        assert_eq!(items[index]["input"], input);
        assert!(items[index]["verdict"]["classification"].is_string(), "{}", items[index]);
    }
    assert_eq!((&items[2]["ref_id"], items[2]["results"]["images"].as_array().unwrap().len()), (&json!("17"), 10));
    // `--with-nsfw` applies to images and videos, so it is an error for a recording.
    let reasons = [
        (3, "line 5: --with-nsfw: not supported for a recording"),
        (4, "line 6: --frames: not supported for an image"),
        (5, "line 7: invalid options: unknown field `colour`"),
        (6, "line 8: medium: must be image, video or audio"),
        (7, "line 9: missing `input`"),
        (8, "line 10: invalid JSON object"),
        (9, "line 11: file: cannot find the file"),
        (10, "The uploaded file format is not supported."),
    ];
    for (index, reason) in reasons {
        let message = items[index]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(reason), "{message}");
        assert!(index == 10 || outcome.err.contains(message), "{}", outcome.err);
    }
    assert!(outcome.err.contains("3 with a verdict, 8 without"), "{}", outcome.err);
    assert_eq!(sandbox.submits(), 3);
}

#[test]
fn batch_error_escapes_control_characters_of_line() {
    let (_sandbox, env) = sandbox();
    let line = r#"{"input": "https://x.test/a.jpg", "\u001b[2J\n\u202e": 1}"#;
    let outcome = run_with_input(batch(&env, &["-"]), line);
    assert!(outcome.err.contains(r"unknown field `\u{1b}[2J\n\u{202e}`"), "{}", outcome.err);
    assert!(outcome.out.is_ascii() && json_lines(&outcome.out).len() == 1, "{}", outcome.out);
}

#[test]
fn batch_exit_status_is_that_of_worst_item() {
    let (_sandbox, env) = sandbox();
    let table = [("c2pa.jpg", 0), ("errored.jpg", 6), ("unsupported.txt", 3), ("no-credits.jpg", 3)];
    // The runs are concurrent, because two of them wait for a verdict.
    std::thread::scope(|scope| {
        for (path, status) in table {
            let command = batch(&env, &["--no-rate-limit", "-"]);
            scope.spawn(move || {
                let outcome = run_with_input(command, format!("https://sandbox.test/{path}\n"));
                assert_eq!(outcome.status, status, "{path}: {}", outcome.err);
            });
        }
    });
    let nothing = run_with_input(batch(&env, &["--no-rate-limit", "-"]), "\n\n");
    assert!(nothing.status == 0 && nothing.err.contains("no line with a URL or a path"), "{}", nothing.err);
    for (arguments, reason) in [
        (&["/no/such/list"][..], "cannot read the list"),
        (&["/"], "cannot read the list: is a directory"),
        (&["-", "--workers", "257"], "--workers"),
        (&["-", "--retry-indeterminate"], "--journal"),
        (&["-", "--journal", "/no/such/journal"], "journal: cannot open the file"),
        (&["-", "--journal", "/dev/null"], "journal: must be a regular file"),
        (&["-", "--in-flight", "0"], "--in-flight"),
        (&["-", "--rate-limit", "30"], "--rate-limit"),
    ] {
        let outcome = run_with_input(batch(&env, arguments), "https://x.test/\n");
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{arguments:?}: {}", outcome.err);
    }
}

#[test]
fn batch_with_wrong_key_stops_after_one_request() {
    let server = Server::responding(response(401, "application/json", r#"{"error":"Unauthorized"}"#));
    let env = env_of(&server);
    let outcome = run_with_input(batch(&env, &["-", "--no-rate-limit"]), urls(20));
    assert_eq!((outcome.status, server.requests().len(), json_lines(&outcome.out).len()), (3, 1, 20));
    assert_eq!(outcome.err.matches("401").count(), 1, "{}", outcome.err);
}

#[test]
fn journal_of_another_service_is_rejected() {
    let (service, (_sandbox, env)) = (Counting::start(), sandbox());
    let here = Directory::new();
    let journal = here.path("journal");
    assert_eq!(run_with_input(batch(&env, &["-", "--journal", &journal]), urls(1)).status, 0);
    let outcome = run_with_input(batch(&service.env(), &["-", "--journal", &journal]), urls(2));
    assert_eq!((outcome.status, service.submits.lock().unwrap().len()), (5, 0), "{}", outcome.err);
    let messages = json_lines(&outcome.out).into_iter().map(|item| item["error"]["message"].to_string());
    let of_unsubmitted =
        messages.filter(|text| text.starts_with("\"not submitted: journal: belongs to another service"));
    assert_eq!(of_unsubmitted.count(), 2, "results of the other service are not printed: {}", outcome.out);
}

#[test]
fn journal_in_use_or_of_other_format_is_rejected() {
    let (service, here) = (Counting::start(), Directory::new());
    let journal = here.path("journal");
    let mut command = batch(&service.env(), &["-", "--journal", &journal]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"https://x.test/1.jpg\n").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let outcome = run_with_input(batch(&service.env(), &["-", "--journal", &journal]), urls(1));
    assert_eq!((outcome.status, outcome.out.as_str()), (2, ""));
    assert!(outcome.err.contains("journal: in use by another process"), "{}", outcome.err);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success(), "the verdict was printed before the end of the input: {line}");

    let precious = here.file("precious", "not a journal");
    let outcome = run_with_input(batch(&service.env(), &["-", "--journal", &precious]), urls(1));
    assert!(outcome.status == 2 && outcome.err.contains("not a journal"), "{}", outcome.err);
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "not a journal");
}

#[test]
fn overwritten_files_are_resubmitted_and_counted() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let journal = here.path("journal");
    let png = |more: &str| [b"\x89PNG\r\n\x1a\n", more.as_bytes()].concat();
    let files: Vec<_> = (0..3).map(|number| here.file(&format!("{number}.png"), png("one"))).collect();
    let run = || {
        let before = sandbox.submits();
        let outcome = run_with_input(batch(&env, &["--no-rate-limit", "--journal", &journal, "-"]), files.join("\n"));
        assert_eq!(outcome.status, 0, "{}", outcome.err);
        (sandbox.submits() - before, outcome)
    };
    let (submits, first) = run();
    assert!(submits == 3 && !first.err.contains("changed"), "{}", first.err);
    for (changed, reason) in [
        (&files[..1], "1 file changed since an earlier run and is submitted again"),
        (&files[..2], "2 files changed since an earlier run and are submitted again"),
    ] {
        for (number, path) in changed.iter().enumerate() {
            std::fs::write(path, png(&"-".repeat(10 * changed.len() + number))).unwrap();
        }
        let (submits, outcome) = run();
        assert_eq!((submits, outcome.err.matches(reason).count()), (changed.len() as u64, 1), "{}", outcome.err);
        let (submits, outcome) = run();
        assert!(submits == 0 && !outcome.err.contains("changed"), "{}", outcome.err);
    }
}

#[cfg(unix)]
#[test]
fn journal_is_private_and_contains_no_secrets() {
    use std::os::unix::fs::PermissionsExt;

    let (service, here) = (Counting::start(), Directory::new());
    let journal = here.path("journal");
    let line = "https://user:passw0rd@x.test:8443/a.jpg?signature=s3cret#fragment\n";
    let outcome = run_with_input(batch(&service.env(), &["-", "--journal", &journal, "--journal-sync"]), line);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let text = std::fs::read_to_string(&journal).unwrap();
    assert!(text.contains(r#""input":"https://x.test:8443/a.jpg""#), "{text}");
    for secret in ["passw0rd", "user:", "s3cret", "fragment", KEY] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(std::fs::metadata(&journal).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn batch_ctrl_c_waits_for_pending_and_second_exits() {
    for (again, journal) in [(false, true), (true, true), (true, false)] {
        let here = Directory::new();
        let journal = journal.then(|| here.path("journal"));
        let (submitted, is_submitted) = std::sync::mpsc::channel();
        let is_released = Arc::new(Mutex::new(false));
        let released = Arc::clone(&is_released);
        let server = Server::start(move |connection| {
            while let Some(seen) = connection.request() {
                connection.send(&if let Some(url) = file_url(&seen) {
                    let _ = submitted.send(());
                    json(&json!({"identifier": name(&url)}).to_string())
                } else if *released.lock().unwrap() {
                    done_reports(&seen.requested_ids())
                } else {
                    json("[]")
                });
            }
        });
        let env = env_of(&server);
        let keep: Vec<&str> = journal.iter().flat_map(|path| ["--journal", path]).collect();
        let mut child = piped(&mut batch(&env, &[&["--in-flight", "2", "--no-rate-limit", "-"], &keep[..]].concat()));
        child.stdin.as_mut().unwrap().write_all(urls(5).as_bytes()).unwrap();
        is_submitted.recv().unwrap();
        is_submitted.recv().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        interrupt(&child);
        let mut errors = String::new();
        err.read_line(&mut errors).unwrap();
        assert!(errors.contains("submitting stopped; waiting for pending results"), "{errors}");
        if again {
            interrupt(&child);
        } else {
            *is_released.lock().unwrap() = true;
        }
        err.read_to_string(&mut errors).unwrap();
        let output = child.wait_with_output().unwrap();
        let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
        assert_eq!((output.status.code(), lines.len()), (Some(130), if again { 0 } else { 2 }), "{errors}");
        assert_eq!(server.requests().iter().filter(|seen| file_url(seen).is_some()).count(), 2);
        let hint = if journal.is_some() { "run the same command again" } else { "submits everything again" };
        assert!(errors.contains(hint), "{errors}");
    }
}

#[test]
fn batch_with_closed_pipe_ends_without_error_message() {
    let (service, here) = (Counting::start(), Directory::new());
    let list = here.file("list", urls(2_000));
    let ends_quietly = |journal: Option<String>| {
        let keep: Vec<&str> = journal.iter().flat_map(|path| ["--journal", path]).collect();
        let mut child =
            piped(&mut batch(&service.env(), &[&["--no-rate-limit", "--in-flight", "5", &list], &keep[..]].concat()));
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{err}");
        // Submitted items that were not printed are either in the journal or reported on standard error.
        let (is_reported, in_journal) = (err.contains("submitted as "), err.contains("all in the journal"));
        assert!(err.is_empty() || (is_reported, in_journal) == (journal.is_none(), journal.is_some()), "{err}");
        assert!(!err.contains("pipe"), "{err}");
    };
    // The runs are concurrent, because each waits for its first verdict.
    std::thread::scope(|scope| {
        scope.spawn(|| ends_quietly(Some(here.path("journal"))));
        scope.spawn(|| ends_quietly(None));
    });
    assert!(service.submits.lock().unwrap().len() < 2_000);
}
