//! An independent parser of a report's fields, based on `serde_json::Value` and a table of names and types.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::word;

/// The documented type of a field.
pub(crate) enum Kind {
    Text,
    /// A word. The known words in the list are matched case-insensitively.
    Word(&'static [&'static str]),
    Number,
    Count,
    Seconds,
    Flag,
    Texts,
    Json,
    Corners,
    Details,
    Object(Fields),
    List(Fields),
}

pub(crate) type Fields = &'static [(&'static str, Kind)];

use Kind::{Corners, Count, Details, Flag, Json, List, Number, Object, Seconds, Text, Texts, Word};

const CLASS: Kind = Word(&["human", "artificial"]);
pub(crate) const VERDICT: Fields = &[
    ("heuristic", Text),
    ("classification", CLASS),
    ("confidence", Number),
    ("models", Texts),
    ("count", Count),
    ("unknown", Flag),
];
pub(crate) const TICKET_VERDICT: Fields = &[
    ("heuristic", Text),
    ("description", Text),
    ("classification", Word(&["authentic", "tampered"])),
    ("confidence", Number),
];
pub(crate) const RESULT: Fields = &[
    ("model", Text),
    ("unknown", Flag),
    ("elapsed_time", Seconds),
    ("classification", List(&[("label", CLASS), ("score", Number)])),
    ("classification_details", Details),
];
pub(crate) const DETAIL: Fields =
    &[("detections", List(&[("box", Corners), ("results", List(RESULT)), ("verdict", Object(VERDICT))]))];
pub(crate) const SEGMENT: Fields =
    &[("index", Count), ("start", Seconds), ("end", Seconds), ("results", List(RESULT)), ("verdict", Object(VERDICT))];
const STATUS: Fields = &[("code", Text), ("url", Text), ("explanation", Text)];
pub(crate) const C2PA: Fields = &[
    ("active_manifest", Text),
    ("validation_state", Text),
    ("validation_status", List(STATUS)),
    (
        "validation_results",
        Object(&[
            (
                "activeManifest",
                Object(&[("success", List(STATUS)), ("informational", List(STATUS)), ("failure", List(STATUS))]),
            ),
            ("ingredientDeltas", Json),
        ]),
    ),
    ("manifests", Json),
];
pub(crate) const COMMON: Fields = &[
    ("hash", Text),
    ("api_version", Text),
    ("name", Text),
    ("ref_id", Text),
    ("result_url", Text),
    ("is_nsfw", Flag),
    ("verdict", Object(VERDICT)),
    ("verdicts", List(VERDICT)),
    ("force_classification", CLASS),
];

/// Returns the expected value of a field. It is `null` or an empty list if the field is absent or has another type.
pub(crate) fn read(source: &Value, kind: &Kind) -> Value {
    let number =
        || source.as_f64().or_else(|| source.as_str()?.trim().parse().ok()).filter(|number| number.is_finite());
    let details = |source: &Value| json!({ "confidence": read(&source["confidence"], &Number) });
    match kind {
        Text => json!(source.as_str()),
        Word(known) => {
            let canonical = |word: &&str| known.iter().copied().find(|known| known.eq_ignore_ascii_case(word));
            json!(word(source).map(|word| canonical(&word).unwrap_or(word)))
        }
        Number => json!(number()),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The range is checked.
        Count => json!(number().filter(|n| n.fract() == 0.0 && (0.0..9e15).contains(n)).map(|n| n as u64)),
        Seconds => json!(number().and_then(|n| Duration::try_from_secs_f64(n).ok()).map(|time| time.as_secs_f64())),
        Flag => json!(source.as_bool()),
        Texts => {
            let texts = source.as_array().into_iter().flatten().filter_map(Value::as_str);
            json!(texts.filter(|text| !text.is_empty()).collect::<Vec<_>>())
        }
        Json => source.clone(),
        Corners => {
            let corners = ["x1", "y1", "x2", "y2"].map(|name| (name.to_owned(), read(&source[name], &Number)));
            let is_box = corners.iter().all(|(_, number)| !number.is_null());
            if is_box { Value::Object(corners.into_iter().collect()) } else { Value::Null }
        }
        Details => details(source),
        Object(fields) => source.as_object().map_or(Value::Null, |_| object(source, fields)),
        List(fields) => {
            let objects = source.as_array().into_iter().flatten().filter(|source| source.is_object());
            let nothing = object(&Value::Null, fields);
            json!(objects.map(|source| object(source, fields)).filter(|read| *read != nothing).collect::<Vec<_>>())
        }
    }
}

/// Returns an object with the expected values of all `fields`.
pub(crate) fn object(source: &Value, fields: Fields) -> Value {
    let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), read(&source[*name], kind)));
    Value::Object(fields.collect::<Map<_, _>>())
}
