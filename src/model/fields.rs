//! The text fields of a form, as name and value, before they are encoded.

use std::borrow::Cow;

/// Fields in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Adds a field. The name goes out as it is.
    pub(crate) fn text(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a field if it is set. An option that is not set is not sent, so that the service's default holds.
    pub(crate) fn opt(&mut self, name: &'static str, value: Option<&'a str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds a switch if it is set, as the text `true` or `false`.
    pub(crate) fn opt_bool(&mut self, name: &'static str, value: Option<bool>) {
        self.opt(name, value.map(bool_text));
    }

    /// Returns the names and values in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Returns a switch as the service reads it.
pub(crate) fn bool_text(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
