//! The C interface of `identifai`, over the library's public API: the only crate with unsafe code.
//!
//! Its documentation is the header `include/identifai.h`, which is made from `cbindgen.toml` and from the doc comments
//! of the public items. They are written for readers of C. `tests/it` generates the header, and fails if the committed
//! one differs.

// The header states the conditions of safety, once for all functions and once for each type.
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
