//! One binary for all integration tests: a file for each promise.

mod support;
