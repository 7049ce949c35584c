//! Lenient parsing of JSON: a value of another type than documented counts as absent.
//!
//! Each field is first taken as raw JSON and then parsed separately. Therefore a field that cannot be parsed, such as a
//! string with half of a surrogate pair, does not affect the other fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A type that can be read from JSON. `from_json` returns `None` if the JSON has another type.
pub(crate) trait FromJson: Sized {
    fn from_json(json: &str) -> Option<Self>;
}

impl FromJson for String {
    fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

impl FromJson for bool {
    fn from_json(json: &str) -> Option<Self> {
        json.parse().ok()
    }
}

/// Reads a finite number. A string that contains a number is accepted, because some backends write numbers as strings.
impl FromJson for f64 {
    fn from_json(json: &str) -> Option<Self> {
        let number: Self =
            if json.starts_with('"') { String::from_json(json)?.trim().parse() } else { json.parse() }.ok()?;
        number.is_finite().then_some(number)
    }
}

/// Reads a whole number of at least zero. `3.0` and `"3"` are accepted as 3.
impl FromJson for u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The range is checked before the cast.
    fn from_json(json: &str) -> Option<Self> {
        let number = f64::from_json(json)?;
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as Self)
    }
}

/// Reads a number of seconds.
impl FromJson for Duration {
    fn from_json(json: &str) -> Option<Self> {
        Self::try_from_secs_f64(f64::from_json(json)?).ok()
    }
}

/// A JSON object inside a response, whose fields are parsed leniently.
pub(crate) trait Part: DeserializeOwned {}

impl<T: Part> FromJson for T {
    fn from_json(json: &str) -> Option<Self> {
        // Serde would also read a struct from a list.
        json.strip_prefix('{')?;
        serde_json::from_str(json).ok().or_else(|| {
            // Serde rejects a repeated field name. The map keeps the last value of each name.
            let Object(fields) = Object::parse(json).ok()?;
            serde_json::from_str(&serde_json::to_string(&fields).ok()?).ok()
        })
    }
}

/// Deserializes a field, as `None` if the JSON has another type.
pub(crate) fn field<'de, D: Deserializer<'de>, T: FromJson>(deserializer: D) -> Result<Option<T>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(|json| T::from_json(json.get()))
}

/// Deserializes a list, without elements that do not set any field. The list is empty if the JSON has another type.
pub(crate) fn list<'de, D: Deserializer<'de>, T: FromJson + Default + PartialEq>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(|json| elements(json.get(), unless_blank).unwrap_or_default())
}

/// Reads an element of a list. Returns `None` if it does not set any field.
///
/// Skipping empty elements saves memory: a list of a million empty objects would take a hundred times as much memory as
/// its JSON.
pub(crate) fn unless_blank<T: FromJson + Default + PartialEq>(json: &str) -> Option<T> {
    T::from_json(json).filter(|element| *element != T::default())
}

/// Reads the elements of a list, and skips those for which `read` returns `None`. Returns `None` if `json` is not a
/// list.
pub(crate) fn elements<T>(json: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut elements = Vec::new();
    each(json, |json| elements.extend(read(json))).then_some(elements)
}

/// Calls `visit` with each element of a list. Returns `false` if `json` is not a complete list.
pub(crate) fn each<'a>(json: &'a str, visit: impl FnMut(&'a str)) -> bool {
    struct Each<F>(F);

    impl<'de, F: FnMut(&'de str)> Visitor<'de> for Each<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
            while let Some(element) = list.next_element::<&RawValue>()? {
                (self.0)(element.get());
            }
            Ok(())
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.deserialize_seq(Each(visit)).and_then(|()| deserializer.end()).is_ok()
}

/// A complete JSON object, whose fields are read by name. If a name is repeated, the last value is used.
#[derive(Default, Deserialize)]
pub(crate) struct Object<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Parses `json`. The error is the reason as text.
    pub(crate) fn parse(json: &'a str) -> Result<Self, &'static str> {
        serde_json::from_str(json)
            .map(Self)
            .map_err(|error| if error.is_data() { "not a JSON object" } else { "invalid or truncated JSON" })
    }

    /// Returns `true` if the field is present, even if it is `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns the JSON of a field that is present and not `null`.
    pub(crate) fn json(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|json| json.get()).filter(|json| *json != "null")
    }

    /// Reads a field. Returns `None` if it is absent or has another type.
    pub(crate) fn field<T: FromJson>(&self, name: &str) -> Option<T> {
        T::from_json(self.json(name)?)
    }

    /// Reads a list, and skips elements that do not set any field.
    pub(crate) fn list<T: FromJson + Default + PartialEq>(&self, name: &str) -> Vec<T> {
        self.elements(name, unless_blank)
    }

    /// Reads a list, and skips elements for which `read` returns `None`.
    pub(crate) fn elements<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        self.json(name).and_then(|json| elements(json, read)).unwrap_or_default()
    }

    /// Reads a field that is an object. Returns `None` if it is absent or has another type.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.json(name)?).ok()
    }
}

/// Returns `true` if `json` is a single complete JSON value.
pub(crate) fn is_valid(json: &str) -> bool {
    serde_json::from_str::<&RawValue>(json).is_ok()
}

/// Returns a body as text, without a byte order mark and without whitespace around the JSON.
pub(crate) fn json_text(body: &[u8]) -> Cow<'_, str> {
    fn trim(text: &str) -> &str {
        text.trim_start_matches('\u{feff}').trim()
    }
    // Almost every body is UTF-8, and this is the fastest check for it.
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(trim(text)),
        Err(_) => Cow::Owned(trim(&String::from_utf8_lossy(body)).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_another_type_is_absent() {
        let json = r#"{"null": null, "text": "t", "number": 0.5, "digits": " 0.25 ", "flag": true,
            "object": {"a": 1}, "list": ["x", 7, null, {"a": 1}], "huge": 1e999, "nan": "NaN", "half": "\ud800"}"#;
        let object = Object::parse(json).unwrap();
        for name in ["null", "text", "number", "digits", "flag", "object", "list", "huge", "nan", "half", "nothing"] {
            assert_eq!(object.field::<String>(name).is_some(), ["text", "digits", "nan"].contains(&name), "{name}");
            assert_eq!(object.field::<bool>(name).is_some(), name == "flag", "{name}");
            assert_eq!(object.field::<f64>(name).is_some(), ["number", "digits"].contains(&name), "{name}");
            assert_eq!(object.object(name).is_some(), name == "object", "{name}");
            assert_eq!(object.list::<String>(name).len(), usize::from(name == "list"), "{name}");
            assert_eq!(object.has(name), name != "nothing");
        }
        assert_eq!(object.field("digits"), Some(0.25));
    }

    #[test]
    fn count_or_seconds_out_of_range_is_absent() {
        let read = |json: &str| (u64::from_json(json), Duration::from_json(json).map(|seconds| seconds.as_millis()));
        assert_eq!(read("3"), (Some(3), Some(3_000)));
        assert_eq!(read("\"3\""), (Some(3), Some(3_000)));
        assert_eq!(read("0.25"), (None, Some(250)));
        assert_eq!(read("-1"), (None, None));
        assert_eq!(read("1e300"), (None, None));
        assert_eq!(read("null"), (None, None));
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Pair {
        #[serde(deserialize_with = "field")]
        a: Option<String>,
        #[serde(deserialize_with = "list")]
        b: Vec<Pair>,
    }

    impl Part for Pair {}

    fn pair(a: &str, b: Vec<Pair>) -> Pair {
        Pair { a: Some(a.to_owned()), b }
    }

    #[test]
    fn unreadable_field_does_not_affect_other_fields() {
        for json in [r#"{"b":"\ud800","a":"x"}"#, r#"{"b":1e999,"\u0061":"x"}"#, r#"{"a":"y","b":{},"c":{},"a":"x"}"#] {
            assert_eq!(Pair::from_json(json), Some(pair("x", Vec::new())), "{json}");
        }
        for json in ["[\"x\",[]]", "7", "null", "\"x\"", r#"{"\ud800":1}"#] {
            assert_eq!(Pair::from_json(json), None, "{json}");
        }
    }

    #[test]
    fn list_element_without_any_field_is_skipped() {
        let json = r#"{"b":[{}, {"a":7}, {"c":1}, {"a":"x","a":7}, {"b":[{"a":"x"},{}]}, {"a":"y"}, ["z"], "\ud800"]}"#;
        let expected = vec![Pair { a: None, b: vec![pair("x", Vec::new())] }, pair("y", Vec::new())];
        assert_eq!(Object::parse(json).unwrap().list::<Pair>("b"), expected);
    }

    #[test]
    fn repeated_field_has_its_last_value() {
        assert_eq!(Object::parse(r#"{"a":"1","a":"2"}"#).unwrap().field::<String>("a").as_deref(), Some("2"));
    }

    #[test]
    fn object_parse_of_other_json_fails() {
        for json in ["", "null", "[]", "7", "{", "{\"a\"}", "{}x"] {
            assert!(Object::parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn truncated_list_is_rejected() {
        for json in ["", "null", "{}", "[", "[1", "[1,]", "[1]x"] {
            assert!(!each(json, |_| ()), "{json}");
        }
        let mut elements = Vec::new();
        assert!(each(" [ 1 ,\"a\", [] ] ", |element| elements.push(element)));
        assert_eq!(elements, ["1", "\"a\"", "[]"]);
    }
}
