//! A JSON object whose fields are read by name, since the meaning of some depends on others.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::value::Value;

/// The objects in lists are read as long as each takes so many bytes of JSON on average, and a few of them anyway. What
/// says anything takes more; but each of a million empty ones would take a hundred times the memory of its JSON.
const BYTES_PER_OBJECT: usize = 24;
const FEW: usize = 16;

/// Why something is none.
pub(crate) const NO_OBJECT: &str = "it is not a JSON object";

/// A JSON object whose fields are read one by one. Of two fields with one name, the last counts.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    fields: Vec<(Cow<'a, str>, &'a str)>,
    /// How many objects are read yet, of all lists in what was parsed.
    pub(crate) left: Cell<usize>,
}

impl<'a> Object<'a> {
    /// Reads `json` as an object, or says why it is none.
    pub(crate) fn parse(json: &'a str) -> Result<Self, &'static str> {
        let read = |error: serde_json::Error| if error.is_data() { NO_OBJECT } else { "it is not whole JSON" };
        let Fields(fields) = serde_json::from_str(json).map_err(read)?;
        Ok(Self { fields, left: Cell::new(worth(json)) })
    }

    /// The object that comes next, if one does, and as which JSON. It is within another one, or in a list.
    pub(crate) fn next(value: &mut Value<'a>) -> Option<(Self, &'a str)> {
        let start = *value;
        let mut fields = Vec::new();
        value.fields(|name, value| fields.push((name, value.json())))?;
        Some((Self { fields, left: Cell::new(value.left) }, start.up_to(value)))
    }

    /// The same, but as if it were the whole of what is read.
    pub(crate) fn next_alone(value: &mut Value<'a>) -> Option<(Self, &'a str)> {
        let (object, json) = Self::next(value)?;
        Some((Self { left: Cell::new(worth(json)), ..object }, json))
    }

    /// A field that is there and not `null`, as JSON.
    pub(crate) fn json(&self, name: &str) -> Option<&'a str> {
        self.field(name).filter(|json| *json != "null")
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().rev().find(|field| field.0 == name).map(|field| field.1)
    }

    /// What `read` makes of a field, if that is there.
    pub(crate) fn read<T>(&self, name: &str, read: impl FnOnce(&mut Value<'a>) -> Option<T>) -> Option<T> {
        let mut value = Value::new(self.field(name)?, self.left.get());
        let found = read(&mut value);
        self.left.set(value.left);
        found
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.read(name, Value::text)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name, Value::flag)
    }

    /// What `read` makes of a text; see [`Value::word`].
    pub(crate) fn word<T>(&self, name: &str, read: impl FnOnce(&str) -> T) -> Option<T> {
        self.read(name, |value| value.word(read))
    }

    /// What `read` makes of the objects in a list; see [`Value::objects`].
    pub(crate) fn objects<T>(&self, name: &str, read: impl Fn(&mut Value<'a>) -> Option<T>) -> Vec<T> {
        self.read(name, |value| Some(value.objects(read))).unwrap_or_default()
    }
}

fn worth(json: &str) -> usize {
    FEW.saturating_add(json.len() / BYTES_PER_OBJECT)
}

/// Fields as they are found while the whole is checked.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;

        impl<'de> Visitor<'de> for OfObject {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let name = Value::new(name.get(), 0).string().ok_or_else(|| A::Error::custom("an odd name"))?;
                    fields.push((name, value.get()));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(OfObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_type_counts_as_absent() {
        let json = r#"{"null": null, "text": "t", "number": 0.5, "digits": " 0.25 ", "flag": true,
            "object": {"a": 1}, "list": ["x", 7, null, {"a": 1}], "huge": 1e999, "nan": "NaN", "half": "\ud800"}"#;
        let object = Object::parse(json).unwrap();
        for name in ["null", "text", "number", "digits", "flag", "object", "list", "huge", "nan", "half", "nothing"] {
            assert_eq!(object.text(name).is_some(), ["text", "digits", "nan"].contains(&name), "{name}");
            assert_eq!(object.flag(name).is_some(), name == "flag", "{name}");
            assert_eq!(object.read(name, Value::number).is_some(), ["number", "digits"].contains(&name), "{name}");
            assert_eq!(object.read(name, |value| value.fields(|_, _| ())).is_some(), name == "object", "{name}");
            assert_eq!(
                object.read(name, |value| Some(value.texts())).unwrap_or_default().len(),
                usize::from(name == "list"),
                "{name}"
            );
            assert_eq!(
                object.objects(name, |value| value.fields(|_, _| ())).len(),
                usize::from(name == "list"),
                "{name}"
            );
            assert_eq!(object.has(name), name != "nothing");
        }
        assert_eq!(object.read("digits", Value::number), Some(0.25));
    }

    #[test]
    fn counts_and_seconds_are_numbers_that_make_sense() {
        let read = |json: &str| {
            let json = format!("{{\"a\":{json}}}");
            let object = Object::parse(&json).unwrap();
            (object.read("a", Value::count), object.read("a", Value::seconds).map(|time| time.as_millis()))
        };
        assert_eq!(read("3"), (Some(3), Some(3_000)));
        assert_eq!(read("\"3\""), (Some(3), Some(3_000)));
        assert_eq!(read("0.25"), (None, Some(250)));
        assert_eq!(read("-1"), (None, None));
        assert_eq!(read("1e300"), (None, None));
        assert_eq!(read("null"), (None, None));
    }

    #[test]
    fn a_text_may_come_as_many() {
        let read =
            |json: &str| Object::parse(&format!("{{\"errors\":{json}}}")).unwrap().read("errors", Value::any_text);
        for json in ["null", "\"\"", "\" \"", "[]", "[null]", "{}"] {
            assert_eq!(read(json), None, "{json}");
        }
        let table = [
            (r#""Unreadable""#, "Unreadable"),
            (r#"["Unreadable", "Too small"]"#, "Unreadable; Too small"),
            (r#"["Unreadable", {"code": 7}]"#, r#"Unreadable; {"code": 7}"#),
            (r#"{"file": ["Unreadable"]}"#, r#"{"file": ["Unreadable"]}"#),
            ("7", "7"),
        ];
        for (json, expected) in table {
            assert_eq!(read(json).as_deref(), Some(expected));
        }
    }

    #[test]
    fn of_lists_of_nothing_only_what_their_json_is_worth_is_read_and_of_others_all() {
        let read = |element: &str| {
            let list = vec![element; 10_000].join(",");
            let json = format!(r#"{{"a":[{list}],"b":{{"c":[{list}]}}}}"#);
            let object = Object::parse(&json).unwrap();
            let objects = |list: &mut Value<'_>| Some(list.objects(|value| value.fields(|_, _| ())).len());
            let count = object.read("a", objects).unwrap() + object.read("b", |b| b.field("c", objects)).unwrap();
            (count, FEW + json.len() / BYTES_PER_OBJECT)
        };
        let (count, worth) = read("{}");
        assert_eq!(count, worth);
        assert_eq!(read(r#"{"label":"a","score":1}"#).0, 20_000);
    }

    #[test]
    fn of_two_fields_with_one_name_the_last_counts() {
        assert_eq!(Object::parse(r#"{"a":"1","a":"2"}"#).unwrap().text("a").as_deref(), Some("2"));
    }

    #[test]
    fn only_an_object_is_one() {
        for json in ["", "null", "[]", "7", "{", "{\"a\"}", "{}x"] {
            assert!(Object::parse(json).is_err(), "{json}");
        }
    }
}
