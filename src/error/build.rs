//! The ways in which the modules of the crate build errors.

use std::time::Duration;

use super::{Cause, Error, ErrorKind, Inner};
use crate::model::identifier::{Identifier, InvalidIdentifier};
use crate::model::media_type::MediaType;
use crate::model::state::State;
use crate::util::text::one_line;

/// How much of the service's text an error keeps, in bytes.
const MESSAGE_MAX: usize = 1_000;
/// How much of an answer's body an error keeps, in bytes.
pub(crate) const BODY_MAX: usize = 4 * 1024;

impl Error {
    pub(crate) fn new(kind: ErrorKind, summary: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            field: None,
            summary: summary.into(),
            message: None,
            status: None,
            request_id: None,
            identifier: None,
            last_state: None,
            retry_after: None,
            may_have_been_sent: false,
            may_repeat: false,
            body: None,
            source: None,
        }))
    }

    /// `field` cannot be sent. The value is not named: arguments get swapped, it may be the key.
    pub(crate) fn invalid_input(field: &'static str, reason: &str) -> Self {
        Self::of_field(ErrorKind::InvalidInput, field, reason)
    }

    /// `setting` cannot be used; see [`invalid_input`](Self::invalid_input).
    pub(crate) fn config(setting: &'static str, reason: &str) -> Self {
        Self::of_field(ErrorKind::Config, setting, reason)
    }

    /// Makes the error of a field or setting, which its text begins with.
    pub(crate) fn of_field(kind: ErrorKind, field: &'static str, reason: &str) -> Self {
        Self::new(kind, format!("{field}: {reason}")).with_field(Some(field))
    }

    /// Makes the error of a value that is of another medium than its new type.
    pub(crate) fn other_medium(what: &str, is: MediaType, wanted: MediaType) -> Self {
        Self::invalid_input("medium", &format!("the {what} is of the medium {is}, not {wanted}"))
    }

    /// Puts what the error is about in front of its text.
    pub(crate) fn prefixed(mut self, what: &str) -> Self {
        self.0.summary = format!("{what}: {}", self.0.summary);
        self
    }

    /// Copies the error for another submission that it affects: without identifier, body and cause.
    pub(crate) fn without_submission(&self) -> Self {
        let Inner { kind, field, summary, message, status, request_id, retry_after, .. } = &*self.0;
        let (message, request_id) = (message.clone(), request_id.clone());
        let mut error = Self::new(*kind, summary).with_field(*field);
        *error.0 = Inner { message, status: *status, request_id, retry_after: *retry_after, ..*error.0 };
        error
    }

    /// Returns what went wrong, with the service's own text.
    pub(crate) fn summary(&self) -> String {
        match &self.0.message {
            Some(message) => format!("{}: {message}", self.0.summary),
            None => self.0.summary.clone(),
        }
    }

    /// Returns kind, field, summary and cause.
    pub(crate) fn into_parts(self) -> (ErrorKind, Option<&'static str>, String, Option<Cause>) {
        (self.0.kind, self.0.field, self.0.summary, self.0.source)
    }

    pub(crate) fn with_field(mut self, field: Option<&'static str>) -> Self {
        self.0.field = field;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_message(mut self, message: Option<&str>) -> Self {
        self.0.message = message.map(one_line);
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<&str>) -> Self {
        self.0.request_id = request_id.map(one_line);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_identifier(mut self, identifier: Option<Identifier>) -> Self {
        self.0.identifier = identifier;
        self
    }

    pub(crate) fn with_last_state(mut self, state: Option<State>) -> Self {
        self.0.last_state = state;
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.0.body = (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Cause>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Marks that the submit may have arrived; what was marked before stays marked.
    pub(crate) fn mark_maybe_sent(mut self, may_have_been_sent: bool) -> Self {
        self.0.may_have_been_sent |= may_have_been_sent;
        self
    }

    /// Marks that the request may be repeated; what was marked before stays marked.
    pub(crate) fn mark_repeatable(mut self, may_repeat: bool) -> Self {
        self.0.may_repeat |= may_repeat;
        self
    }

    /// Returns `true` if the call decided that its request may be repeated.
    pub(crate) fn may_repeat(&self) -> bool {
        self.0.may_repeat
    }

    /// Lets `clean` rewrite every text of this error, and drops an identifier that `is_secret`. `clean` returns `true`
    /// if it changed the text.
    pub(crate) fn cleaned(mut self, clean: impl Fn(&mut String) -> bool, is_secret: impl Fn(&str) -> bool) -> Self {
        let inner = &mut *self.0;
        let texts = [Some(&mut inner.summary), inner.message.as_mut(), inner.request_id.as_mut(), inner.body.as_mut()];
        for text in texts.into_iter().flatten() {
            clean(text);
        }
        // Only now: a cut through a secret would leave half of it, which `clean` does not find.
        if let Some(body) = &mut inner.body {
            cut(body, BODY_MAX, "");
        }
        if let Some(message) = &mut inner.message {
            cut(message, MESSAGE_MAX, "\u{2026}");
        }
        if let Some(State::Other(text)) = &mut inner.last_state {
            clean(text);
        }
        inner.identifier = inner.identifier.take().filter(|identifier| !is_secret(identifier.as_str()));
        if let Some(source) = &inner.source {
            // A cause keeps its type unless its text has a secret.
            let (mut shown, mut raw) = (source.to_string(), format!("{source:?}"));
            if clean(&mut shown) | clean(&mut raw) {
                inner.source = Some(shown.into());
            }
        }
        self
    }
}

impl From<InvalidIdentifier> for Error {
    fn from(_: InvalidIdentifier) -> Self {
        Self::invalid_input("identifier", InvalidIdentifier::REASON)
    }
}

/// Cuts `text` to at most `max` bytes, and puts `end` behind it if that took something away.
fn cut(text: &mut String, max: usize, end: &str) {
    if text.len() > max {
        let at = (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(at);
        text.push_str(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_one_line() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(" a\r\nb\x1b[31m\u{202e}\u{2028}c "));
        assert_eq!(error.to_string(), "refused: a\\r\\nb\\u{1b}[31m\\u{202e}\\u{2028}c");
    }
}
