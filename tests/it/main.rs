//! One binary for all integration tests: a file for each promise.

mod answers;
mod contract;
mod deadline;
mod once;
mod support;
