//! The text fields of a form, as names and values that are not yet encoded.

use std::borrow::Cow;

/// Form fields in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Adds a field. The name is sent unchanged.
    pub(crate) fn text(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a field if `value` is set. An option that is not set is not sent, and the service's default applies.
    pub(crate) fn opt(&mut self, name: &'static str, value: Option<&'a str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds a boolean field if `value` is set, as the text `true` or `false`.
    pub(crate) fn opt_bool(&mut self, name: &'static str, value: Option<bool>) {
        self.opt(name, value.map(bool_text));
    }

    /// Returns the names and values in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Returns a boolean as the text that the service expects.
pub(crate) fn bool_text(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
