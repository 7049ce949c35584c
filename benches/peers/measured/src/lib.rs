//! What the peers' programs share: their arguments, the calls one after the other, and what is told of them.
//!
//! `peer BASE_URL CALLS [--ca PEM] [--threads N] [--bare] [OPTION OF THE PEER]…`. With one call, or `--bare`, a program
//! makes its calls and nothing else. Otherwise it makes 50 more before, and prints one line of JSON.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// A key of the usual length.
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
/// Into how many parts a run is divided, to see whether a call costs the same at its end.
const PARTS: usize = 10;

/// What the service answers to a submit.
#[derive(Deserialize)]
pub struct Answer {
    pub identifier: String,
}

/// The arguments of a program.
pub struct Arguments {
    pub base_url: String,
    calls: usize,
    options: Vec<String>,
}

impl Arguments {
    /// # Panics
    ///
    /// Without a base URL and a number of calls.
    pub fn of_program() -> Self {
        let mut arguments = std::env::args().skip(1);
        let base_url = arguments.next().expect("a base URL");
        let calls = arguments.next().and_then(|calls| calls.parse().ok()).expect("a number of calls");
        Self { base_url, calls, options: arguments.collect() }
    }

    /// Where the submit goes.
    pub fn url(&self) -> String {
        format!("{}/api/image_fromurl", self.base_url)
    }

    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// The certificate to trust, if one is given.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    pub fn ca(&self) -> Option<Vec<u8>> {
        self.value("--ca").map(|path| fs::read(path).expect("a certificate"))
    }

    /// Makes the calls, each thread by what `caller` made for it, and prints how long they took.
    ///
    /// # Panics
    ///
    /// If a call gives another identifier than the server gave.
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

/// Nanoseconds of each call, after some that do not count.
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
    // Before the times are copied, which takes memory.
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
