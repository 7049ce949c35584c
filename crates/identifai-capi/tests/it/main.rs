//! The C interface, as C, C++ and Python see it: `cargo test`.
//!
//! With `IDENTIFAI_BLESS=1` the header and the list of the ABI are written anew, rather than compared.

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

mod abi;
mod edge_cases;
mod error_codes;
mod fixture;
mod header;
mod linking;
mod media;
mod programs;
mod readme;
mod tools;
