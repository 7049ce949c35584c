//! The program, run as its users run it: a file for each topic, in one binary.

// A test that cannot go on panics.
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
