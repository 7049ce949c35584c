//! The one place that is lenient: a field of another type than documented counts as absent. It stays in the raw JSON.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The objects in lists are read as long as each takes so many bytes of JSON on average, and a few of them anyway. What
/// says anything takes more; but each of a million empty ones would take a hundred times the memory of its JSON.
const BYTES_PER_OBJECT: usize = 24;
const FEW: usize = 16;

/// A JSON object whose fields are read one by one. Of two fields with one name, the last counts.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    /// How many objects are read yet, of all lists in what was parsed.
    left: Rc<Cell<usize>>,
}

impl<'a> Object<'a> {
    /// Reads `json` as an object, or says where it is none.
    pub(super) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        Self::within(json, &Rc::new(Cell::new(FEW.saturating_add(json.len() / BYTES_PER_OBJECT))))
    }

    fn within(json: &'a str, left: &Rc<Cell<usize>>) -> Result<Self, serde_json::Error> {
        Ok(Self { fields: serde_json::from_str(json)?, left: Rc::clone(left) })
    }

    /// A field that is there and not `null`, as JSON.
    pub(super) fn json(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name).map(|value| value.get()).filter(|json| *json != "null")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
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
        Self::within(self.json(name)?, &self.left).ok()
    }

    /// The objects in a list, what else is in it left out.
    pub(super) fn objects<T>(&self, name: &str, read: impl Fn(&Object<'a>) -> T) -> Vec<T> {
        self.objects_if(name, |object, _| Some(read(object)))
    }

    /// The objects in a list that `read` makes something of, from them or their JSON.
    pub(super) fn objects_if<T>(&self, name: &str, read: impl Fn(&Object<'a>, &'a str) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        let _ = each(self.json(name).unwrap_or_default(), |json| {
            let Some(left) = self.left.get().checked_sub(1) else { return };
            let Ok(object) = Self::within(json, &self.left) else { return };
            self.left.set(left);
            found.extend(read(&object, json));
        });
        found
    }

    /// The strings in a list, what else is in it left out.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let _ = each(self.json(name).unwrap_or_default(), |json| texts.extend(text(json)));
        texts
    }

    /// Whether a field is a list with something in it.
    pub(super) fn is_list(&self, name: &str) -> bool {
        let mut is_list = false;
        let _ = each(self.json(name).unwrap_or_default(), |_| is_list = true);
        is_list
    }

    /// A text, or a list of texts in one; whatever else is there as JSON.
    pub(super) fn any_text(&self, name: &str) -> Option<String> {
        let json = self.json(name)?;
        let as_text = |json: &str| text(json).unwrap_or_else(|| json.to_owned());
        let mut whole = String::new();
        let add = |json| {
            if json != "null" {
                whole.push_str(if whole.is_empty() { "" } else { "; " });
                whole.push_str(&as_text(json));
            }
        };
        if each(json, add).is_err() {
            whole = as_text(json);
        }
        Some(whole).filter(|text| !text.trim().is_empty() && text != "{}")
    }
}

fn text(json: &str) -> Option<String> {
    json.starts_with('"').then(|| serde_json::from_str(json).ok())?
}

/// Shows what is in a list one by one, as JSON; or says where it is none.
pub(crate) fn each<'a>(json: &'a str, see: impl FnMut(&'a str)) -> Result<(), serde_json::Error> {
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

    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_seq(Each(see))?;
    json.end()
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
            assert_eq!(object.is_list(name), name == "list", "{name}");
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
    fn of_lists_of_nothing_only_what_their_json_is_worth_is_read_and_of_others_all() {
        let read = |element: &str| {
            let list = vec![element; 10_000].join(",");
            let json = format!(r#"{{"a":[{list}],"b":{{"c":[{list}]}}}}"#);
            let object = Object::parse(&json).unwrap();
            let count = object.objects("a", |_| ()).len() + object.object("b").unwrap().objects("c", |_| ()).len();
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
