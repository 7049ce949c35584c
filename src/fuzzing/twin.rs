//! A fuzz target as a test: on its seeds, on these changed, and on arbitrary bytes. The program's tests include this
//! file.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

/// Runs `target`, whose seeds are in `fuzz/seeds/`, where the repository is there and not only the package.
///
/// What fails goes into a file there, and is a case of this test for good.
pub(crate) fn run(name: &str, cases: u32, target: impl Fn(&[u8])) {
    let seeds = seeds(name);
    for (file, seed) in &seeds {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(seed)));
        assert!(outcome.is_ok(), "{file}: see above");
    }
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(_, seed)| seed).chain([Vec::new()]).collect();
    let changes = vec((0..6_u8, any::<Index>(), any::<Index>(), vec(any::<u8>(), 0..4)), 0..5);
    let mutants = (select(seeds.clone()), select(seeds), changes).prop_map(|(seed, other, changes)| {
        changes.iter().fold(seed, |seed, (how, at, to, bytes)| change(seed, &other, *how, (*at, *to), bytes))
    });
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let outcome = TestRunner::new(config).run(&prop_oneof![4 => mutants, 1 => vec(any::<u8>(), 0..200)], |data| {
        target(&data);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// The files of `fuzz/seeds/`, by name.
fn seeds(name: &str) -> Vec<(String, Vec<u8>)> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    if !fuzz.exists() {
        return Vec::new();
    }
    let files = std::fs::read_dir(fuzz.join("seeds").join(name)).unwrap().map(|file| file.unwrap().path());
    let mut seeds: Vec<_> = files.map(|file| (file.display().to_string(), std::fs::read(file).unwrap())).collect();
    assert!(!seeds.is_empty());
    seeds.sort();
    seeds
}

/// `seed` with some bytes replaced, put in, taken out, taken over from another seed or doubled, or cut.
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
