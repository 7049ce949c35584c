//! The shared part of the peers' programs: arguments, calls, and the printed figures.
//!
//! `peer BASE_URL CALLS [--ca PEM] [--threads N] [--bare] [OPTION OF THE PEER]…`. With a single call, or with `--bare`, a
//! program only makes its calls. Otherwise each thread makes 50 calls to warm up first, and the program prints its
//! figures as one line of JSON.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// An API key of the usual length.
pub const KEY: &str = "0123456789abcdef0123456789abcdef01234567";
/// The form that every peer sends.
pub const FIELDS: [(&str, &str); 4] = [
    ("file_url", "https://example.com/cat.jpg"),
    ("ref_id", "order-17"),
    ("with_heatmap", "true"),
    ("with_nsfw", "true"),
];

const IDENTIFIER: &str = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";
const WARM_UP: usize = 50;
/// The number of parts into which a run is divided. Their medians show whether later calls take longer.
const PARTS: usize = 10;

/// The response to a submit.
#[derive(Deserialize)]
pub struct SubmitResponse {
    pub identifier: String,
}

/// The arguments of a program.
pub struct Arguments {
    pub base_url: String,
    calls: usize,
    options: Vec<String>,
}

impl Arguments {
    /// Parses the arguments of this program.
    ///
    /// # Panics
    ///
    /// Panics if the base URL or the number of calls is missing.
    pub fn of_program() -> Self {
        let mut arguments = std::env::args().skip(1);
        let base_url = arguments.next().expect("a base URL");
        let calls = arguments.next().and_then(|calls| calls.parse().ok()).expect("a number of calls");
        Self { base_url, calls, options: arguments.collect() }
    }

    /// Returns the URL of the submit.
    pub fn url(&self) -> String {
        format!("{}/api/image_fromurl", self.base_url)
    }

    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// Returns the certificate to trust, if one is given.
    ///
    /// # Panics
    ///
    /// Panics if the file cannot be read.
    pub fn ca(&self) -> Option<Vec<u8>> {
        self.value("--ca").map(|path| fs::read(path).expect("a certificate"))
    }

    /// Makes the calls and prints their durations. `caller` creates the function that makes the calls of a thread.
    ///
    /// # Panics
    ///
    /// Panics if a call returns a wrong identifier.
    pub fn run<Call: FnMut() -> Identifier, Identifier: AsRef<str>>(&self, caller: impl Fn() -> Call + Sync) {
        if self.calls == 1 || self.has("--bare") {
            let mut call = caller();
            (0..self.calls).for_each(|_| check(&mut call));
            return;
        }
        let threads = self.value("--threads").map_or(1, |threads| threads.parse().expect("a number of threads"));
        let each = self.calls / threads;
        let started = Instant::now();
        let times = if threads == 1 {
            vec![times_of(caller(), each)]
        } else {
            thread::scope(|scope| {
                let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| times_of(caller(), each))).collect();
                running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            })
        };
        println!("{}", report(&times, started.elapsed()));
    }

    fn value(&self, option: &str) -> Option<&str> {
        let at = self.options.iter().position(|given| given == option)?;
        self.options.get(at + 1).map(String::as_str)
    }
}

fn check<Identifier: AsRef<str>>(call: &mut impl FnMut() -> Identifier) {
    assert_eq!(call().as_ref(), IDENTIFIER);
}

/// Makes some calls to warm up, then `calls` calls. Returns the duration of each of the latter, in nanoseconds.
fn times_of<Identifier: AsRef<str>>(mut call: impl FnMut() -> Identifier, calls: usize) -> Vec<u32> {
    (0..WARM_UP).for_each(|_| check(&mut call));
    let time = |_| {
        let started = Instant::now();
        check(&mut call);
        nanoseconds(started.elapsed())
    };
    (0..calls).map(time).collect()
}

fn nanoseconds(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}

fn report(times: &[Vec<u32>], total: Duration) -> String {
    // Read before the times are copied, because the copy needs memory.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of_process = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim_start_matches(':').split_whitespace().next()).unwrap_or("null").to_owned()
    };
    let (peak, threads) = (of_process("VmHWM"), of_process("Threads"));
    let times = times.concat();
    let parts: Vec<_> = times.chunks(times.len().div_ceil(PARTS)).map(|part| median(part).to_string()).collect();
    format!(
        r#"{{"median_ns":{},"min_ns":{},"total_ns":{},"part_medians_ns":[{}],"peak_kb":{},"threads":{}}}"#,
        median(&times),
        times.iter().min().expect("some calls"),
        total.as_nanos(),
        parts.join(","),
        peak,
        threads
    )
}

fn median(times: &[u32]) -> u32 {
    let (mut times, middle) = (times.to_vec(), times.len() / 2);
    *times.select_nth_unstable(middle).1
}
