//! Access to internals of the library, for benches, fuzzing and the tests of other crates.
//!
//! This module is not part of the public API, and may change or be removed at any time. Nothing else in the library
//! uses it.

pub mod form;
#[cfg(feature = "journal")]
pub mod journal;
pub mod parse;
pub mod retry;
pub mod scripted;
pub mod url;

use crate::api_key::ApiKey;
use crate::error::Error;
use crate::redact::Redactor;
use crate::util::encodings;

/// Replaces `secret` with `mask` in `text`, in each encoding in which a service may echo it.
pub fn redact(text: &str, secret: &str, mask: &str) -> String {
    encodings::mask(text, secret, mask).into_owned()
}

/// Redacts `key` in `error` and truncates long texts, as a call does with each error that it returns.
pub fn redact_error(error: Error, key: &str) -> Error {
    Redactor::new(&ApiKey::new(key), &[]).error(error)
}
