#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| identifai::fuzzing::rest(data));
