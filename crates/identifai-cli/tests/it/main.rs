//! Tests of the program, which run it as users do. Each module covers one topic, and all are in one binary.

// Tests panic if they cannot continue.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod batch_program;
#[cfg(target_os = "linux")]
mod batch_program_endings;
mod batch_program_html;
mod program;
mod readme;
mod secrets;
mod support;
