//! The integration tests, in one binary, with one file for each topic.

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

mod account;
mod any_media;
mod batches;
mod cancel;
mod connections;
mod deadline;
mod environment;
mod faults;
mod inside_async;
mod no_double_submit;
mod package;
mod proxies;
mod responses;
mod results;
mod secrets;
mod soak;
mod submit_wire_format;
mod tickets;
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
mod tls;
mod torture;
mod uploads;
mod waits;
