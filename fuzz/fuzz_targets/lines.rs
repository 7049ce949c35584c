//! The program is no library, so this is made of the part of it that reads lines.
#![no_main]
#![allow(dead_code)]

#[path = "../../crates/identifai-cli/src/args/mod.rs"]
mod args;
#[path = "../../crates/identifai-cli/src/fuzzing.rs"]
mod fuzzing;
#[path = "../../crates/identifai-cli/src/help.rs"]
mod help;
#[path = "../../crates/identifai-cli/src/job.rs"]
mod job;
#[path = "../../crates/identifai-cli/src/ledger.rs"]
mod ledger;
#[path = "../../crates/identifai-cli/src/lines.rs"]
mod lines;
#[path = "../../crates/identifai-cli/src/list_format.rs"]
mod list_format;
#[path = "../../crates/identifai-cli/src/names.rs"]
mod names;
#[path = "../../crates/identifai-cli/src/options.rs"]
mod options;
#[path = "../../crates/identifai-cli/src/output.rs"]
mod output;
#[path = "../../crates/identifai-cli/src/signals.rs"]
mod signals;
#[path = "../../crates/identifai-cli/src/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::lines(data));
