//! Answers of every endpoint, of any status, framed and cut as it may come.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::report::assert_sound;
use super::{Input, KEY, assert_safe, is_identifier, value, word};
use crate::api::{identifier, parse as answer};
use crate::error::{Error, ErrorKind};
use crate::http::response::{Failure, Response};
use crate::model::identifier::Identifier;
use crate::model::medium::{Image, Medium, Video};
use crate::model::report::Report;
use crate::model::report::verdict::Classification;

const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 206, 299, 199, 300, 302, 304, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 599, 600,
    999,
];
const CONTENT_TYPES: [Option<&str>; 6] = [
    Some("application/json"),
    Some("text/plain"),
    Some("Text/Plain; charset=UTF-8"),
    Some("text/html"),
    Some("text/plainer"),
    None,
];
const PAUSES: [Option<u64>; 4] = [None, Some(0), Some(7), Some(u64::MAX)];

/// What an answer is but for its body.
struct Envelope {
    status: u16,
    is_framed: bool,
    is_cut: bool,
    /// Whether it has a lot to say.
    is_long: bool,
    content_type: Option<&'static str>,
    retry_after: Option<Duration>,
    /// What headers say in words of their own.
    said: String,
}

impl Envelope {
    fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    fn is_whole_success(&self) -> bool {
        self.is_success() && !self.is_cut
    }

    fn around(&self, body: &[u8]) -> Response {
        Response {
            status: self.status,
            content_type: self.content_type.map(str::to_owned),
            // As the transport hands it on.
            location: Some(self.said.replace(KEY, "[api key]")),
            request_id: Some(self.said.clone()),
            retry_after: self.retry_after,
            body: body.to_vec(),
            framed: self.is_framed,
            cut_short: self.is_cut.then(|| Failure::new(ErrorKind::Disconnected, "lost the connection to x.test")),
            ..Response::default()
        }
    }

    /// What is true of the error of every answer.
    fn assert_told(&self, error: Error) -> Error {
        assert_eq!((error.status(), error.retry_after()), (Some(self.status), self.retry_after));
        let error = assert_safe(error);
        match self.status {
            200..=299 if self.is_cut => assert_eq!(error.kind(), ErrorKind::Disconnected),
            300..=399 => assert_eq!(error.kind(), ErrorKind::Redirect),
            401 => assert_eq!(error.kind(), ErrorKind::Unauthorized),
            429 => assert_eq!(error.kind(), ErrorKind::RateLimited),
            500..=599 => assert_eq!(error.kind(), ErrorKind::Server),
            _ => {}
        }
        error
    }
}

/// The answer of an endpoint.
pub fn answer(data: &[u8]) {
    let mut input = Input(data);
    let check = input.choose(&[submit, result, results, heatmap, overridden]);
    let status = input.choose(&STATUSES);
    let ways = input.byte();
    let envelope = Envelope {
        status,
        is_framed: ways & 1 == 0,
        is_cut: ways & 2 != 0,
        is_long: ways & 4 != 0,
        content_type: input.choose(&CONTENT_TYPES),
        retry_after: input.choose(&PAUSES).map(Duration::from_secs),
        said: input.text(),
    };
    check(&envelope, input.0);
}

fn asked() -> Identifier {
    "asked".parse().unwrap()
}

fn submit(envelope: &Envelope, body: &[u8]) {
    let lossy = String::from_utf8_lossy(body);
    let text = lossy.trim_start_matches('\u{feff}').trim();
    let (in_object, as_text) = (in_object(text), as_text(envelope, text));
    match identifier::identifier(envelope.around(body)) {
        Ok(identifier) => {
            assert!(envelope.is_success() && is_identifier(identifier.as_str()), "{identifier}");
            assert!(in_object.or(as_text).is_none_or(|stated| stated == identifier.as_str()), "{identifier}");
        }
        Err(error) => {
            let error = envelope.assert_told(error);
            assert!(!envelope.is_success() || (in_object.is_none() && as_text.is_none()), "{error:?}");
            // One that has the key in it is no identifier that may be shown.
            let in_object = in_object.filter(|stated| !stated.contains(KEY));
            let kept = error.identifier().map(Identifier::as_str);
            assert!(in_object.is_none() || kept.is_some(), "{error:?}");
        }
    }
    if envelope.is_long {
        let error = format!("{{\"error\":{}}}", Value::from(lossy.repeat(5_000 / lossy.len().max(1) + 1)));
        envelope.assert_told(identifier::identifier(envelope.around(error.as_bytes())).unwrap_err());
    } else {
        nothing_around_loses_it(envelope, &lossy);
    }
}

/// A closed identifier is told, whatever stands in other strings, in front of it and behind it, and whatever breaks
/// off.
fn nothing_around_loses_it(envelope: &Envelope, text: &str) {
    let text = serde_json::to_string(text).unwrap();
    let object = format!("{{\"a\":{text},\"identifier\":\"asked\",\"b\":[{text}]}}");
    let closed = object.rfind("asked\"").unwrap() + 6;
    let cut = object.get(..closed + text.len() / 2).unwrap_or(&object[..closed]);
    for whole in [object.as_str(), &object[..closed], cut] {
        for front in ["\u{feff} ", "<br />\n<b>Notice</b>: \"x\" in <b>a.php</b>\n"] {
            for end in ["", " \r\n", &text, "<!-- 0.01 s -->", "{\"identifier\":\"b"] {
                let body = format!("{front}{whole}{end}");
                let found = match identifier::identifier(envelope.around(body.as_bytes())) {
                    Ok(identifier) => Some(identifier),
                    Err(error) => error.identifier().cloned(),
                };
                assert_eq!(found, Some(asked()), "{body}");
            }
        }
    }
}

/// The identifier of a whole object that has one and no other.
fn in_object(text: &str) -> Option<String> {
    let Fields(fields) = serde_json::from_str(text).ok()?;
    let mut named = fields.into_iter().filter(|(name, _)| name == "identifier");
    let (Some((_, Value::String(identifier))), None) = (named.next(), named.next()) else { return None };
    Some(identifier).filter(|identifier| is_identifier(identifier))
}

/// The identifier that is all of a text or of a JSON string, if nothing of that can be missing.
fn as_text(envelope: &Envelope, text: &str) -> Option<String> {
    let is_text = matches!(envelope.content_type, Some("text/plain" | "Text/Plain; charset=UTF-8"));
    let is_hash = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    let is_whole = envelope.is_framed && !envelope.is_cut;
    let string: Option<String> = serde_json::from_str(text).ok();
    let bare = Some(text.to_owned()).filter(|_| is_hash || (is_text && is_whole));
    string.or(bare).filter(|text| is_identifier(text))
}

/// The fields of an object, those with one name too.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

fn result(envelope: &Envelope, body: &[u8]) {
    fn of<M: Medium>(envelope: &Envelope, body: &[u8]) {
        match answer::report::<M>(envelope.around(body), &asked()) {
            Ok(report) => {
                assert!(envelope.is_whole_success());
                assert_eq!(*report.identifier(), asked());
                assert!(envelope.status != 202 || !report.is_finished(), "accepted, and no more");
                assert_sound(&report);
            }
            Err(error) => drop(envelope.assert_told(error)),
        }
    }
    of::<Image>(envelope, body);
    of::<Video>(envelope, body);
}

fn results(envelope: &Envelope, body: &[u8]) {
    let is_asked = |identifier: &Identifier| ["asked", "asked-too"].contains(&identifier.as_str());
    let read = |body: &[u8]| answer::reports::<Image>(envelope.around(body), is_asked);
    match read(body) {
        Ok(reports) => {
            assert!(envelope.is_whole_success());
            for report in &reports {
                assert!(is_asked(report.identifier()));
                assert_sound(report);
            }
            if let (Some(Value::Array(elements)), true) = (value(body), envelope.status != 202) {
                let plain = elements.iter().filter(|element| is_plain(element));
                let identifiers = plain.filter_map(|element| element["identifier"].as_str()?.parse().ok());
                assert_eq!(identifiers.filter(is_asked).count(), reports.len());
            }
        }
        Err(error) => drop(envelope.assert_told(error)),
    }
    // Whatever stands beside it, what was asked for is found.
    if let (Some(_), true) = (value(body), envelope.is_whole_success() && envelope.status != 202) {
        let body = String::from_utf8_lossy(body);
        let body = body.trim_start_matches('\u{feff}').trim();
        let list = format!("[{body},{{\"identifier\":\"asked-too\",\"status\":\"done\"}},{body}]");
        let found = |report: &Report<Image>| report.identifier().as_str() == "asked-too" && report.is_finished();
        assert!(read(list.as_bytes()).unwrap().iter().any(found), "{list}");
    }
}

/// Whether an element is not that of a video or a recording.
fn is_plain(element: &Value) -> bool {
    let has = |object: &Value, field: &str| object.get(field).is_some();
    let (results, details) = (&element["results"], &element["details"]);
    let is_of_video = has(results, "images") || has(results, "audios");
    !is_of_video && !has(details, "clips") && !has(element, "chunk_details")
}

fn heatmap(envelope: &Envelope, body: &[u8]) {
    let start = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x07\0\0\0\x09";
    let end = b"\0\0\0\0IEND\xae\x42\x60\x82";
    let whole = [&start[..], body, end, b"\n"].concat();
    for body in [body, &whole] {
        match answer::heatmap(envelope.around(body)) {
            Ok(heatmap) => {
                assert!(envelope.is_whole_success());
                assert!(body.starts_with(&start[..16]) && body.trim_ascii_end().ends_with(end));
                assert_eq!(heatmap.as_bytes(), body, "to the last byte");
                let size = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
                assert_eq!((heatmap.width(), heatmap.height()), (size(16), size(20)));
            }
            Err(error) => {
                let error = envelope.assert_told(error);
                assert!(body != whole || !envelope.is_whole_success(), "{error}");
            }
        }
    }
}

fn overridden(envelope: &Envelope, body: &[u8]) {
    let hash = "89ff";
    match answer::overridden(envelope.around(body), hash, &Classification::Human) {
        Ok(()) => {
            assert!(envelope.is_whole_success());
            let said = value(body).unwrap();
            assert!(said["classification"].as_str().unwrap().eq_ignore_ascii_case("human"), "{said}");
            assert!(said["hash"].is_null() || word(&said["hash"]).unwrap().eq_ignore_ascii_case(hash), "{said}");
        }
        Err(error) => drop(envelope.assert_told(error)),
    }
}
