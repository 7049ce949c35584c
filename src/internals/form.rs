//! The encoding of forms.

use std::io::{self, Read};

use crate::api::classification;
use crate::api::multipart::{self, Boundary};
use crate::error::Result;
use crate::http::body::Body;
use crate::http::request::Content;
use crate::http::response::Failure;
use crate::model::fields::Fields;
use crate::model::submission::any::AnySubmission;

/// An encoded form.
#[derive(Debug)]
pub struct Form<'a>(Content<'a>);

impl<'a> Form<'a> {
    /// Encodes text fields.
    pub fn of_fields(fields: &[(&'static str, &str)]) -> Self {
        let mut form = Fields::default();
        for (name, value) in fields {
            form.text(*name, *value);
        }
        Self(multipart::encode(&form, Boundary::random(), "", Vec::new()))
    }

    /// Encodes a submission. Fails as [`AnySubmission::check`] does.
    pub fn of_submission(submission: &'a AnySubmission, boundary: &str) -> Result<Self> {
        let request = classification::submit_with(submission, submission.upload()?, Boundary::fixed(boundary));
        Ok(Self(request.content.unwrap_or_default()))
    }

    /// Returns the `Content-Type`.
    pub fn media_type(&self) -> &str {
        &self.0.media_type
    }

    /// Returns the `Content-Length`.
    pub fn content_length(&self) -> u64 {
        self.0.len()
    }

    /// Opens the body at its first byte.
    pub fn open(&self) -> Result<FormBody<'_>> {
        Body::open(Some(&self.0)).map(FormBody).map_err(Failure::into_error)
    }
}

/// A reader of the body of a [`Form`].
pub struct FormBody<'a>(Body<'a>);

impl FormBody<'_> {
    /// Returns `true` once the last byte was read.
    pub fn is_read(&self) -> bool {
        self.0.is_read()
    }
}

impl Read for FormBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}
