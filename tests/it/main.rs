//! One binary for all integration tests: a file for each promise.

// A test that cannot go on shall panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod answers;
#[cfg(feature = "cli")]
mod batch_program;
mod batches;
mod cancel;
mod connections;
mod contract;
mod deadline;
mod environment;
mod inside_async;
mod once;
#[cfg(feature = "cli")]
mod program;
mod proxies;
mod results;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secrets;
#[cfg(feature = "sandbox")]
mod soak;
mod support;
// Elsewhere the system's TLS wants more of a certificate.
#[cfg(any(all(feature = "rustls", not(feature = "native-tls")), all(feature = "native-tls", target_os = "linux")))]
mod tls;
mod torture;
mod uploads;
