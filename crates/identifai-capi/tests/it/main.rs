//! Tests of the C interface from C, C++ and Python.
//!
//! `IDENTIFAI_BLESS=1` writes the header and `abi.txt` instead of comparing them.

// A test that cannot continue panics.
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
