//! Tests of the end of all commands except `batch`: each item that may have been paid for is reported, however the
//! program ends.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;

use test_support::{CAT, Connection, Directory, ID, Server, accepted, json};

use crate::support::{env_of, in_shell, json_lines, piped, read_until, run_with, sandbox, signal, without_rate_limit};

const TICKETS: &str = r#"{"batch_id": "65f0c0ff", "total_tickets": 1, "submissions": [{"identifier": "a1"}]}"#;

/// Opens a device to which every write fails.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// Runs `command`, and returns its exit status, standard output and standard error.
fn outcome(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Starts a fake service that does not respond to the submit with number `held`, counted from 1, or to the first read.
/// The receiver gets a message when that request arrives.
fn held_up(held: usize) -> (Server, mpsc::Receiver<()>) {
    let (reached, is_reached) = mpsc::channel();
    let submits = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |connection: &mut Connection| {
        while let Some(seen) = connection.request() {
            let is_submit = seen.head.starts_with("POST ");
            let count = submits.fetch_add(usize::from(is_submit), std::sync::atomic::Ordering::SeqCst);
            if !is_submit || count + 1 == held {
                reached.send(()).unwrap_or_default();
                return connection.wait_for_end();
            }
            connection.send(&if seen.head.contains("tickets") { json(TICKETS) } else { accepted() });
        }
    });
    (server, is_reached)
}

/// The beginning of the message about the first signal during a submit.
const FINISHING: &str = "finishing the current submit";

#[test]
fn signal_during_submit_finishes_it_and_stops() {
    for (name, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let (reached, is_reached) = mpsc::channel();
        let (release, is_released) = mpsc::channel::<()>();
        let is_released = std::sync::Mutex::new(is_released);
        let server = Server::start(move |connection: &mut Connection| {
            while connection.request().is_some() {
                reached.send(()).unwrap();
                let _ = is_released.lock().unwrap().recv();
                connection.send(&accepted());
            }
        });
        let mut child = piped(&mut without_rate_limit(&env_of(&server), &["classify", CAT, CAT]));
        is_reached.recv().unwrap();
        signal(&child, name);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        read_until(&mut err, FINISHING);
        release.send(()).unwrap();
        let mut rest = String::new();
        err.read_to_string(&mut rest).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stdout).unwrap()),
            (Some(status), format!("{ID}\n"))
        );
        assert!(rest.contains("item 2: cancelled") && server.requests().len() == 1, "{rest}");
    }
}

#[test]
fn second_signal_during_submit_reports_item() {
    let directory = Directory::new();
    let pdf = directory.file("a.pdf", b"%PDF-1.7\n");
    for (arguments, item) in
        [(["classify", CAT], format!("image {CAT}")), (["tickets", &pdf], format!("tickets {pdf}"))]
    {
        let (server, is_reached) = held_up(1);
        let mut child = piped(&mut without_rate_limit(&env_of(&server), &arguments));
        is_reached.recv().unwrap();
        signal(&child, "TERM");
        let mut err = BufReader::new(child.stderr.take().unwrap());
        read_until(&mut err, FINISHING);
        signal(&child, "TERM");
        read_until(&mut err, &format!("may have been submitted, identifier unknown: {item}"));
        assert_eq!(child.wait().unwrap().code(), Some(143));
    }
}

#[test]
fn signal_during_incomplete_upload_cancels_it() {
    let (reached, is_reached) = mpsc::channel();
    let server = Server::start(move |connection: &mut Connection| {
        connection.head();
        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
        reached.send(()).unwrap();
        let _ = std::io::copy(&mut (&mut connection.stream).take(1 << 20), &mut std::io::sink());
        connection.wait_for_end();
    });
    let directory = Directory::new();
    let png = directory.path("large.png");
    let mut file = File::create(&png).unwrap();
    file.write_all(b"\x89PNG\r\n\x1a\n").unwrap();
    // The file is larger than all buffers between the program and the server. It is sparse, so it needs no disk space.
    file.set_len(48 << 20).unwrap();
    let arguments = ["classify", &png];
    let mut child = piped(&mut without_rate_limit(&env_of(&server), &arguments));
    is_reached.recv().unwrap();
    signal(&child, "TERM");
    let mut err = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut err, FINISHING);
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{rest}");
    assert!(rest.contains("cancelled") && !rest.contains("may have"), "{rest}");
}

#[test]
fn sigterm_during_wait_reports_identifier() {
    let directory = Directory::new();
    let (png, pdf) = (directory.file("a.png", b"\x89PNG\r\n\x1a\n..."), directory.file("a.pdf", b"%PDF-1.7\n"));
    for (arguments, identifier) in [
        (&["classify", "--wait", &png][..], ID),
        (&["classify", "--wait", &png, CAT], ID),
        (&["tickets", "--wait", &pdf], "65f0c0ff"),
        (&["wait", ID], ID),
    ] {
        let (server, is_reached) = held_up(9);
        let child = piped(&mut without_rate_limit(&env_of(&server), arguments));
        is_reached.recv().unwrap();
        signal(&child, "TERM");
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(143), "{arguments:?}: {err}");
        assert!(err.contains(&format!("cancelled (submission {identifier})")), "{arguments:?}: {err}");
    }
}

#[test]
fn identifier_not_printed_is_reported_and_stops() {
    let directory = Directory::new();
    let pdf = directory.file("a.pdf", b"%PDF-1.7\n");
    for (arguments, report) in [
        (&["classify", CAT][..], format!("submitted as {ID}, result not printed: image {CAT}")),
        (&["--json", "classify", CAT, CAT], format!("item 1: submitted as {ID}, result not printed: image {CAT}")),
        (&["tickets", &pdf], format!("submitted as 65f0c0ff, result not printed: tickets {pdf}")),
    ] {
        let (server, _is_reached) = held_up(9);
        let (status, _, err) = outcome(without_rate_limit(&env_of(&server), arguments).stdout(full()));
        assert_eq!((status, server.requests().len()), (Some(5), 1), "{err}");
        let mut lines = err.lines();
        assert!(lines.next().unwrap().contains("cannot write the result: No space left on device"), "{err}");
        assert_eq!(lines.next(), Some(format!("identifai: {report}").as_str()));
        assert!(lines.next().unwrap().contains(if report.contains("tickets") { "--batch ID`" } else { "wait ID`" }));
    }
}

#[test]
fn closed_pipe_reports_only_paid_items() {
    let server = Server::responding(accepted());
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    let (status, _, err) =
        outcome(without_rate_limit(&env_of(&server), &["classify", CAT, CAT]).stdout(OwnedFd::from(writer)));
    assert_eq!((status, server.requests().len()), (Some(5), 1));
    assert!(err.starts_with(&format!("identifai: item 1: submitted as {ID}, ")), "{err}");
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    let (status, _, err) = outcome(without_rate_limit(&env_of(&server), &["--help"]).stdout(OwnedFd::from(writer)));
    assert_eq!((status, err.as_str()), (Some(5), ""));
}

#[test]
fn item_printed_before_pipe_closed_is_not_reported() {
    let (close, is_closed) = mpsc::channel();
    let is_closed = std::sync::Mutex::new(is_closed);
    let server = Server::start(move |connection| {
        while let Some(seen) = connection.request() {
            let is_second = String::from_utf8_lossy(&seen.body).contains("second");
            if is_second {
                is_closed.lock().unwrap().recv().unwrap();
            }
            connection.send(&if is_second { json(r#"{"identifier":"b2"}"#) } else { accepted() });
        }
    });
    let mut child = piped(&mut without_rate_limit(&env_of(&server), &["classify", CAT, "https://x.test/second.jpg"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until(&mut out, ID);
    drop(out);
    close.send(()).unwrap();
    let err = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(err.contains("item 2: submitted as b2, result not printed") && !err.contains(ID), "{err}");
}

#[test]
fn failure_not_printed_is_reported_if_it_may_cost() {
    for body in ["{\"identifier\":\"!\"}", ""] {
        let server = Server::responding(json(body));
        let (status, _, err) =
            outcome(without_rate_limit(&env_of(&server), &["--json", "classify", CAT]).stdout(full()));
        assert_eq!(status, Some(5), "{err}");
        assert!(err.contains(&format!("may have been submitted, identifier unknown: image {CAT}")), "{err}");
    }
    let refused = Server::responding(test_support::response(400, "application/json", "{}"));
    let (_, _, err) = outcome(without_rate_limit(&env_of(&refused), &["--json", "classify", CAT]).stdout(full()));
    assert!(!err.contains("submitted"), "{err}");
}

#[test]
fn result_not_printed_reports_all_later_items() {
    // The response to the second submit has no identifier. Only its result, which cannot be printed, would report this.
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            let body = String::from_utf8_lossy(&seen.body).into_owned();
            connection.send(&match () {
                () if seen.head.starts_with("GET ") => {
                    json(r#"{"status":"done","verdict":{"classification":"human"}}"#)
                }
                () if body.contains("second") => json("{}"),
                () => accepted(),
            });
        }
    });
    let arguments = ["--json", "classify", "--wait", CAT, "https://x.test/second.mp4"];
    let (status, _, err) = outcome(without_rate_limit(&env_of(&server), &arguments).stdout(full()));
    assert_eq!(status, Some(5), "{err}");
    let lines = [
        format!("identifai: item 1: submitted as {ID}, result not printed: image {CAT}"),
        "identifai: item 2: may have been submitted, identifier unknown: video https://x.test/second.mp4".to_owned(),
    ];
    for line in lines {
        assert!(err.lines().any(|reported| reported == line), "no {line:?} in {err}");
    }
}

#[test]
fn second_signal_with_blocked_stdout_reports_item() {
    let server = Server::responding(accepted());
    // The socket for standard output is full: the call returns, and the program is blocked while it prints the
    // identifier.
    let (mut reader, writer) = UnixStream::pair().unwrap();
    let mut filled = writer.try_clone().unwrap();
    filled.set_nonblocking(true).unwrap();
    while filled.write(&[b'\n'; 1024]).is_ok() {}
    filled.set_nonblocking(false).unwrap();
    drop(filled);
    let mut command = without_rate_limit(&env_of(&server), &["classify", CAT]);
    let mut child = command.stdout(OwnedFd::from(writer)).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    while server.requests().is_empty() {
        std::thread::yield_now();
    }
    signal(&child, "INT");
    signal(&child, "TERM");
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{err}");
    // The call may have been cancelled while the response was being received.
    let report = format!("submitted as {ID}, result not printed: image {CAT}");
    assert!(err.contains(&report) || err.contains("may have"), "{err}");
    reader.set_nonblocking(true).unwrap();
    let mut out = Vec::new();
    let _ = reader.read_to_end(&mut out);
    assert!(out.iter().all(|byte| *byte == b'\n'), "nothing was printed");
}

#[test]
fn failing_stderr_reports_items_on_stdout() {
    let (server, _is_reached) = held_up(9);
    let arguments = ["classify", "--wait", "--wait-timeout", "0.1", "--timeout", "0.1", CAT];
    let (status, out, _) = outcome(without_rate_limit(&env_of(&server), &arguments).stderr(full()));
    assert_eq!((status, out), (Some(5), format!("submitted as {ID}, result not printed: image {CAT}\n")));
    let lost = Server::responding(json("{}"));
    let (status, out, _) = outcome(without_rate_limit(&env_of(&lost), &["classify", CAT]).stderr(full()));
    assert_eq!((status, out), (Some(5), format!("may have been submitted, identifier unknown: image {CAT}\n")));
}

#[test]
fn identifier_beyond_file_size_limit_is_reported() {
    let (directory, server) = (Directory::new(), Server::responding(accepted()));
    let command = without_rate_limit(&env_of(&server), &["classify", CAT]);
    let mut limited = in_shell(&command, &["env"], "ulimit -f 0; exec \"$0\" \"$@\" > out");
    let (status, _, err) = outcome(limited.current_dir(directory.path("")));
    assert_eq!(status, Some(5), "{err}");
    assert!(err.contains(&format!("submitted as {ID}, result not printed")), "{err}");
}

#[test]
fn heatmap_write_failure_leaves_no_partial_file() {
    let (_sandbox, env) = sandbox();
    let directory = Directory::new();
    let identifier = run_with(&env, &["classify", "--with-heatmap", CAT]).out.trim_end().to_owned();
    let command = without_rate_limit(&env, &["heatmap", &identifier, "-o", "heat.png"]);
    for before in [None, Some("precious")] {
        before.map(|text| directory.file("heat.png", text));
        let mut limited = in_shell(&command, &["env"], "ulimit -f 0; exec \"$0\" \"$@\"");
        let (status, out, err) = outcome(limited.current_dir(directory.path("")));
        assert_eq!((status, out.as_str()), (Some(5), ""));
        assert!(err.contains("--output: cannot write the heatmap: File too large"), "{err}");
        let left: Vec<_> = fs::read_dir(directory.path("")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(left.len(), usize::from(before.is_some()), "{left:?}");
        assert!(left.iter().all(|path| fs::read_to_string(path).unwrap() == "precious"));
    }
}

#[test]
fn item_printed_before_signal_is_not_reported() {
    let (server, is_reached) = held_up(2);
    let mut child = piped(&mut without_rate_limit(&env_of(&server), &["--json", "classify", CAT, CAT]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let printed = read_until(&mut out, ID);
    assert_eq!(json_lines(&printed)[0]["identifier"], ID);
    is_reached.recv().unwrap();
    signal(&child, "TERM");
    let mut err = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut err, FINISHING);
    signal(&child, "TERM");
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(rest.contains("item 2: may have been submitted") && !rest.contains("item 1"), "{rest}");
}
