//! The one place that is lenient: a field of another type than documented counts as absent. It stays in the raw JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;

/// A JSON object whose fields are read one by one. Of two fields with one name, the last counts.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Reads `json` as an object, or says where it is none.
    pub(super) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self)
    }

    /// A field that is there and not `null`, as JSON.
    pub(super) fn json(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get()).filter(|json| *json != "null")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.json(name)?)
    }

    /// A text that says something, without blanks around it.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.json(name)?).ok()
    }

    /// A finite number; also one that is written as a string, as some backends do.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let json = self.json(name)?;
        let number: Option<f64> =
            serde_json::from_str(json).ok().or_else(|| text(json).and_then(|text| text.trim().parse().ok()));
        number.filter(|number| number.is_finite())
    }

    /// A whole number from zero, written as [`number`](Self::number) takes it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked before.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
    }

    /// A number of seconds.
    pub(super) fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.number(name)?).ok()
    }

    pub(super) fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::parse(self.json(name)?).ok()
    }

    /// What is in a list, as JSON.
    pub(super) fn elements(&self, name: &str) -> Vec<&'a str> {
        self.json(name).map(elements).unwrap_or_default()
    }

    /// The objects in a list, what else is in it left out.
    pub(super) fn objects<T>(&self, name: &str, read: impl Fn(&Object<'a>) -> T) -> Vec<T> {
        let objects = self.elements(name).into_iter().filter_map(|json| Object::parse(json).ok());
        objects.map(|object| read(&object)).collect()
    }

    /// The strings in a list, what else is in it left out.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.elements(name).into_iter().filter_map(text).collect()
    }

    /// A text, or a list of texts in one; whatever else is there as JSON.
    pub(super) fn any_text(&self, name: &str) -> Option<String> {
        let json = self.json(name)?;
        let as_text = |json: &str| text(json).unwrap_or_else(|| json.to_owned());
        let whole = if json.starts_with('[') {
            elements(json).into_iter().filter(|json| *json != "null").map(as_text).collect::<Vec<_>>().join("; ")
        } else {
            as_text(json)
        };
        Some(whole).filter(|text| !text.trim().is_empty() && text != "{}")
    }
}

fn text(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

fn elements(json: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    elements.into_iter().map(RawValue::get).collect()
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
            assert_eq!(object.number(name).is_some(), ["number", "digits"].contains(&name), "{name}");
            assert_eq!(object.object(name).is_some(), name == "object", "{name}");
            assert_eq!(object.texts(name).len(), usize::from(name == "list"), "{name}");
            assert_eq!(object.objects(name, |_| ()).len(), usize::from(name == "list"), "{name}");
            assert_eq!(object.has(name), name != "nothing");
        }
        assert_eq!(object.number("digits"), Some(0.25));
    }

    #[test]
    fn counts_and_seconds_are_numbers_that_make_sense() {
        let read = |json: &str| {
            let json = format!("{{\"a\":{json}}}");
            let object = Object::parse(&json).unwrap();
            (object.count("a"), object.seconds("a").map(|time| time.as_millis()))
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
        let read = |json: &str| Object::parse(&format!("{{\"errors\":{json}}}")).unwrap().any_text("errors");
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
