//! The C interface, as C, C++ and Python see it: `cargo test --features cli,capi`.

// A test that cannot go on shall panic.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod header;
mod tools;
