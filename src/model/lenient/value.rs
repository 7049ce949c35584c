//! JSON that is known to be valid, read in one pass; and the one place that is lenient: what is of another type than
//! documented counts as absent.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;

/// Whether `json` is one whole value, with nothing but blanks around it.
pub(crate) fn is_valid(json: &str) -> bool {
    serde_json::from_str::<&RawValue>(json).is_ok()
}

/// A value of JSON that comes next. What reads it either passes over it or, as it may be of another type, leaves it to
/// be passed over.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    rest: &'a str,
    /// How many objects in lists are read yet.
    pub(crate) left: usize,
}

impl<'a> Value<'a> {
    /// The first value in `json`. If that is not [valid](is_valid), what is found is wrong, and no more than that.
    pub(crate) fn new(json: &'a str, left: usize) -> Self {
        Self { rest: json, left }
    }

    /// As it stands there.
    pub(crate) fn json(&mut self) -> &'a str {
        self.rest = self.rest.trim_ascii_start();
        let (value, rest) = self.rest.split_at_checked(len(self.rest.as_bytes())).unwrap_or((self.rest, ""));
        self.rest = rest;
        value
    }

    /// As it stands there, unless it is `null`.
    pub(crate) fn any(&mut self) -> Option<String> {
        Some(self.json()).filter(|json| *json != "null").map(str::to_owned)
    }

    /// What a string says.
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        let text = self.rest.trim_ascii_start().strip_prefix('"')?;
        let (text, rest) = text.split_at_checked(until(text.as_bytes(), *b"\"\\"))?;
        if let Some(rest) = rest.strip_prefix('"') {
            self.rest = rest;
            return Some(Cow::Borrowed(text));
        }
        let mut after = *self;
        let text = serde_json::from_str(after.json()).ok()?;
        *self = after;
        Some(Cow::Owned(text))
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        self.string().map(Cow::into_owned)
    }

    /// What `read` makes of a text that says something, without blanks around it.
    pub(crate) fn word<T>(&mut self, read: impl FnOnce(&str) -> T) -> Option<T> {
        let text = self.string()?;
        Some(text.trim()).filter(|word| !word.is_empty()).map(read)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        self.json().parse().ok()
    }

    /// A finite number; also one that is written as a string, as some backends do.
    pub(crate) fn number(&mut self) -> Option<f64> {
        let number = match self.string() {
            Some(text) => text.trim().parse(),
            None => self.json().parse(),
        };
        number.ok().filter(|number: &f64| number.is_finite())
    }

    /// A whole number from zero, written as [`number`](Self::number) takes it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked before.
    pub(crate) fn count(&mut self) -> Option<u64> {
        let number = self.number()?;
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
    }

    /// A number of seconds.
    pub(crate) fn seconds(&mut self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.number()?).ok()
    }

    /// The strings in a list, what else is in it left out.
    pub(crate) fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        self.each(|element| texts.extend(element.text()));
        texts
    }

    /// A text, or a list of texts in one; whatever else is there as JSON.
    pub(crate) fn any_text(&mut self) -> Option<String> {
        let as_text = |value: &mut Self| value.string().unwrap_or_else(|| Cow::Borrowed(value.json()));
        let mut whole = String::new();
        let add = |element: &mut Self| {
            if !element.rest.starts_with("null") {
                whole.push_str(if whole.is_empty() { "" } else { "; " });
                whole.push_str(&as_text(element));
            }
        };
        if !self.each(add) && !self.rest.starts_with("null") {
            whole = as_text(self).into_owned();
        }
        Some(whole).filter(|text| !text.trim().is_empty() && text != "{}")
    }

    /// What `read` makes of the objects in a list, what else is in it left out.
    pub(crate) fn objects<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        self.each(|element| {
            let left = element.left;
            let Some(fewer) = left.checked_sub(1) else { return };
            element.left = fewer;
            match read(element) {
                Some(object) => found.push(object),
                None => element.left = left,
            }
        });
        found
    }

    /// What comes of an object whose fields `set` is shown, by name and in their order; see [`fields`](Self::fields).
    pub(crate) fn object<T: Default>(&mut self, mut set: impl FnMut(&mut T, &str, &mut Self)) -> Option<T> {
        let mut object = T::default();
        self.fields(|name, value| set(&mut object, &name, value))?;
        Some(object)
    }

    /// What `read` makes of a field of an object.
    pub(crate) fn field<T>(&mut self, wanted: &str, read: impl Fn(&mut Self) -> Option<T>) -> Option<T> {
        let mut found = None;
        self.fields(|name, value| {
            if name == wanted {
                found = read(value);
            }
        })?;
        found
    }

    /// Shows the fields of an object by name, in their order: of two with one name, the last shall count.
    pub(crate) fn fields(&mut self, mut see: impl FnMut(Cow<'a, str>, &mut Self)) -> Option<()> {
        let start = *self;
        self.passed(b'{').then_some(())?;
        while !self.passed(b'}') {
            let Some(name) = self.string() else {
                *self = start;
                return None;
            };
            self.passed(b':');
            self.offer(|value| see(name, value));
            self.passed(b',');
        }
        Some(())
    }

    /// Shows what is in a list one by one; or returns that there is none.
    pub(crate) fn each(&mut self, mut see: impl FnMut(&mut Self)) -> bool {
        if !self.passed(b'[') {
            return false;
        }
        while !self.passed(b']') && !self.rest.is_empty() {
            self.offer(&mut see);
            self.passed(b',');
        }
        true
    }

    /// Lets `see` read what comes next, and passes over what it does not.
    fn offer(&mut self, see: impl FnOnce(&mut Self)) {
        self.rest = self.rest.trim_ascii_start();
        let before = self.rest.len();
        see(self);
        if self.rest.len() == before && self.json().is_empty() {
            // This was no JSON, and must not be looked at for ever.
            self.rest = "";
        }
    }

    /// Passes over `mark` if that comes next.
    fn passed(&mut self, mark: u8) -> bool {
        self.rest = self.rest.trim_ascii_start();
        let rest = self.rest.get(1..).filter(|_| self.rest.as_bytes().first() == Some(&mark));
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What comes before `later`.
    pub(crate) fn up_to(self, later: &Self) -> &'a str {
        self.rest.get(..self.rest.len().saturating_sub(later.rest.len())).unwrap_or_default()
    }
}

/// How long the value is that `json` begins with.
fn len(json: &[u8]) -> usize {
    match json.first() {
        Some(b'"') => string_len(json),
        Some(b'{' | b'[') => nested_len(json),
        _ => until(json, *b",}] \n\r\t"),
    }
}

/// How long the object or list is that `json` begins with.
fn nested_len(json: &[u8]) -> usize {
    let (mut at, mut depth) = (0_usize, 0_usize);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = at.saturating_add(string_len(json.get(at..).unwrap_or_default()));
                continue;
            }
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = at.saturating_add(1);
        if depth == 0 {
            break;
        }
    }
    at
}

/// How long the string is that `json` begins with.
fn string_len(json: &[u8]) -> usize {
    let mut at = 1_usize;
    loop {
        let rest = json.get(at..).unwrap_or_default();
        let len = until(rest, *b"\"\\");
        let is_escape = rest.get(len) == Some(&b'\\');
        at = at.saturating_add(len).saturating_add(if is_escape { 2 } else { 1 });
        if !is_escape {
            return at;
        }
    }
}

/// How many bytes come before the first one of `marks`, or all. It compares eight of them at a time, as most of a
/// report is looked at here.
fn until<const N: usize>(bytes: &[u8], marks: [u8; N]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The lowest byte that is zero, and none below it, has its highest bit set.
    let zeros = |eight: u64| eight.wrapping_sub(EACH) & !eight & (EACH << 7);
    let (chunks, rest) = bytes.split_at(bytes.len() & !7);
    let mut at = 0_usize;
    for chunk in chunks.chunks_exact(8) {
        let eight = chunk.try_into().map_or(0, u64::from_le_bytes);
        let found = marks.iter().fold(0, |found, mark| found | zeros(eight ^ EACH.wrapping_mul((*mark).into())));
        if found != 0 {
            return at.saturating_add(found.trailing_zeros() as usize / 8);
        }
        at = at.saturating_add(8);
    }
    at.saturating_add(rest.iter().position(|byte| marks.contains(byte)).unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_not_looked_at_for_ever() {
        for odd in ["[}", "[,,", "[[", "[\"", "[\"\\", "[:", "{\"a\"}", "{\"a\":", "{\"a\":]", "{]", "[{\"a\":}]", ""] {
            assert!(!is_valid(odd), "{odd}");
            let (mut list, mut object) = (Value::new(odd, 9), Value::new(odd, 9));
            list.each(|element| drop(element.objects(|object| object.field("a", Value::text))));
            object.fields(|_, value| drop(value.texts()));
        }
    }
}
