//! The hot paths of the crate. `cargo bench --features _internals` measures time and allocations of each path.
//! `benches/instructions` counts instructions, whose number is the same in each run.
//!
//! A path drops everything that it creates. From the second run on, its allocations therefore reuse memory of the
//! first. The same holds for the code that a path is compared with, so page faults distort neither figure.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::print_stdout, clippy::unwrap_used)]
#![allow(missing_docs)]

mod forms;
mod loopback;
mod many;
mod reports;

use std::fmt;
use std::hint::black_box;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// A code path to measure.
struct Path {
    name: &'static str,
    /// The amount of data that one run processes.
    amount: Amount,
    /// Returns a closure that runs the path once.
    prepare: fn() -> Box<dyn FnMut()>,
}

#[derive(Clone, Copy)]
enum Amount {
    Bytes(usize),
    Items(usize),
}

/// Wraps `work`. The compiler treats its return value as used.
fn run<T>(mut work: impl FnMut() -> T + 'static) -> Box<dyn FnMut()> {
    Box::new(move || drop(black_box(work())))
}

fn paths() -> impl Iterator<Item = &'static Path> {
    [forms::PATHS, reports::PATHS, many::PATHS, loopback::PATHS].into_iter().flatten()
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[divan::bench(args = paths(), max_time = 2)]
fn path(bencher: Bencher<'_, '_>, path: &Path) {
    let mut work = (path.prepare)();
    work();
    match path.amount {
        Amount::Bytes(count) => bencher.counter(BytesCount::new(count)).bench_local(work),
        Amount::Items(count) => bencher.counter(ItemsCount::new(count)).bench_local(work),
    }
}

/// The number of calls of [`counted`].
const COUNTED: usize = 2;

/// Runs `work`. `benches/instructions` counts only the instructions within this function.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    black_box(work)();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--paths"] => paths().for_each(|path| match path.amount {
            Amount::Bytes(count) => println!("{path}\t{COUNTED}\t{count}\tbyte"),
            Amount::Items(count) => println!("{path}\t{COUNTED}\t{count}\titem"),
        }),
        ["--count", name] => {
            let mut work = (paths().find(|path| path.name == name).unwrap().prepare)();
            work();
            (0..COUNTED).for_each(|_| counted(&mut work));
        }
        _ => divan::main(),
    }
}
