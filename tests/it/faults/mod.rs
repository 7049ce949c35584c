//! Tests with a hostile server that causes each kind of fault at each point of a connection.
//!
//! The tables below have a row for each point and a column for each fault. A cell is the expected result of a call:
//!
//! | cell | meaning |
//! | --- | --- |
//! | `ok` | the correct response |
//! | `connect`, `tls`, `timeout` | an error of this kind |
//! | `lost`, `garbled`, `refused`, `expired` | `Disconnected`, `UnexpectedResponse`, `Rejected`, `WaitTimedOut` |
//! | suffix `!` | `may_have_been_sent()` is `true`. Without `!` it is `false`. |
//! | suffix `?` | `may_have_been_sent()` depends on how fast a reset arrives. |
//! | suffix `=` | The next call reuses the connection. Without `=` it opens a new one. After an early response, and for a batch, both are allowed. |
//! | `-` | This combination does not exist: nothing can be sent or reset before the connection is open, and no response is early after the whole request has arrived. |
//!
//! For every cell the tests also check that the server receives the expected number of complete requests, that the call
//! ends in time, that no error contains the key, and that the next call gets its own response. After a whole table, no
//! thread is left.

mod script;

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use identifai::{Client, Error, ErrorKind, Identifier, Image, RateLimit, WaitOptions};
use test_support::{CAT, ID, KEY, run_in_subprocess, submitted};

use self::script::{Fault, Faulty, LIMIT, Point};

/// The timeout of calls that are expected to time out.
const DEADLINE: Duration = Duration::from_millis(250);
/// The time by which such a call may exceed its timeout.
const TOLERANCE: Duration = Duration::from_millis(50);
/// The timeout of all other calls, long enough for a busy machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(20);
/// The number of cells that run in parallel. They mostly wait.
const PARALLEL: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Submit,
    Upload,
    Result,
    Wait,
    Batch,
}

#[test]
fn submit_with_each_fault_ends_as_listed() {
    let table = "
                        close     reset     stall     trickle   garbage   too much  early
        before accept   connect   -         timeout   -         -         -         -
        after accept    lost!     lost!     timeout!  timeout!  garbled!  garbled!  refused
        in handshake    connect   connect   timeout   timeout   tls       tls       tls
        in request head lost!     lost?     timeout!  timeout!  garbled!  garbled!  refused
        in request body lost!     lost?     timeout!  timeout!  garbled!  garbled!  refused
        before status   lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in header       lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in body         lost!     lost!     timeout!  timeout!  garbled!= ok        -
        after body      ok        ok        ok=       ok        ok        ok        ok
    ";
    check_table("faults::submit_with_each_fault_ends_as_listed", Call::Submit, table);
}

/// The uploads have 16 MiB, which is more than the socket buffers hold. From `before status` on they have 64 KiB.
#[test]
fn upload_with_each_fault_ends_as_listed() {
    let table = "
                        close     reset     stall     trickle   garbage   too much  early
        before accept   connect   -         timeout   -         -         -         -
        after accept    lost      lost      timeout   timeout   garbled   garbled   refused
        in handshake    connect   connect   timeout   timeout   tls       tls       tls
        in request head lost      lost      timeout   timeout   garbled   garbled   refused
        in request body lost!     lost      timeout   timeout   garbled!  garbled!  refused
        before status   lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in header       lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in body         lost!     lost!     timeout!  timeout!  garbled!= ok        -
        after body      ok        ok        ok=       ok        ok        ok        ok
    ";
    check_table("faults::upload_with_each_fault_ends_as_listed", Call::Upload, table);
}

#[test]
fn result_with_each_fault_ends_as_listed() {
    let table = "
                        close     reset     stall     trickle   garbage   too much  early
        before accept   connect   -         timeout   -         -         -         -
        after accept    lost      lost      timeout   timeout   garbled   garbled   refused
        in handshake    connect   connect   timeout   timeout   tls       tls       tls
        in request head lost      lost      timeout   timeout   garbled   garbled   refused
        before status   lost      lost      timeout   timeout   garbled   garbled   -
        in header       lost      lost      timeout   timeout   garbled   garbled   -
        in body         lost      lost      timeout   timeout   garbled=  garbled   -
        after body      ok        ok        ok=       ok        ok        ok        ok
    ";
    check_table("faults::result_with_each_fault_ends_as_listed", Call::Result, table);
}

/// Temporary errors are retried until the wait times out.
#[test]
fn wait_with_each_fault_ends_as_listed() {
    let table = "
                        close     reset     stall     trickle   garbage   too much  early
        before accept   expired   -         expired   -         -         -         -
        after accept    expired   expired   expired   expired   garbled   garbled   refused
        in handshake    expired   expired   expired   expired   tls       tls       tls
        in request head expired   expired   expired   expired   garbled   garbled   refused
        before status   expired   expired   expired   expired   garbled   garbled   -
        in header       expired   expired   expired   expired   garbled   garbled   -
        in body         expired   expired   expired   expired   garbled=  garbled   -
        after body      ok        ok        ok=       ok        ok        ok        ok
    ";
    check_table("faults::wait_with_each_fault_ends_as_listed", Call::Wait, table);
}

/// Only the first connection is faulty. A batch repeats a submit only if it was certainly not sent. If a response is
/// too long but names the submission, the batch polls it. A batch retries for minutes if it cannot connect. That is
/// tested with a fake clock in `src/batch/submit/tests.rs`.
#[test]
fn batch_with_each_fault_ends_as_listed() {
    let table = "
                        close     reset     stall     trickle   garbage   too much  early
        after accept    lost!     lost!     timeout!  timeout!  garbled!  garbled!  refused
        in request head lost!     ok?       timeout!  timeout!  garbled!  garbled!  refused
        in request body lost!     ok?       timeout!  timeout!  garbled!  garbled!  refused
        before status   lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in header       lost!     lost!     timeout!  timeout!  garbled!  garbled!  -
        in body         lost!     lost!     timeout!  timeout!  garbled!= ok        -
        after body      ok        ok        ok        ok        ok        ok        ok
    ";
    check_table("faults::batch_with_each_fault_ends_as_listed", Call::Batch, table);
}

#[derive(Clone, Copy, Debug)]
struct Cell<'a> {
    point: Point,
    fault: Fault,
    word: &'a str,
    mark: &'a str,
}

/// Parses a table. Returns the cells that exist and that this platform and these features can test.
fn cells(table: &str) -> Vec<Cell<'_>> {
    let rows = table.lines().skip(2).filter(|line| !line.trim().is_empty()).map(|row| row.trim().split_at(16));
    let (points, faults) = (Point::ALL.iter(), Fault::ALL.len());
    let mut names = HashSet::new();
    let cells = rows.flat_map(|(name, cells)| {
        let point = *points.clone().find(|point| point.name() == name.trim()).unwrap();
        assert!(names.insert(name) && cells.split_whitespace().count() == faults, "{name}");
        Fault::ALL.into_iter().zip(cells.split_whitespace()).map(move |(fault, cell)| {
            let (word, mark) = cell.split_at(cell.trim_end_matches(['!', '?', '=']).len());
            Cell { point, fault, word, mark }
        })
    });
    let has_tls = cfg!(all(feature = "rustls", not(feature = "native-tls")));
    let can_be_made = |cell: &Cell<'_>| match cell.point {
        Point::InHandshake => has_tls,
        Point::BeforeAccept if cell.fault == Fault::Stall => cfg!(target_os = "linux"),
        _ => true,
    };
    cells.filter(|cell| cell.word != "-" && can_be_made(cell)).collect()
}

/// Runs all cells of a table in parallel, in a separate process, and asserts that no thread is left afterwards.
fn check_table(name: &str, call: Call, table: &str) {
    if run_in_subprocess(name, &[]).is_some() {
        return;
    }
    let threads = threads();
    let cells = cells(table);
    let (remaining, failed) = (Mutex::new(cells.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(cell) = { remaining.lock().unwrap().next() } {
                    run(call, *cell).unwrap_or_else(|error| failed.lock().unwrap().push((cell, error)));
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    // A call that was late while others ran in parallel gets 10 more chances on its own.
    failed.retain(|(cell, _)| !(is_timed(cell) && (0..10).any(|_| run(call, **cell).is_ok())));
    let lines: Vec<_> = failed.iter().map(|(cell, error)| format!("{cell:?}: {error}")).collect();
    assert!(lines.is_empty(), "{} of {} cells:\n{}", lines.len(), cells.len(), lines.join("\n"));
    let start = Instant::now();
    while self::threads() > threads {
        assert!(start.elapsed() < LONG_TIMEOUT, "threads are left");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns `true` if the call is expected to time out.
fn is_timed(cell: &Cell<'_>) -> bool {
    matches!(cell.word, "timeout" | "expired")
}

/// Returns the number of threads of this process, or 0 on platforms without `/proc`.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// The result of a call: the submission's identifier or an error, and the duration of the call.
struct CallResult {
    outcome: Result<Identifier, Error>,
    took: Duration,
}

fn run(call: Call, expected: Cell<'_>) -> Result<(), String> {
    let faulty = Faulty::start(expected.point, expected.fault, if call == Call::Batch { 1 } else { usize::MAX });
    let deadline = if is_timed(&expected) { DEADLINE } else { LONG_TIMEOUT };
    let client = Client::builder(KEY)
        .base_url(&faulty.base_url)
        .rate_limit(RateLimit::unlimited())
        .retries(0)
        .timeout(deadline)
        .response_limit(LIMIT)
        .wait(WaitOptions::default().timeout(deadline).initial_interval(Duration::from_millis(50)))
        .build()
        .unwrap();
    let end = make(call, &client, expected.point);
    check(call, expected, &faulty, &end)?;
    if matches!(expected.point, Point::BeforeAccept | Point::InHandshake) {
        return Ok(());
    }
    faulty.repair();
    let before = faulty.connections();
    let next =
        client.with_timeout(LONG_TIMEOUT).submit(&Image::from_url(CAT)).map_err(|error| format!("next: {error}"))?;
    let is_reused = faulty.was_reused(before);
    let may_be_either = expected.fault == Fault::Early || call == Call::Batch;
    ensure(next.identifier().as_str() == ID, "the next call got the response of another call")?;
    ensure(may_be_either || is_reused == expected.mark.contains('='), &format!("reused: {is_reused}"))
}

fn make(call: Call, client: &Client, point: Point) -> CallResult {
    let upload_len = if point < Point::BeforeStatus { 16 << 20 } else { 64 << 10 };
    let upload = (call == Call::Upload).then(|| [b"\x89PNG\r\n\x1a\n", vec![7; upload_len].as_slice()].concat());
    let start = Instant::now();
    let outcome = match call {
        Call::Submit => client.submit(&Image::from_url(CAT)).map(Identifier::from),
        Call::Upload => client.submit(&Image::from_bytes(upload.unwrap_or_default())).map(Identifier::from),
        Call::Result => client.result(&submitted(ID)).map(|report| report.identifier().clone()),
        Call::Wait => client.wait(&submitted(ID)).map(|report| report.identifier().clone()),
        Call::Batch => {
            let [outcome] = client.batch([Image::from_url(CAT)]).collect::<Vec<_>>().try_into().unwrap();
            outcome.result.map(|report| report.identifier().clone())
        }
    };
    CallResult { outcome, took: start.elapsed() }
}

fn check(call: Call, expected: Cell<'_>, faulty: &Faulty, end: &CallResult) -> Result<(), String> {
    let (identifier, error) = (end.outcome.as_ref().ok(), end.outcome.as_ref().err());
    ensure(identifier.is_none_or(|id| id.as_str() == ID), "the response of another call")?;
    let kind = match expected.word {
        "ok" => None,
        "connect" => Some(ErrorKind::Connect),
        "tls" => Some(ErrorKind::Tls),
        "timeout" => Some(ErrorKind::Timeout),
        "lost" => Some(ErrorKind::Disconnected),
        "garbled" => Some(ErrorKind::UnexpectedResponse),
        "refused" => Some(ErrorKind::Rejected),
        "expired" => Some(ErrorKind::WaitTimedOut),
        word => panic!("unknown cell {word}"),
    };
    let shown = format!("{error:?}");
    // With `ok?`, a late reset means that the batch cannot know whether the submit was sent, and reports the error.
    let is_undecided = expected.word == "ok" && expected.mark == "?" && error.is_some();
    let kind = if is_undecided { Some(ErrorKind::Disconnected) } else { kind };
    ensure(error.map(Error::kind) == kind, &shown)?;
    let may_have_been_sent = error.is_some_and(Error::may_have_been_sent);
    ensure(
        if is_undecided {
            may_have_been_sent
        } else {
            expected.mark == "?" || may_have_been_sent == expected.mark.contains('!')
        },
        &shown,
    )?;
    ensure(!shown.contains(KEY), "the error contains the key")?;
    if matches!(call, Call::Result | Call::Wait) {
        let has_identifier = |error: &Error| error.identifier().is_some_and(|id| id.as_str() == ID);
        ensure(error.is_none_or(has_identifier), "the error has no identifier")?;
    }
    // A wait repeats a failed poll. No call repeats a submit that arrived.
    let arrived = usize::from(error.is_none() || expected.point >= Point::BeforeStatus);
    let method = if matches!(call, Call::Result | Call::Wait) { "GET " } else { "POST " };
    let received = faulty.requests().iter().filter(|request| request.head.starts_with(method)).count();
    let polls_again = call == Call::Wait && expected.word == "expired" && arrived == 1;
    ensure(received == arrived || (polls_again && received > 1), &format!("{received} requests"))?;
    match expected.word {
        "timeout" => ensure(end.took >= DEADLINE && end.took < DEADLINE + TOLERANCE, &format!("took {:?}", end.took)),
        "expired" => ensure(end.took < DEADLINE + TOLERANCE, &format!("took {:?}", end.took)),
        _ => ensure(end.took < LONG_TIMEOUT, "took too long"),
    }
}

fn ensure(condition: bool, message: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message.to_owned()) }
}
