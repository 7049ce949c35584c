//! The C interface of `identifai`, built on the public API of the library. This is the only crate with unsafe code.
//!
//! Its documentation is the header `include/identifai.h`, which is generated from `cbindgen.toml` and the doc
//! comments of the public items. These are written for C programmers. The tests in `tests/it` generate the header and
//! fail if the committed one differs.

// The header states the safety conditions: the general ones at its top, the others at each type.
#![allow(clippy::missing_safety_doc)]

mod boundary;
pub mod calls;
pub mod failure;
pub mod library;
mod memory;
pub mod options;
pub mod report;
pub mod setters;
pub mod submission;
#[cfg(test)]
mod tests;
