//! One binary for all integration tests: a file for each promise.

mod answers;
mod cancel;
mod connections;
mod contract;
mod deadline;
mod once;
mod proxies;
mod secrets;
mod support;
