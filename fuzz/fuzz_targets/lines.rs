//! The program is no library, so this is made of the part of it that reads lines.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/bin/identifai/args/mod.rs"]
mod args;
#[path = "../../src/bin/identifai/fuzzing.rs"]
mod fuzzing;
#[path = "../../src/bin/identifai/help.rs"]
mod help;
#[path = "../../src/bin/identifai/job.rs"]
mod job;
#[path = "../../src/bin/identifai/ledger.rs"]
mod ledger;
#[path = "../../src/bin/identifai/lines.rs"]
mod lines;
#[path = "../../src/bin/identifai/list_format.rs"]
mod list_format;
#[path = "../../src/bin/identifai/names.rs"]
mod names;
#[path = "../../src/bin/identifai/options.rs"]
mod options;
#[path = "../../src/bin/identifai/output.rs"]
mod output;
#[path = "../../src/bin/identifai/signals.rs"]
mod signals;
#[path = "../../src/bin/identifai/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::lines(data));
