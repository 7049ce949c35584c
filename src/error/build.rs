//! Constructors and builder methods of errors, for the modules of the crate.

use std::time::Duration;

use super::{Cause, Error, ErrorKind, Inner};
use crate::model::identifier::{Identifier, InvalidIdentifier};
use crate::model::media_type::MediaType;
use crate::model::state::State;
use crate::util::text::one_line;

/// Maximum length of the service's text in an error, in bytes.
const MESSAGE_MAX: usize = 1_000;
/// Maximum length of the body of a response in an error, in bytes.
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

    /// Creates the error of a `field` that cannot be sent. The text does not contain the value, since a caller who
    /// swaps two arguments may have passed the key.
    pub(crate) fn invalid_input(field: &'static str, reason: &str) -> Self {
        Self::of_field(ErrorKind::InvalidInput, field, reason)
    }

    /// Creates the error of a `setting` that cannot be used. The text does not contain the value, for the same reason
    /// as in [`invalid_input`](Self::invalid_input).
    pub(crate) fn config(setting: &'static str, reason: &str) -> Self {
        Self::of_field(ErrorKind::Config, setting, reason)
    }

    /// Creates the error of a field or setting. The text begins with its name.
    pub(crate) fn of_field(kind: ErrorKind, field: &'static str, reason: &str) -> Self {
        Self::new(kind, format!("{field}: {reason}")).with_field(Some(field))
    }

    /// Creates the error of a value that has another medium than the type it is converted to.
    pub(crate) fn other_medium(what: &str, is: MediaType, wanted: MediaType) -> Self {
        Self::invalid_input("medium", &format!("the {what} has the media type {is}, expected {wanted}"))
    }

    /// Adds a prefix to the text, which names the subject of the error.
    pub(crate) fn prefixed(mut self, what: &str) -> Self {
        self.0.summary = format!("{what}: {}", self.0.summary);
        self
    }

    /// Copies the error for another submission that has the same problem. The copy has no identifier, no
    /// body and no cause.
    pub(crate) fn without_submission(&self) -> Self {
        let Inner { kind, field, summary, message, status, request_id, retry_after, .. } = &*self.0;
        let (message, request_id) = (message.clone(), request_id.clone());
        let mut error = Self::new(*kind, summary).with_field(*field);
        *error.0 = Inner { message, status: *status, request_id, retry_after: *retry_after, ..*error.0 };
        error
    }

    /// Returns the text of the error, followed by the service's own text.
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

    /// Marks the submit as possibly accepted. `false` does not remove an earlier mark.
    pub(crate) fn mark_maybe_sent(mut self, may_have_been_sent: bool) -> Self {
        self.0.may_have_been_sent |= may_have_been_sent;
        self
    }

    /// Marks the request as repeatable. `false` does not remove an earlier mark.
    pub(crate) fn mark_repeatable(mut self, may_repeat: bool) -> Self {
        self.0.may_repeat |= may_repeat;
        self
    }

    /// Returns `true` if the call decided that its request may be repeated.
    pub(crate) fn may_repeat(&self) -> bool {
        self.0.may_repeat
    }

    /// Redacts the error: `clean` rewrites each of its texts, and an identifier for which `is_secret` returns `true`
    /// is removed. `clean` returns `true` if it changed the text.
    pub(crate) fn cleaned(mut self, clean: impl Fn(&mut String) -> bool, is_secret: impl Fn(&str) -> bool) -> Self {
        let inner = &mut *self.0;
        let texts = [Some(&mut inner.summary), inner.message.as_mut(), inner.request_id.as_mut(), inner.body.as_mut()];
        for text in texts.into_iter().flatten() {
            clean(text);
        }
        // The texts are cut after the redaction. A cut through a secret would leave a part that `clean` does not find.
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
            // If the text of the cause contains a secret, the redacted text replaces the cause. Else it keeps its type.
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

/// Cuts `text` to at most `max` bytes. If it was longer, appends `end`.
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
    fn error_display_escapes_service_text() {
        let error = Error::new(ErrorKind::Rejected, "refused").with_message(Some(" a\r\nb\x1b[31m\u{202e}\u{2028}c "));
        assert_eq!(error.to_string(), "refused: a\\r\\nb\\u{1b}[31m\\u{202e}\\u{2028}c");
    }
}
