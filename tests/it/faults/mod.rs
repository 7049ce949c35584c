//! A hostile server: at every point of a connection the server does the worst, and each call ends as it must.
//!
//! A cell of a table is what a call comes to:
//!
//! | word | meaning |
//! | --- | --- |
//! | `ok` | the right answer |
//! | `connect`, `tls`, `timeout` | these kinds of error |
//! | `lost`, `garbled`, `refused`, `expired` | `Disconnected`, `UnexpectedResponse`, `Rejected`, `WaitTimedOut` |
//! | `!` behind it | the submit may have been accepted; else surely not |
//! | `?` behind it | which of the two depends on how fast a reset travels |
//! | `=` behind it | the next call uses the same connection; else surely another one (after an early answer either) |
//! | `-` | there is no such thing: before a connection stands nothing is sent or reset on it, and once the request is there no answer is early |
//!
//! In every cell besides: the server sees as many whole requests as it must, the call ends in its time, no error shows
//! the key, and the next call gets its own answer. After all of a table, no thread is left.

mod script;

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use identifai::{Client, Error, ErrorKind, Identifier, Image, RateLimit, WaitOptions};
use test_support::{CAT, ID, KEY, alone, submitted};

use self::script::{Deed, Faulty, LIMIT, Point};

/// What a call has that is to run out of time.
const DEADLINE: Duration = Duration::from_millis(250);
/// By how much it may be late.
const LATE: Duration = Duration::from_millis(50);
/// What all others have, so that a busy machine makes no difference.
const PLENTY: Duration = Duration::from_secs(20);
/// How many cells there are at a time. They mostly wait.
const AT_A_TIME: usize = 8;

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
    hold("faults::submit_with_each_fault_ends_as_listed", Call::Submit, table);
}

/// Of 16 MiB, which are more than the buffers between the two hold; from `before status` on, of 64 KiB.
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
    hold("faults::upload_with_each_fault_ends_as_listed", Call::Upload, table);
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
    hold("faults::result_with_each_fault_ends_as_listed", Call::Result, table);
}

/// What may pass is waited for, to the end of the wait.
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
    hold("faults::wait_with_each_fault_ends_as_listed", Call::Wait, table);
}

/// Here the first connection alone is faulty: what surely did not arrive is submitted again, and nothing else is; and
/// what is too long but names the submission is waited for. That nobody is there, which a batch waits out for minutes,
/// is tested on fake time (src/batch/submit/tests.rs).
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
    hold("faults::batch_with_each_fault_ends_as_listed", Call::Batch, table);
}

#[derive(Clone, Copy, Debug)]
struct Cell<'a> {
    point: Point,
    deed: Deed,
    word: &'a str,
    mark: &'a str,
}

/// The cells of a table that exist, and can be made here.
fn cells(table: &str) -> Vec<Cell<'_>> {
    let rows = table.lines().skip(2).filter(|line| !line.trim().is_empty()).map(|row| row.trim().split_at(16));
    let (points, deeds) = (Point::ALL.iter(), Deed::ALL.len());
    let mut names = HashSet::new();
    let cells = rows.flat_map(|(name, cells)| {
        let point = *points.clone().find(|point| point.name() == name.trim()).unwrap();
        assert!(names.insert(name) && cells.split_whitespace().count() == deeds, "{name}");
        Deed::ALL.into_iter().zip(cells.split_whitespace()).map(move |(deed, cell)| {
            let (word, mark) = cell.split_at(cell.trim_end_matches(['!', '?', '=']).len());
            Cell { point, deed, word, mark }
        })
    });
    let has_tls = cfg!(all(feature = "rustls", not(feature = "native-tls")));
    let can_be_made = |cell: &Cell<'_>| match cell.point {
        Point::InHandshake => has_tls,
        Point::BeforeAccept if cell.deed == Deed::Stall => cfg!(target_os = "linux"),
        _ => true,
    };
    cells.filter(|cell| cell.word != "-" && can_be_made(cell)).collect()
}

/// Runs all cells side by side in a process of their own, and sees that no thread is left of them.
fn hold(name: &str, asked: Call, table: &str) {
    if alone(name, &[]).is_some() {
        return;
    }
    let threads = threads();
    let cells = cells(table);
    let (left, wrong) = (Mutex::new(cells.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(cell) = { left.lock().unwrap().next() } {
                    run(asked, *cell).unwrap_or_else(|error| wrong.lock().unwrap().push((cell, error)));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    // What was late in the crowd may show that it is not when it is alone, even on a machine that is busy.
    wrong.retain(|(cell, _)| !(is_timed(cell) && (0..10).any(|_| run(asked, **cell).is_ok())));
    let lines: Vec<_> = wrong.iter().map(|(cell, error)| format!("{cell:?}: {error}")).collect();
    assert!(lines.is_empty(), "{} of {} cells:\n{}", lines.len(), cells.len(), lines.join("\n"));
    let start = Instant::now();
    while self::threads() > threads {
        assert!(start.elapsed() < PLENTY, "threads are left");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether the call is to run out of time.
fn is_timed(cell: &Cell<'_>) -> bool {
    matches!(cell.word, "timeout" | "expired")
}

/// How many threads there are, where that can be asked.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// What a call came to: the identifier of what it is about, or an error.
struct End {
    outcome: Result<Identifier, Error>,
    took: Duration,
}

fn run(asked: Call, cell: Cell<'_>) -> Result<(), String> {
    let faulty = Faulty::start(cell.point, cell.deed, if asked == Call::Batch { 1 } else { usize::MAX });
    let deadline = if is_timed(&cell) { DEADLINE } else { PLENTY };
    let client = Client::builder(KEY)
        .base_url(&faulty.base_url)
        .rate_limit(RateLimit::unlimited())
        .retries(0)
        .timeout(deadline)
        .response_limit(LIMIT)
        .wait(WaitOptions::default().timeout(deadline).initial_interval(Duration::from_millis(50)))
        .build()
        .unwrap();
    let end = make(asked, &client, cell.point);
    check(asked, cell, &faulty, &end)?;
    if matches!(cell.point, Point::BeforeAccept | Point::InHandshake) {
        return Ok(());
    }
    faulty.mend();
    let before = faulty.connections();
    let next = client.with_timeout(PLENTY).submit(&Image::from_url(CAT)).map_err(|error| format!("next: {error}"))?;
    let is_used_again = faulty.was_used_again(before);
    let may_be_either = cell.deed == Deed::Early || asked == Call::Batch;
    ensure(next.identifier().as_str() == ID, "the next call got another one's answer")?;
    ensure(may_be_either || is_used_again == cell.mark.contains('='), &format!("used again: {is_used_again}"))
}

fn make(asked: Call, client: &Client, point: Point) -> End {
    let upload_len = if point < Point::BeforeStatus { 16 << 20 } else { 64 << 10 };
    let upload = (asked == Call::Upload).then(|| [b"\x89PNG\r\n\x1a\n", vec![7; upload_len].as_slice()].concat());
    let start = Instant::now();
    let outcome = match asked {
        Call::Submit => client.submit(&Image::from_url(CAT)).map(Identifier::from),
        Call::Upload => client.submit(&Image::from_bytes(upload.unwrap_or_default())).map(Identifier::from),
        Call::Result => client.result(&submitted(ID)).map(|report| report.identifier().clone()),
        Call::Wait => client.wait(&submitted(ID)).map(|report| report.identifier().clone()),
        Call::Batch => {
            let [outcome] = client.batch([Image::from_url(CAT)]).collect::<Vec<_>>().try_into().unwrap();
            outcome.result.map(|report| report.identifier().clone())
        }
    };
    End { outcome, took: start.elapsed() }
}

fn check(asked: Call, cell: Cell<'_>, faulty: &Faulty, end: &End) -> Result<(), String> {
    let (identifier, error) = (end.outcome.as_ref().ok(), end.outcome.as_ref().err());
    ensure(identifier.is_none_or(|id| id.as_str() == ID), "another one's answer")?;
    let kind = match cell.word {
        "ok" => None,
        "connect" => Some(ErrorKind::Connect),
        "tls" => Some(ErrorKind::Tls),
        "timeout" => Some(ErrorKind::Timeout),
        "lost" => Some(ErrorKind::Disconnected),
        "garbled" => Some(ErrorKind::UnexpectedResponse),
        "refused" => Some(ErrorKind::Rejected),
        "expired" => Some(ErrorKind::WaitTimedOut),
        word => panic!("what is {word}?"),
    };
    let shown = format!("{error:?}");
    let is_other_try = cell.word == "ok" && cell.mark == "?" && error.is_some();
    let kind = if is_other_try { Some(ErrorKind::Disconnected) } else { kind };
    ensure(error.map(Error::kind) == kind, &shown)?;
    let may_have_been_sent = error.is_some_and(Error::may_have_been_sent);
    ensure(
        if is_other_try {
            may_have_been_sent
        } else {
            cell.mark == "?" || may_have_been_sent == cell.mark.contains('!')
        },
        &shown,
    )?;
    ensure(!shown.contains(KEY), "the key shows")?;
    if matches!(asked, Call::Result | Call::Wait) {
        let is_told = |error: &Error| error.identifier().is_some_and(|id| id.as_str() == ID);
        ensure(error.is_none_or(is_told), "without its identifier")?;
    }
    // A look that fails is made again by a wait, a submit by nobody.
    let arrived = usize::from(error.is_none() || cell.point >= Point::BeforeStatus);
    let method = if matches!(asked, Call::Result | Call::Wait) { "GET " } else { "POST " };
    let seen = faulty.requests().iter().filter(|seen| seen.head.starts_with(method)).count();
    let looks_again = asked == Call::Wait && cell.word == "expired" && arrived == 1;
    ensure(seen == arrived || (looks_again && seen > 1), &format!("{seen} requests"))?;
    match cell.word {
        "timeout" => ensure(end.took >= DEADLINE && end.took < DEADLINE + LATE, &format!("took {:?}", end.took)),
        "expired" => ensure(end.took < DEADLINE + LATE, &format!("took {:?}", end.took)),
        _ => ensure(end.took < PLENTY, "took too long"),
    }
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
