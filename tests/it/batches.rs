//! Tests of batches over real sockets: server faults, workers, cancellation and threads.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use identifai::{Client, ErrorKind, Image, Job, Outcome, WaitOptions};
use serde_json::json;
use test_support::{Request, Server, done_reports, json, response, response_with};
#[cfg(target_os = "linux")]
use test_support::{run_in_subprocess, starts_no_thread};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n...";

/// Returns the identifier that the server assigns to the job with the reference `number`.
fn identifier(number: usize) -> String {
    format!("{number:064x}")
}

fn accept(number: usize) -> String {
    json(&json!({"identifier": identifier(number)}).to_string())
}

/// Returns the reference of a submit, or `None` for a poll.
fn number(request: &Request) -> Option<usize> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let (_, value) = body.split_once("name=\"ref_id\"\r\n\r\n")?;
    value.split_once('\r').unwrap().0.parse().ok()
}

fn fast_client(server: &Server) -> Client {
    let pause = Duration::from_millis(10);
    server
        .builder()
        .wait(WaitOptions::default().initial_interval(pause).max_interval(pause))
        .retries(2)
        .build()
        .unwrap()
}

fn images(count: usize) -> impl Iterator<Item = Job> {
    (0..count).map(|number| Image::from_bytes(PNG).ref_id(number.to_string()).into())
}

fn sorted(outcomes: impl Iterator<Item = Outcome>) -> Vec<Outcome> {
    let mut outcomes: Vec<_> = outcomes.collect();
    outcomes.sort_by_key(|outcome| outcome.index);
    outcomes
}

#[test]
fn batch_with_faulty_items_has_an_outcome_for_each() {
    /// A fault of the server. The table below gives, for each, the expected error kind with `may_have_been_sent`, and
    /// the expected number of submits.
    #[derive(Clone, Copy, Debug)]
    enum Fault {
        None,
        Reset,
        Status(u16),
        Refused,
        Busy,
        Slow,
        Html,
        CutOff,
        CutOffWithIdentifier,
        WrongIdentifier,
    }
    use ErrorKind::{Disconnected, Rejected, Server as Failed, UnexpectedResponse};
    let faults = [
        (Fault::None, None, 1),
        (Fault::Reset, Some((Disconnected, true)), 1),
        (Fault::Status(500), Some((Failed, true)), 1),
        (Fault::Status(502), Some((Failed, true)), 1),
        (Fault::Status(400), Some((Rejected, false)), 1),
        (Fault::Refused, None, 2),
        (Fault::Busy, Some((Failed, true)), 1),
        (Fault::Slow, None, 1),
        (Fault::Html, Some((UnexpectedResponse, true)), 1),
        (Fault::CutOff, Some((Disconnected, true)), 1),
        (Fault::CutOffWithIdentifier, None, 1),
        (Fault::WrongIdentifier, Some((UnexpectedResponse, true)), 1),
    ];
    let attempts: Arc<Vec<AtomicUsize>> = Arc::new((0..faults.len()).map(|_| AtomicUsize::new(0)).collect());
    let polls = AtomicUsize::new(0);
    let counted = Arc::clone(&attempts);
    let server = Server::start(move |connection| {
        while let Some(request) = connection.request() {
            let Some(number) = number(&request) else {
                match polls.fetch_add(1, Ordering::SeqCst) {
                    0 => connection.send(&response(500, "text/html", "<html>")),
                    1 => connection.send(&response(200, "application/json", "[{\"identifier\":")),
                    2 => return,
                    3 => connection.send(&response(200, "text/html", "<html>")),
                    4 => connection.send(&response_with(429, "Retry-After: 0\r\n", "{}")),
                    _ => connection.send(&done_reports(&request.requested_ids())),
                }
                continue;
            };
            let is_first = counted[number].fetch_add(1, Ordering::SeqCst) == 0;
            match faults[number].0 {
                Fault::None => connection.send(&accept(number)),
                Fault::Reset => return,
                Fault::Refused if !is_first => connection.send(&accept(number)),
                Fault::Refused => connection.send(&response_with(429, "Retry-After: 0\r\n", "{}")),
                Fault::Busy => connection.send(&response_with(503, "Retry-After: 0\r\n", "busy")),
                Fault::Status(status) => connection.send(&response(status, "application/json", "{\"error\":\"No.\"}")),
                Fault::Slow => connection.trickle(accept(number).into_bytes().into_iter().take(3)),
                Fault::Html => connection.send(&response(200, "text/html", "<html>")),
                Fault::CutOff => return connection.send("HTTP/1.1 200 X\r\nContent-Length: 90\r\n\r\n{\"ident"),
                Fault::CutOffWithIdentifier => {
                    let body = json!({"identifier": identifier(number)}).to_string();
                    return connection.send(&format!("HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n{body}"));
                }
                Fault::WrongIdentifier => {
                    connection.send(&response(200, "application/json", "{\"identifier\":\"../x\"}"));
                }
            }
            if let Fault::Slow = faults[number].0 {
                connection.send(&accept(number)[3..]);
            }
        }
    });
    for workers in [1, 3] {
        attempts.iter().for_each(|attempts| attempts.store(0, Ordering::SeqCst));
        let outcomes = sorted(fast_client(&server).batch(images(faults.len())).workers(workers));
        assert_eq!(outcomes.len(), faults.len());
        for ((outcome, (fault, expected, submits)), attempts) in outcomes.iter().zip(faults).zip(attempts.iter()) {
            let error = outcome.result.as_ref().err();
            let actual = error.map(|error| (error.kind(), error.may_have_been_sent()));
            assert_eq!(actual, expected, "{fault:?}: {outcome:?}");
            assert_eq!(attempts.load(Ordering::SeqCst), submits, "{fault:?}");
            assert_eq!(outcome.ref_id, Some(outcome.index.to_string()));
        }
    }
}

#[test]
fn batch_uploads_in_parallel_up_to_the_worker_limit() {
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = {
        let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
        Server::start(move |connection| {
            while let Some(request) = connection.request() {
                let Some(number) = number(&request) else {
                    connection.send(&done_reports(&request.requested_ids()));
                    continue;
                };
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(40));
                at_once.fetch_sub(1, Ordering::SeqCst);
                connection.send(&accept(number));
            }
        })
    };
    for (workers, in_flight) in [(3, 100), (8, 3)] {
        most.store(0, Ordering::SeqCst);
        let outcomes = sorted(fast_client(&server).batch(images(12)).workers(workers).in_flight(in_flight));
        assert!(outcomes.len() == 12 && outcomes.iter().all(|outcome| outcome.result.is_ok()));
        assert_eq!(most.load(Ordering::SeqCst), 3, "{workers} workers, {in_flight} in flight");
    }
}

#[test]
fn progress_callback_panic_reaches_the_caller() {
    let server = Server::start(|connection| while connection.request().is_some() {});
    let job = || Image::from_bytes(PNG).on_progress(|_| -> ControlFlow<()> { panic!("in the callback") });
    for workers in [1, 2] {
        let mut batch = fast_client(&server).batch([job()]).workers(workers);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batch.next().map(drop)));
        assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"in the callback"));
        let error = batch.next().unwrap().result.unwrap_err();
        assert!(error.kind() == ErrorKind::Indeterminate && error.may_have_been_sent(), "{error}");
        assert!(batch.next().is_none());
    }
}

#[test]
fn batch_cancel_ends_the_workers() {
    let server = Server::start(|connection| {
        connection.request();
        connection.wait_for_end();
    });
    let client = fast_client(&server);
    let cancel_handle = client.cancel_handle();
    let (taken, is_taken) = std::sync::mpsc::channel();
    let jobs = images(5).inspect(move |_| taken.send(()).unwrap());
    let batch = client.batch(jobs).workers(2);
    let outcomes = std::thread::scope(|scope| {
        let collecting = scope.spawn(|| sorted(batch));
        is_taken.recv().unwrap();
        while server.requests().len() < 2 {
            std::thread::yield_now();
        }
        cancel_handle.cancel();
        collecting.join().unwrap()
    });
    assert_eq!(outcomes.len(), 5);
    for (index, outcome) in outcomes.iter().enumerate() {
        let error = outcome.result.as_ref().unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, index < 2), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn batch_with_max_workers_starts_few_threads() {
    let server = Server::responding("HTTP/1.1 400 X\r\nContent-Length: 2\r\n\r\n{}");
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let batch = fast_client(&server).batch(images(2)).in_flight(1).workers(usize::MAX);
    assert_eq!(batch.on_progress(move |_| assert!(threads() < before + 100)).count(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn batch_cancel_with_a_slow_reader_uses_little_cpu() {
    /// A reader that fills one buffer, then blocks for 300 ms and fails.
    struct Slow(u32);
    impl std::io::Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            if self.0 > 1 {
                std::thread::sleep(Duration::from_millis(300));
                return Err(std::io::Error::other("gone"));
            }
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    if run_in_subprocess("batches::batch_cancel_with_a_slow_reader_uses_little_cpu", &[]).is_some() {
        return;
    }
    // The CPU time of this process, in hundredths of a second.
    let used = || -> u64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let server = Server::responding(accept(0));
    let client = fast_client(&server);
    let cancel_handle = client.cancel_handle();
    let job = Image::from_reader(Slow(0), 100_000).any_format(true);
    let before = used();
    let jobs = std::iter::once(job).chain(std::iter::from_fn(move || {
        cancel_handle.cancel();
        None
    }));
    assert_eq!(client.batch(jobs).workers(2).count(), 1);
    assert!(used() - before < 15, "{} hundredths of a second", used() - before);
}

#[cfg(target_os = "linux")]
#[test]
fn batch_without_workers_starts_no_thread() {
    if run_in_subprocess("batches::batch_without_workers_starts_no_thread", &[]).is_some() {
        return;
    }
    let server = Server::start(|connection| {
        while let Some(request) = connection.request() {
            match number(&request) {
                Some(number) => connection.send(&accept(number)),
                None => connection.send(&done_reports(&request.requested_ids())),
            }
        }
    });
    let client = fast_client(&server);
    let run = || assert!(client.batch(images(5)).all(|outcome| outcome.result.is_ok()));
    run();
    let connections = server.connections();
    assert!(starts_no_thread(run), "a warm batch starts threads");
    assert_eq!(server.connections(), connections, "the open connection is reused");
}
