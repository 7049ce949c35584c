//! Hidden access to parts of the library, for benches, fuzzing and the tests of other crates. Not an API: it may change
//! or go at any time. Nothing else in the library uses it.

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

/// Replaces `secret` with `mask` in `text`, in each encoding that a service may echo it in.
pub fn redact(text: &str, secret: &str, mask: &str) -> String {
    encodings::mask(text, secret, mask).into_owned()
}

/// Removes `key` from `error` and cuts its texts, as every error that leaves a call is.
pub fn redact_error(error: Error, key: &str) -> Error {
    Redactor::new(&ApiKey::new(key), &[]).error(error)
}
