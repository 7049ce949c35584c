#![no_main]

#[allow(dead_code)]
#[path = "../../src/fuzzing/foreign.rs"]
mod foreign;

libfuzzer_sys::fuzz_target!(|data: &[u8]| identifai::fuzzing::form(data, foreign::form));
