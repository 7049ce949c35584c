//! The text fields of a form, as name and value, before they are encoded.

use std::borrow::Cow;

/// Fields in the order in which they were added. Names are the API's.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Adds a field.
    pub(crate) fn text(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.0.push((name, value.into()));
    }

    /// Adds a field if it is set. An option that is not set is not sent, so that the service's default holds.
    pub(crate) fn opt(&mut self, name: &'static str, value: Option<&'a str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds a switch if it is set, as the text `true` or `false`.
    pub(crate) fn opt_bool(&mut self, name: &'static str, value: Option<bool>) {
        self.opt(name, value.map(|on| if on { "true" } else { "false" }));
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (&'static str, Cow<'a, str>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
