//! `identifai batch`: however it ends, each identifier that was paid for is on standard output, on standard error or in
//! the journal.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use serde_json::json;
use test_support::{Directory, IO_TIMEOUT, Server, done_reports, json};

use crate::batch_program::{Counting, batch, file_url, name, urls};
use crate::support::{at, by_shell, fed, json_lines, piped, read_until, signal};

/// The command that runs a shell which may mount a disk, and the one that mounts it: 64 KiB, with 4 KiB free.
const OWN_MOUNTS: [&str; 3] = ["unshare", "--map-root-user", "--mount"];
const SMALL_DISK: &str = "mount -t tmpfs -o size=64k tmpfs disk && head -c 60k /dev/zero > disk/filler";
const STOPPED: &str = "nothing more is submitted; waiting for what is pending";

/// A service that accepts each URL and tells so, but holds a URL with `held` in it, and has results once they are
/// released, each of a size.
struct Slow {
    server: Server,
    submitted: mpsc::Receiver<()>,
    /// The number of identifiers that each look asks for.
    looks: mpsc::Receiver<usize>,
    is_released: Arc<AtomicBool>,
}

impl Slow {
    fn start(filler: usize) -> Self {
        let (submitted, is_submitted) = mpsc::channel();
        let (looked, looks) = mpsc::channel();
        let is_released = Arc::new(AtomicBool::new(false));
        let released = Arc::clone(&is_released);
        let filler = "x".repeat(filler);
        let server = Server::start(move |connection| {
            while let Some(seen) = connection.request() {
                let Some(url) = file_url(&seen) else {
                    looked.send(seen.requested_ids().len()).unwrap_or_default();
                    let is_done = released.load(Ordering::SeqCst) && seen.head.starts_with("GET ");
                    let reports = done_reports(&seen.requested_ids())
                        .replace("\"status\"", &format!("\"filler\":\"{filler}\",\"status\""));
                    let length = reports.split_once("\r\n\r\n").unwrap().1.to_owned();
                    connection.send(&if is_done { json(&length) } else { json("[]") });
                    continue;
                };
                submitted.send(()).unwrap_or_default();
                if url.contains("held") {
                    return connection.wait_for_end();
                }
                connection.send(&json(&json!({ "identifier": name(&url) }).to_string()));
            }
        });
        Self { server, submitted: is_submitted, looks, is_released }
    }

    fn wait_for_submits(&self, count: usize) {
        (0..count).for_each(|_| self.submitted.recv_timeout(IO_TIMEOUT).unwrap());
    }
}

/// Expects that each of `urls` is told with its identifier.
fn assert_told(err: &str, urls: &[&str]) {
    for url in urls {
        let line = err.lines().find(|line| line.contains(&format!("submitted as {}, ", name(url))));
        let line = line.unwrap_or_else(|| panic!("{url} is not told in {err}"));
        assert!(line.contains(url.split('?').next().unwrap()), "{line}");
    }
}

#[test]
fn batch_second_signal_tells_what_is_pending() {
    let here = Directory::new();
    let list = ["https://x.test/0.jpg?signature=s3cret", "https://x.test/1.mp4", "https://x.test/held\u{202e}.jpg"];
    let list = here.file("list", list.join("\n"));
    // Side by side, as each waits for processes.
    std::thread::scope(|scope| {
        for (signals, status) in [
            (["INT", "INT"], 130),
            (["TERM", "TERM"], 143),
            (["HUP", "HUP"], 129),
            (["XCPU", "XCPU"], 152),
            (["ALRM", "ALRM"], 142),
            (["INT", "TERM"], 143),
        ] {
            let list = &list;
            scope.spawn(move || {
                let slow = Slow::start(0);
                let mut child = piped(&mut batch(&at(&slow.server), &["--no-rate-limit", list]));
                slow.wait_for_submits(3);
                let mut err = BufReader::new(child.stderr.take().unwrap());
                signal(&child, signals[0]);
                let mut said = read_until(&mut err, STOPPED);
                signal(&child, signals[1]);
                err.read_to_string(&mut said).unwrap();
                let output = child.wait_with_output().unwrap();
                assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(status), &b""[..]), "{said}");
                let [first, second] = ["https://x.test/0.jpg?signature=s3cret", "https://x.test/1.mp4"].map(name);
                for line in [
                    format!("identifai: line 1: submitted as {first}, result not printed: image https://x.test/0.jpg"),
                    format!("identifai: line 2: submitted as {second}, result not printed: video https://x.test/1.mp4"),
                    "identifai: line 3: may have been submitted, identifier unknown: image https://x.test/held\\u{202e}.jpg"
                        .to_owned(),
                ] {
                    assert!(said.lines().any(|said| said == line), "no {line:?} in {said}");
                }
                assert!(said.contains("`identifai wait ID`") && !said.contains("s3cret"), "{said}");
            });
        }
    });
}

#[test]
fn batch_first_sigterm_tells_what_is_pending_and_waits_for_it() {
    let slow = Slow::start(0);
    let mut child = piped(&mut batch(&at(&slow.server), &["--no-rate-limit", "--in-flight", "2", "-"]));
    child.stdin.as_mut().unwrap().write_all(urls(5).as_bytes()).unwrap();
    // By then the program has both identifiers.
    while slow.looks.recv_timeout(IO_TIMEOUT).unwrap() < 2 {}
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "TERM");
    let mut said = read_until(&mut err, "`identifai wait ID`");
    assert!(said.contains(STOPPED));
    slow.is_released.store(true, Ordering::SeqCst);
    err.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_told(&said, &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
    assert!(said.contains("2 with a verdict, 0 without"), "{said}");
    assert_eq!(said.matches("submitted as").count(), 2, "what was printed is not told again: {said}");
    let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), lines.len()), (Some(143), 2), "{said}");
}

#[test]
fn batch_second_signal_with_a_journal_tells_one_line() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", urls(2) + "https://x.test/held.jpg\n");
    let mut child =
        piped(&mut batch(&at(&slow.server), &["--no-rate-limit", "--journal", &here.path("journal"), &list]));
    slow.wait_for_submits(3);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "TERM");
    let mut said = read_until(&mut err, STOPPED);
    signal(&child, "TERM");
    err.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let told = "identifai: 3 submitted and not printed, all in the journal: the same command goes on";
    assert!(said.lines().any(|line| line == told) && !said.contains("submitted as"), "{said}");
}

#[test]
fn batch_started_by_nohup_survives_a_hangup() {
    let slow = Slow::start(0);
    let command = batch(&at(&slow.server), &["--no-rate-limit", "-"]);
    let mut child = piped(&mut by_shell(&command, &["env"], "trap '' HUP; exec \"$0\" \"$@\""));
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"https://x.test/0.jpg\n").unwrap();
    slow.wait_for_submits(1);
    signal(&child, "HUP");
    input.write_all(b"https://x.test/1.jpg\n").unwrap();
    // It goes on submitting.
    slow.wait_for_submits(1);
    drop(input);
    slow.is_released.store(true, Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), json_lines(&out).len()), (Some(0), 2), "{err}");
    assert!(!err.contains(STOPPED), "{err}");
}

#[test]
fn batch_with_a_stalled_reader_leaves_on_the_second_signal() {
    let (slow, here) = (Slow::start(1 << 20), Directory::new());
    let list = here.file("list", urls(2));
    slow.is_released.store(true, Ordering::SeqCst);
    let mut child = piped(&mut batch(&at(&slow.server), &["--no-rate-limit", &list]));
    // A result is larger than a pipe: it is being printed, and will be until the end.
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "INT");
    // It may not say this, as whoever prints has the bar.
    signal(&child, "TERM");
    let mut said = String::new();
    err.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{said}");
    assert_told(&said, &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
}

#[test]
fn batch_with_a_stalled_standard_error_leaves_on_the_third_signal() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", format!("https://x.test/{}.jpg\n", "x".repeat(300_000)));
    let mut child = piped(&mut batch(&at(&slow.server), &["--no-rate-limit", &list]));
    slow.wait_for_submits(1);
    let mut err = BufReader::with_capacity(16, child.stderr.take().unwrap());
    signal(&child, "INT");
    read_until(&mut err, STOPPED);
    signal(&child, "INT");
    let mut told = vec![0; 40];
    err.read_exact(&mut told).unwrap();
    assert!(String::from_utf8(told).unwrap().contains("line 1: "), "it tells more than a pipe takes");
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn batch_with_failing_output_tells_all_that_was_not_printed() {
    let (service, here) = (Counting::start(), Directory::new());
    let list = here.file("list", urls(5));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = batch(&service.env(), &["--no-rate-limit", "--in-flight", "3", &list]).stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert_eq!(err.matches("cannot write the result: No space left on device").count(), 1, "{err}");
    let submits = service.submits.lock().unwrap();
    assert_eq!(submits.len(), 3, "nothing more is submitted");
    assert_told(&err, &submits.keys().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn batch_with_a_closed_pipe_tells_all_that_was_not_printed() {
    let here = Directory::new();
    let list = here.file("list", urls(3));
    let [first, second, third] = [0, 1, 2].map(|number| format!("https://x.test/{number}.jpg"));
    let is_closed = Arc::new(AtomicBool::new(false));
    let (closed, early) = (Arc::clone(&is_closed), name(&first));
    let server = Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            connection.send(&match file_url(&seen) {
                Some(url) => json(&json!({ "identifier": name(&url) }).to_string()),
                None if closed.load(Ordering::SeqCst) => done_reports(&seen.requested_ids()),
                None => done_reports(std::slice::from_ref(&early)),
            });
        }
    });
    let mut child = piped(&mut batch(&at(&server), &["--no-rate-limit", &list]));
    let mut printed = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut printed).unwrap();
    is_closed.store(true, Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert!(printed.contains(&name(&first)) && !err.contains(&name(&first)), "{err}");
    assert_told(&err, &[&second, &third]);
    assert!(!err.to_lowercase().contains("pipe"), "{err}");
}

#[test]
fn batch_with_failing_output_finishes_the_submits_of_its_workers() {
    let here = Directory::new();
    let (second_came, is_there) = mpsc::channel();
    let is_there = std::sync::Mutex::new(is_there);
    let (let_go, is_let_go) = mpsc::channel();
    let is_let_go = std::sync::Mutex::new(is_let_go);
    let server = Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            if let Some(url) = file_url(&seen) {
                if url.contains("/1.jpg") {
                    second_came.send(()).unwrap();
                    is_let_go.lock().unwrap().recv().unwrap();
                }
                connection.send(&json(&json!({ "identifier": name(&url) }).to_string()));
            } else {
                is_there.lock().unwrap().recv().unwrap();
                connection.send(&done_reports(&seen.requested_ids()));
                let_go.send(()).unwrap();
            }
        }
    });
    let list = here.file("list", urls(2));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let arguments = ["--no-rate-limit", "--workers", "2", "--in-flight", "2", &list];
    let output = batch(&at(&server), &arguments).stdout(full).output().unwrap();
    assert_told(&String::from_utf8(output.stderr).unwrap(), &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
}

#[test]
fn batch_with_dead_standard_error_tells_on_standard_output() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", urls(1) + "https://x.test/held.jpg\n");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = batch(&at(&slow.server), &["--no-rate-limit", &list]);
    let child = command.stdout(Stdio::piped()).stderr(full).spawn().unwrap();
    slow.wait_for_submits(2);
    signal(&child, "HUP");
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), lines.len()), (Some(143), 2));
    assert_eq!(
        (&lines[0]["input"], &lines[0]["identifier"]),
        (&json!("https://x.test/0.jpg"), &json!(name("https://x.test/0.jpg")))
    );
    assert_eq!(lines[1]["error"]["may_have_been_sent"], true);
}

/// Runs the batch of `list` in a shell, after `prepare` and with `"$@"` as the program, and then as often as it takes
/// without what hinders it. Whatever was submitted must be known, and nothing is submitted twice.
fn assert_nothing_is_lost(service: &Counting, here: &Directory, by: &[&str], script: &str) {
    let (list, journal) = (here.path("list"), here.path("journal"));
    let command = batch(&service.env(), &["--no-rate-limit", "--in-flight", "5", "--journal", "journal", &list]);
    let first: Command = by_shell(&command, by, script);
    let output = { first }.current_dir(here.path("")).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if is_skipped(&err) {
        return;
    }
    assert!(output.status.code().is_some_and(|status| [3, 5].contains(&status)), "{:?}: {err}", output.status);
    let kept = fs::read_to_string(&journal).unwrap();
    assert!(kept.ends_with('\n') && kept.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let printed: Vec<&str> = out.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
    let submitted: Vec<String> = service.submits.lock().unwrap().keys().cloned().collect();
    assert!(!submitted.is_empty() && submitted.len() < 50, "it stopped on its way: {err}");
    for url in &submitted {
        let identifier = name(url);
        let is_printed = printed.iter().any(|line| line.contains(&identifier));
        assert!(is_printed || kept.contains(&identifier) || err.contains(&identifier), "{url} is lost: {err}");
    }
    let again = fed(batch(&service.env(), &["--no-rate-limit", "--journal", &journal, &list]), "");
    assert_eq!(json_lines(&again.out).len(), 50, "{}", again.err);
    assert!(service.submits.lock().unwrap().values().all(|count| *count == 1), "paid twice");
}

#[test]
fn batch_beyond_the_file_size_limit_loses_nothing() {
    let (service, here) = (Counting::start(), Directory::new());
    here.file("list", urls(50));
    assert_nothing_is_lost(&service, &here, &["env"], "ulimit -f 4; exec \"$0\" \"$@\"");
}

/// Runs a batch in a shell that has `out` for its results and no room for all of them: what is not in there is told.
fn assert_unprinted_is_told(by: &[&str], script: &str, reason: &str) {
    let (service, here) = (Counting::start(), Directory::new());
    let list = here.file("list", urls(50));
    fs::create_dir(here.path("disk")).unwrap();
    let command = batch(&service.env(), &["--no-rate-limit", "--in-flight", "5", &list]);
    let output = by_shell(&command, by, script).current_dir(here.path("")).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    if is_skipped(&err) {
        return;
    }
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert!(err.contains(&format!("cannot write the result: {reason}")), "{err}");
    let out = fs::read_to_string(here.path("out")).unwrap();
    let printed: Vec<&str> = out.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
    let unprinted: Vec<String> = service.submits.lock().unwrap().keys().cloned().collect();
    let unprinted = unprinted.iter().filter(|url| !printed.iter().any(|line| line.contains(&name(url))));
    assert_told(&err, &unprinted.map(String::as_str).collect::<Vec<_>>());
}

/// Notes that a test needs a disk of its own, if it cannot have one here.
fn is_skipped(err: &str) -> bool {
    let is_skipped = err.contains("unshare:") || err.contains("mount:");
    if is_skipped {
        eprintln!("SKIPPED: no small disk, as {err}");
    }
    is_skipped
}

#[test]
fn batch_journal_without_the_last_identifier_is_reported() {
    let (service, here) = (Counting::start(), Directory::new());
    // The line before the submit fits, the one behind it does not.
    let list = here.file("list", format!("https://x.test/{}.jpg\n", "x".repeat(250)));
    let command = batch(&service.env(), &["--no-rate-limit", "--journal", &here.path("journal"), &list]);
    let output = by_shell(&command, &["prlimit", "--fsize=500"], "exec \"$0\" \"$@\"").output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), json_lines(&out).len()), (Some(5), 1), "{err}");
    assert!(err.contains("1 printed, but not in the journal, which could not be written"), "{err}");
    let again = fed(command, "");
    assert_eq!(json_lines(&again.out)[0]["error"]["kind"], "indeterminate", "{}", again.err);
    assert!(service.submits.lock().unwrap().values().all(|count| *count == 1), "paid twice");
}

#[test]
fn batch_with_results_beyond_the_size_limit_tells_them() {
    assert_unprinted_is_told(&["env"], "ulimit -f 1; exec \"$0\" \"$@\" > out", "File too large");
}

#[test]
fn batch_with_results_on_a_full_disk_tells_them() {
    let script = format!("{SMALL_DISK} && {{ \"$0\" \"$@\" > disk/out; status=$?; cp disk/out .; exit $status; }}");
    assert_unprinted_is_told(&OWN_MOUNTS, &script, "No space left on device");
}

#[test]
fn batch_on_a_full_disk_loses_nothing() {
    let (service, here) = (Counting::start(), Directory::new());
    here.file("list", urls(50));
    fs::create_dir(here.path("disk")).unwrap();
    let copy = "cd disk && { \"$0\" \"$@\" > out; status=$?; cp journal ..; cat out; exit $status; }";
    assert_nothing_is_lost(&service, &here, &OWN_MOUNTS, &format!("{SMALL_DISK} && {copy}"));
}
