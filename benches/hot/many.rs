//! Benches of the bookkeeping of a batch, with a fake clock. The cost of a job must not depend on the number of jobs.
//! The figures include the work of the fake service.

use identifai::internals::scripted;

use crate::{Amount, Path, run};

pub(crate) const PATHS: &[Path] = &[
    Path { name: "batch of 1,000", amount: Amount::Items(1_000), prepare: || batch(1_000, 100) },
    Path { name: "batch of 100,000", amount: Amount::Items(100_000), prepare: || batch(100_000, 100) },
    Path {
        name: "batch of 20,000, 10,000 in flight",
        amount: Amount::Items(20_000),
        prepare: || batch(20_000, 10_000),
    },
];

fn batch(count: usize, in_flight: usize) -> Box<dyn FnMut()> {
    run(move || assert_eq!(scripted::batch(count, in_flight), count))
}
