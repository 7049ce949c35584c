//! The C interface, over the public API: the only unsafe code of this crate.
//!
//! Its documentation is the header `identifai.h`, which is made of `cbindgen.toml` and of the comments on what is `pub`
//! here: they are written for who reads C. `tests/capi` makes it, and fails where it is stale.

#![allow(unsafe_code)]
// `pub` is what the header has; none of it is for Rust.
#![allow(unreachable_pub)]
// What is to be kept to is said in the header, once for all functions and once for each type.
#![allow(clippy::missing_safety_doc)]

mod boundary;
mod calls;
mod failure;
mod library;
mod options;
mod report;
mod setters;
mod submission;
#[cfg(test)]
mod tests;
