//! Tests of the end of `identifai batch`: each identifier that was paid for is on standard output, on standard error or
//! in the journal, however the program ends.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use serde_json::json;
use test_support::{Directory, IO_TIMEOUT, Server, done_reports, json};

use crate::batch_program::{Counting, batch, file_url, name, urls};
use crate::support::{env_of, in_shell, json_lines, piped, read_until, run_with_input, signal};

/// The command that runs a shell with the permission to mount a disk.
const OWN_MOUNTS: [&str; 3] = ["unshare", "--map-root-user", "--mount"];
/// The script that mounts a disk of 64 KiB with 4 KiB free.
const SMALL_DISK: &str = "mount -t tmpfs -o size=64k tmpfs disk && head -c 60k /dev/zero > disk/filler";
const STOPPED: &str = "submitting stopped; waiting for pending results";

/// A fake service that accepts each submitted URL. It does not respond to the submit of a URL that contains `held`. It
/// has no reports until they are released, and each report has a filler of a given size.
struct Slow {
    server: Server,
    /// Receives a message for each submit.
    submitted: mpsc::Receiver<()>,
    /// Receives the number of identifiers in each poll.
    polls: mpsc::Receiver<usize>,
    is_released: Arc<AtomicBool>,
}

impl Slow {
    fn start(filler: usize) -> Self {
        let (submitted, is_submitted) = mpsc::channel();
        let (polled, polls) = mpsc::channel();
        let is_released = Arc::new(AtomicBool::new(false));
        let released = Arc::clone(&is_released);
        let filler = "x".repeat(filler);
        let server = Server::start(move |connection| {
            while let Some(seen) = connection.request() {
                let Some(url) = file_url(&seen) else {
                    polled.send(seen.requested_ids().len()).unwrap_or_default();
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
        Self { server, submitted: is_submitted, polls, is_released }
    }

    fn wait_for_submits(&self, count: usize) {
        (0..count).for_each(|_| self.submitted.recv_timeout(IO_TIMEOUT).unwrap());
    }
}

/// Checks that each of `urls` is reported with its identifier.
fn assert_reported(err: &str, urls: &[&str]) {
    for url in urls {
        let line = err.lines().find(|line| line.contains(&format!("submitted as {}, ", name(url))));
        let line = line.unwrap_or_else(|| panic!("{url} is not reported in {err}"));
        assert!(line.contains(url.split('?').next().unwrap()), "{line}");
    }
}

#[test]
fn batch_second_signal_reports_pending_items() {
    let here = Directory::new();
    let list = ["https://x.test/0.jpg?signature=s3cret", "https://x.test/1.mp4", "https://x.test/held\u{202e}.jpg"];
    let list = here.file("list", list.join("\n"));
    // The runs are concurrent, because each waits for processes.
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
                let mut child = piped(&mut batch(&env_of(&slow.server), &["--no-rate-limit", list]));
                slow.wait_for_submits(3);
                let mut err = BufReader::new(child.stderr.take().unwrap());
                signal(&child, signals[0]);
                let mut errors = read_until(&mut err, STOPPED);
                signal(&child, signals[1]);
                err.read_to_string(&mut errors).unwrap();
                let output = child.wait_with_output().unwrap();
                assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(status), &b""[..]), "{errors}");
                let [first, second] = ["https://x.test/0.jpg?signature=s3cret", "https://x.test/1.mp4"].map(name);
                for line in [
                    format!("identifai: line 1: submitted as {first}, result not printed: image https://x.test/0.jpg"),
                    format!("identifai: line 2: submitted as {second}, result not printed: video https://x.test/1.mp4"),
                    "identifai: line 3: may have been submitted, identifier unknown: image https://x.test/held\\u{202e}.jpg"
                        .to_owned(),
                ] {
                    assert!(errors.lines().any(|error| error == line), "no {line:?} in {errors}");
                }
                assert!(errors.contains("run `identifai wait ID`") && !errors.contains("s3cret"), "{errors}");
            });
        }
    });
}

#[test]
fn batch_first_sigterm_reports_pending_and_waits() {
    let slow = Slow::start(0);
    let mut child = piped(&mut batch(&env_of(&slow.server), &["--no-rate-limit", "--in-flight", "2", "-"]));
    child.stdin.as_mut().unwrap().write_all(urls(5).as_bytes()).unwrap();
    // A poll for two reports shows that the program has both identifiers.
    while slow.polls.recv_timeout(IO_TIMEOUT).unwrap() < 2 {}
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "TERM");
    let mut errors = read_until(&mut err, "run `identifai wait ID`");
    assert!(errors.contains(STOPPED));
    slow.is_released.store(true, Ordering::SeqCst);
    err.read_to_string(&mut errors).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_reported(&errors, &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
    assert!(errors.contains("2 with a verdict, 0 without"), "{errors}");
    assert_eq!(errors.matches("submitted as").count(), 2, "printed items are not reported again: {errors}");
    let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), lines.len()), (Some(143), 2), "{errors}");
}

#[test]
fn batch_second_signal_with_journal_prints_one_line() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", urls(2) + "https://x.test/held.jpg\n");
    let mut child =
        piped(&mut batch(&env_of(&slow.server), &["--no-rate-limit", "--journal", &here.path("journal"), &list]));
    slow.wait_for_submits(3);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "TERM");
    let mut errors = read_until(&mut err, STOPPED);
    signal(&child, "TERM");
    err.read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let report = "identifai: 3 submitted but not printed, all in the journal; run the same command again to continue";
    assert!(errors.lines().any(|line| line == report) && !errors.contains("submitted as"), "{errors}");
}

#[test]
fn batch_under_nohup_survives_sighup() {
    let slow = Slow::start(0);
    let command = batch(&env_of(&slow.server), &["--no-rate-limit", "-"]);
    let mut child = piped(&mut in_shell(&command, &["env"], "trap '' HUP; exec \"$0\" \"$@\""));
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"https://x.test/0.jpg\n").unwrap();
    slow.wait_for_submits(1);
    signal(&child, "HUP");
    input.write_all(b"https://x.test/1.jpg\n").unwrap();
    // The program continues to submit.
    slow.wait_for_submits(1);
    drop(input);
    slow.is_released.store(true, Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), json_lines(&out).len()), (Some(0), 2), "{err}");
    assert!(!err.contains(STOPPED), "{err}");
}

#[test]
fn batch_with_stalled_stdout_exits_on_second_signal() {
    let (slow, here) = (Slow::start(1 << 20), Directory::new());
    let list = here.file("list", urls(2));
    slow.is_released.store(true, Ordering::SeqCst);
    let mut child = piped(&mut batch(&env_of(&slow.server), &["--no-rate-limit", &list]));
    // A result is larger than the buffer of a pipe, so the program is blocked while it prints the first one.
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "INT");
    // The message about the first signal may be missing, because the thread that prints the result holds the bar.
    signal(&child, "TERM");
    let mut errors = String::new();
    err.read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{errors}");
    assert_reported(&errors, &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
}

#[test]
fn batch_with_stalled_stderr_exits_on_third_signal() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", format!("https://x.test/{}.jpg\n", "x".repeat(300_000)));
    let mut child = piped(&mut batch(&env_of(&slow.server), &["--no-rate-limit", &list]));
    slow.wait_for_submits(1);
    let mut err = BufReader::with_capacity(16, child.stderr.take().unwrap());
    signal(&child, "INT");
    read_until(&mut err, STOPPED);
    signal(&child, "INT");
    let mut report = vec![0; 40];
    err.read_exact(&mut report).unwrap();
    assert!(String::from_utf8(report).unwrap().contains("line 1: "), "the report is larger than a pipe's buffer");
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn batch_with_failing_stdout_reports_unprinted_items() {
    let (service, here) = (Counting::start(), Directory::new());
    let list = here.file("list", urls(5));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = batch(&service.env(), &["--no-rate-limit", "--in-flight", "3", &list]).stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert_eq!(err.matches("cannot write the result: No space left on device").count(), 1, "{err}");
    let submits = service.submits.lock().unwrap();
    assert_eq!(submits.len(), 3, "nothing more is submitted");
    assert_reported(&err, &submits.keys().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn batch_with_closed_pipe_reports_unprinted_items() {
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
    let mut child = piped(&mut batch(&env_of(&server), &["--no-rate-limit", &list]));
    let mut printed = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut printed).unwrap();
    is_closed.store(true, Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert!(printed.contains(&name(&first)) && !err.contains(&name(&first)), "{err}");
    assert_reported(&err, &[&second, &third]);
    assert!(!err.to_lowercase().contains("pipe"), "{err}");
}

#[test]
fn batch_with_failing_stdout_finishes_open_submits() {
    let here = Directory::new();
    let (arrived, has_arrived) = mpsc::channel();
    let has_arrived = std::sync::Mutex::new(has_arrived);
    let (release, is_released) = mpsc::channel();
    let is_released = std::sync::Mutex::new(is_released);
    let server = Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            if let Some(url) = file_url(&seen) {
                if url.contains("/1.jpg") {
                    arrived.send(()).unwrap();
                    is_released.lock().unwrap().recv().unwrap();
                }
                connection.send(&json(&json!({ "identifier": name(&url) }).to_string()));
            } else {
                has_arrived.lock().unwrap().recv().unwrap();
                connection.send(&done_reports(&seen.requested_ids()));
                release.send(()).unwrap();
            }
        }
    });
    let list = here.file("list", urls(2));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let arguments = ["--no-rate-limit", "--workers", "2", "--in-flight", "2", &list];
    let output = batch(&env_of(&server), &arguments).stdout(full).output().unwrap();
    assert_reported(&String::from_utf8(output.stderr).unwrap(), &["https://x.test/0.jpg", "https://x.test/1.jpg"]);
}

#[test]
fn batch_with_failing_stderr_reports_items_on_stdout() {
    let (slow, here) = (Slow::start(0), Directory::new());
    let list = here.file("list", urls(1) + "https://x.test/held.jpg\n");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = batch(&env_of(&slow.server), &["--no-rate-limit", &list]);
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

/// Runs a batch of 50 URLs in a shell script that makes writes fail, and then again without the script. Checks that
/// each submitted item is printed, recorded or reported by the first run, and that no item is submitted twice.
fn assert_nothing_is_lost(service: &Counting, here: &Directory, by: &[&str], script: &str) {
    let (list, journal) = (here.path("list"), here.path("journal"));
    let command = batch(&service.env(), &["--no-rate-limit", "--in-flight", "5", "--journal", "journal", &list]);
    let first: Command = in_shell(&command, by, script);
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
    assert!(!submitted.is_empty() && submitted.len() < 50, "the run did not stop between the items: {err}");
    for url in &submitted {
        let identifier = name(url);
        let is_printed = printed.iter().any(|line| line.contains(&identifier));
        assert!(is_printed || kept.contains(&identifier) || err.contains(&identifier), "{url} is lost: {err}");
    }
    let again = run_with_input(batch(&service.env(), &["--no-rate-limit", "--journal", &journal, &list]), "");
    assert_eq!(json_lines(&again.out).len(), 50, "{}", again.err);
    assert!(service.submits.lock().unwrap().values().all(|count| *count == 1), "paid twice");
}

#[test]
fn batch_beyond_file_size_limit_loses_no_items() {
    let (service, here) = (Counting::start(), Directory::new());
    here.file("list", urls(50));
    assert_nothing_is_lost(&service, &here, &["env"], "ulimit -f 4; exec \"$0\" \"$@\"");
}

/// Runs a batch of 50 URLs in a shell script that writes results to a file `out`, which is too small for all of them.
/// Checks that each submitted item that is not in the file is reported.
fn assert_unprinted_is_reported(by: &[&str], script: &str, reason: &str) {
    let (service, here) = (Counting::start(), Directory::new());
    let list = here.file("list", urls(50));
    fs::create_dir(here.path("disk")).unwrap();
    let command = batch(&service.env(), &["--no-rate-limit", "--in-flight", "5", &list]);
    let output = in_shell(&command, by, script).current_dir(here.path("")).output().unwrap();
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
    assert_reported(&err, &unprinted.map(String::as_str).collect::<Vec<_>>());
}

/// Returns `true` and prints a message if the test cannot mount a disk in this environment.
fn is_skipped(err: &str) -> bool {
    let is_skipped = err.contains("unshare:") || err.contains("mount:");
    if is_skipped {
        eprintln!("SKIPPED: cannot mount a small disk: {err}");
    }
    is_skipped
}

#[test]
fn batch_identifier_missing_in_journal_is_reported() {
    let (service, here) = (Counting::start(), Directory::new());
    // The journal's line before the submit fits into the limit, and the line after it does not.
    let list = here.file("list", format!("https://x.test/{}.jpg\n", "x".repeat(250)));
    let command = batch(&service.env(), &["--no-rate-limit", "--journal", &here.path("journal"), &list]);
    let output = in_shell(&command, &["prlimit", "--fsize=500"], "exec \"$0\" \"$@\"").output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), json_lines(&out).len()), (Some(5), 1), "{err}");
    assert!(err.contains("1 printed but missing from the journal, which could not be written"), "{err}");
    let again = run_with_input(command, "");
    assert_eq!(json_lines(&again.out)[0]["error"]["kind"], "indeterminate", "{}", again.err);
    assert!(service.submits.lock().unwrap().values().all(|count| *count == 1), "paid twice");
}

#[test]
fn batch_results_beyond_file_size_limit_are_reported() {
    assert_unprinted_is_reported(&["env"], "ulimit -f 1; exec \"$0\" \"$@\" > out", "File too large");
}

#[test]
fn batch_results_on_full_disk_are_reported() {
    let script = format!("{SMALL_DISK} && {{ \"$0\" \"$@\" > disk/out; status=$?; cp disk/out .; exit $status; }}");
    assert_unprinted_is_reported(&OWN_MOUNTS, &script, "No space left on device");
}

#[test]
fn batch_on_full_disk_loses_no_items() {
    let (service, here) = (Counting::start(), Directory::new());
    here.file("list", urls(50));
    fs::create_dir(here.path("disk")).unwrap();
    let copy = "cd disk && { \"$0\" \"$@\" > out; status=$?; cp journal ..; cat out; exit $status; }";
    assert_nothing_is_lost(&service, &here, &OWN_MOUNTS, &format!("{SMALL_DISK} && {copy}"));
}
