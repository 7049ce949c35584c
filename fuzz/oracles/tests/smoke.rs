//! Runs each oracle on the seeds of its fuzz target, on mutated seeds and on arbitrary bytes.

// A test that cannot continue panics.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

/// Runs the oracle of the fuzz target `name` on its seeds and on `cases` other inputs.
///
/// If an input fails, add it as a file to the seeds. It is then a permanent case of this test.
fn run(name: &str, cases: u32, oracle: fn(&[u8])) {
    let seeds = seeds(name);
    for (file, seed) in &seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| oracle(seed)));
        assert!(outcome.is_ok(), "the oracle fails on {file}");
    }
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(_, seed)| seed).chain([Vec::new()]).collect();
    let changes = vec((0..6_u8, any::<Index>(), any::<Index>(), vec(any::<u8>(), 0..4)), 0..5);
    let mutants = (select(seeds.clone()), select(seeds), changes).prop_map(|(seed, other, changes)| {
        changes.iter().fold(seed, |seed, (how, at, to, bytes)| change(seed, &other, *how, (*at, *to), bytes))
    });
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let outcome = TestRunner::new(config).run(&prop_oneof![4 => mutants, 1 => vec(any::<u8>(), 0..200)], |data| {
        oracle(&data);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// Returns the seeds of a fuzz target, with the names of their files.
fn seeds(name: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds").join(name);
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let mut seeds: Vec<_> = files.map(|file| (file.display().to_string(), std::fs::read(file).unwrap())).collect();
    assert!(!seeds.is_empty());
    seeds.sort();
    seeds
}

/// Mutates `seed`: replaces, inserts, removes, copies from another seed, duplicates or truncates some bytes.
fn change(mut seed: Vec<u8>, other: &[u8], how: u8, (at, to): (Index, Index), bytes: &[u8]) -> Vec<u8> {
    let range = |len: usize| {
        let (one, two) = (at.index(len + 1), to.index(len + 1));
        one.min(two)..one.max(two)
    };
    let here = range(seed.len());
    match how {
        0 => seed.iter_mut().skip(here.start).zip(bytes).for_each(|(old, new)| *old = *new),
        1 => drop(seed.splice(here.start..here.start, bytes.iter().copied())),
        2 => drop(seed.drain(here)),
        3 => drop(seed.splice(here, other[range(other.len())].iter().copied())),
        4 => seed.extend_from_within(here),
        _ => seed.truncate(here.end),
    }
    seed
}

#[test]
fn response_of_any_bytes_loses_no_identifier() {
    run("response", 800, oracles::response);
}

#[test]
fn report_of_any_bytes_survives_serialization() {
    run("report", 800, oracles::report);
}

#[test]
fn account_and_tickets_of_any_bytes_read_as_written() {
    run("account", 800, oracles::account);
}

#[test]
fn retry_after_of_any_bytes_is_the_stated_pause() {
    run("retry_after", 800, oracles::retry_after);
}

#[test]
fn form_of_any_submission_parses_back() {
    run("form", 400, oracles::form);
}

#[test]
fn journal_truncated_or_edited_forgets_no_job() {
    run("journal", 400, oracles::journal);
}

#[test]
fn url_of_any_bytes_has_one_host() {
    run("url", 800, oracles::url);
}

#[test]
fn secret_in_any_encoding_is_redacted() {
    run("redaction", 800, oracles::redaction);
}

#[test]
fn batch_line_of_any_bytes_is_a_job_or_an_error() {
    run("batch_line", 400, oracles::batch_line);
}
