//! A soak test: 64 threads share one client for many calls. No response is lost, swapped or paid for twice, and no
//! memory, thread or file is leaked.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::{Duration, Instant};

use identifai::{Client, Image, RateLimit, Submitted, WaitOptions};
use identifai_sandbox::Sandbox;
use sha2::{Digest, Sha256};
use test_support::{process_status, run_in_subprocess};

const THREADS: usize = 64;
/// The number of rounds per thread. A round is four calls, two of which submit.
const ROUNDS: usize = if cfg!(debug_assertions) { 1_600_usize } else { 25_000 }.div_ceil(THREADS);
/// The number of rounds with distinct URLs. URLs repeat after that, so that the sandbox's own memory does not grow.
const URLS: usize = ROUNDS / 4;

/// Returns the identifier that the sandbox derives from `url`.
fn identifier_of(url: &str) -> String {
    format!("{:x}", Sha256::digest(format!("file_url\0{url}\0")))
}

fn round(client: &Client, thread: usize, number: usize) {
    let url = |which: &str| format!("https://example.com/{thread}/{}/{which}.jpg", number % URLS);
    let first = client.submit(&Image::from_url(url("first"))).unwrap();
    assert_eq!(first.identifier().as_str(), identifier_of(&url("first")));
    let report = client.classify(&Image::from_url(url("second"))).unwrap();
    assert_eq!((report.identifier().to_string(), report.name()), (identifier_of(&url("second")), Some("second.jpg")));
    let report = client.result(&first).unwrap();
    assert_eq!((report.identifier(), report.name()), (first.identifier(), Some("first.jpg")));
    let unknown = Submitted::new(format!("{thread}-{number}").parse().unwrap());
    let reports = client.results(&[report.submitted(), unknown, first.clone()]).unwrap();
    let identifiers = reports.iter().map(|report| report.as_ref().map(identifai::Report::identifier));
    assert!(identifiers.eq([Some(first.identifier()), None, Some(first.identifier())]));
}

/// Runs `rounds` in all threads, and returns the memory in use afterwards, in KiB.
fn run_rounds(client: &Client, rounds: std::ops::Range<usize>) -> u64 {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let rounds = rounds.clone();
            scope.spawn(move || rounds.for_each(|number| round(client, thread, number)));
        }
    });
    process_status("VmRSS")
}

/// Returns the number of threads, and the number of open files and sockets.
fn open_resources() -> (usize, usize) {
    let count = |path| fs::read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
fn client_in_64_threads_mixes_and_leaks_nothing() {
    if run_in_subprocess("soak::client_in_64_threads_mixes_and_leaks_nothing", &[]).is_some() {
        return;
    }
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_limits(RateLimit::unlimited());
    sandbox.set_credits(u64::MAX);
    sandbox.set_analysis_time(Duration::ZERO);
    let before = open_resources();
    let wait = WaitOptions::default().initial_interval(Duration::from_millis(1));
    let builder =
        Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).rate_limit(RateLimit::unlimited()).retries(0);
    let client = builder.wait(wait).build().unwrap();

    let start = Instant::now();
    let [first, second] = [0..ROUNDS / 2, ROUNDS / 2..ROUNDS].map(|rounds| run_rounds(&client, rounds));
    eprintln!("{} calls in {:?}; {first} KiB, then {second}", 4 * ROUNDS * THREADS, start.elapsed());
    assert_eq!(sandbox.submits(), (2 * ROUNDS * THREADS) as u64, "each submit arrived exactly once");
    assert!(second < first + 4 * 1024, "{first} KiB, then {second}");
    let (_, open) = open_resources();
    // Each connection has a socket at both ends, and the sandbox holds a second handle to its own.
    assert!(open <= before.1 + 3 * THREADS, "{open} open, {before:?} before");

    drop(client);
    let end = Instant::now() + Duration::from_secs(20);
    while open_resources() != before && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(open_resources(), before, "threads and open files after the client is dropped");
}
