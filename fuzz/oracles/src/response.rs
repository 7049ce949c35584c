//! The oracle of responses: every endpoint, with any status code, length and truncation.

use std::fmt;
use std::time::Duration;

use identifai::internals::parse::{self, Response};
use identifai::{Classification, Error, ErrorKind, Identifier, Image, ImageReport, MediaType, Medium, Report, Video};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::report::assert_sound;
use crate::{Input, KEY, assert_safe, is_identifier, value, word};

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

/// A response without its body.
struct Envelope {
    status: u16,
    length_known: bool,
    truncated: bool,
    /// If `true`, the error in its body has a long text.
    is_long: bool,
    content_type: Option<&'static str>,
    retry_after: Option<Duration>,
    /// The value of the headers that may have any text.
    header_text: String,
}

impl Envelope {
    fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    fn is_whole_success(&self) -> bool {
        self.is_success() && !self.truncated
    }

    fn around(&self, body: &[u8]) -> Response {
        Response {
            status: self.status,
            content_type: self.content_type.map(str::to_owned),
            // The transport redacts the key in this header.
            location: Some(self.header_text.replace(KEY, "[api key]")),
            request_id: Some(self.header_text.clone()),
            retry_after: self.retry_after,
            body: body.to_vec(),
            length_known: self.length_known,
            truncated: self.truncated,
        }
    }

    /// Asserts the properties that the error of every response has.
    fn assert_error(&self, error: Error) -> Error {
        assert_eq!((error.status(), error.retry_after()), (Some(self.status), self.retry_after));
        let error = assert_safe(error);
        match self.status {
            200..=299 if self.truncated => assert_eq!(error.kind(), ErrorKind::Disconnected),
            300..=399 => assert_eq!(error.kind(), ErrorKind::Redirect),
            401 => assert_eq!(error.kind(), ErrorKind::Unauthorized),
            429 => assert_eq!(error.kind(), ErrorKind::RateLimited),
            500..=599 => assert_eq!(error.kind(), ErrorKind::Server),
            _ => {}
        }
        error
    }
}

/// Checks a response of an endpoint.
pub fn response(data: &[u8]) {
    let mut input = Input(data);
    let check = input.choose(&[submit, result, results, heatmap, overridden]);
    let status = input.choose(&STATUSES);
    let flags = input.byte();
    let envelope = Envelope {
        status,
        length_known: flags & 1 == 0,
        truncated: flags & 2 != 0,
        is_long: flags & 4 != 0,
        content_type: input.choose(&CONTENT_TYPES),
        retry_after: input.choose(&PAUSES).map(Duration::from_secs),
        header_text: input.text(),
    };
    check(&envelope, input.0);
}

fn requested() -> Identifier {
    "asked".parse().unwrap()
}

fn submit(envelope: &Envelope, body: &[u8]) {
    let lossy = String::from_utf8_lossy(body);
    let text = lossy.trim_start_matches('\u{feff}').trim();
    let (in_object, as_text) = (in_object(text), as_text(envelope, text));
    match parse::submit(envelope.around(body)) {
        Ok(identifier) => {
            assert!(envelope.is_success() && is_identifier(identifier.as_str()), "{identifier}");
            assert!(in_object.or(as_text).is_none_or(|stated| stated == identifier.as_str()), "{identifier}");
        }
        Err(error) => {
            let error = envelope.assert_error(error);
            assert!(!envelope.is_success() || (in_object.is_none() && as_text.is_none()), "{error:?}");
            // An identifier that contains the key is redacted.
            let in_object = in_object.filter(|stated| !stated.contains(KEY));
            let kept = error.identifier().map(Identifier::as_str);
            assert!(in_object.is_none() || kept.is_some(), "{error:?}");
        }
    }
    if envelope.is_long {
        let error = format!("{{\"error\":{}}}", Value::from(lossy.repeat(5_000 / lossy.len().max(1) + 1)));
        envelope.assert_error(parse::submit(envelope.around(error.as_bytes())).unwrap_err());
    } else {
        identifier_is_found_in_context(envelope, &lossy);
    }
}

/// Asserts that an identifier with its closing quote is found, whatever comes before and after it, and wherever the
/// response is truncated.
fn identifier_is_found_in_context(envelope: &Envelope, text: &str) {
    let text = serde_json::to_string(text).unwrap();
    let object = format!("{{\"a\":{text},\"identifier\":\"asked\",\"b\":[{text}]}}");
    let closed = object.rfind("asked\"").unwrap() + 6;
    let cut = object.get(..closed + text.len() / 2).unwrap_or(&object[..closed]);
    for whole in [object.as_str(), &object[..closed], cut] {
        for front in ["\u{feff} ", "<br />\n<b>Notice</b>: \"x\" in <b>a.php</b>\n"] {
            for end in ["", " \r\n", &text, "<!-- 0.01 s -->", "{\"identifier\":\"b"] {
                let body = format!("{front}{whole}{end}");
                let found = match parse::submit(envelope.around(body.as_bytes())) {
                    Ok(identifier) => Some(identifier),
                    Err(error) => error.identifier().cloned(),
                };
                assert_eq!(found, Some(requested()), "{body}");
            }
        }
    }
}

/// Returns the identifier of a complete object, if the object has exactly one.
fn in_object(text: &str) -> Option<String> {
    let Fields(fields) = serde_json::from_str(text).ok()?;
    let mut named = fields.into_iter().filter(|(name, _)| name == "identifier");
    let (Some((_, Value::String(identifier))), None) = (named.next(), named.next()) else { return None };
    Some(identifier).filter(|identifier| is_identifier(identifier))
}

/// Returns the identifier if the whole body is the identifier, as text or as a JSON string, and cannot be truncated.
fn as_text(envelope: &Envelope, text: &str) -> Option<String> {
    let is_text = matches!(envelope.content_type, Some("text/plain" | "Text/Plain; charset=UTF-8"));
    let is_hash = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    let is_whole = envelope.length_known && !envelope.truncated;
    let string: Option<String> = serde_json::from_str(text).ok();
    let bare = Some(text.to_owned()).filter(|_| is_hash || (is_text && is_whole));
    string.or(bare).filter(|text| is_identifier(text))
}

/// The fields of an object, including duplicates.
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
    fn of<M: Medium>(envelope: &Envelope, medium: MediaType, body: &[u8]) {
        match parse::result(envelope.around(body), medium, &requested()) {
            Ok(report) => {
                let report: Report<M> = report.try_into().unwrap();
                assert!(envelope.is_whole_success());
                assert_eq!(*report.identifier(), requested());
                assert!(envelope.status != 202 || !report.is_finished(), "a 202 is not a finished report");
                assert_sound(&report);
            }
            Err(error) => drop(envelope.assert_error(error)),
        }
    }
    of::<Image>(envelope, MediaType::Image, body);
    of::<Video>(envelope, MediaType::Video, body);
}

fn results(envelope: &Envelope, body: &[u8]) {
    let is_requested = |identifier: &Identifier| ["asked", "asked-too"].contains(&identifier.as_str());
    let read = |body: &[u8]| {
        let reports = parse::results(envelope.around(body), MediaType::Image, is_requested)?;
        Ok::<Vec<ImageReport>, Error>(reports.into_iter().map(|report| report.try_into().unwrap()).collect())
    };
    match read(body) {
        Ok(reports) => {
            assert!(envelope.is_whole_success());
            for report in &reports {
                assert!(is_requested(report.identifier()));
                assert_sound(report);
            }
            if let (Some(Value::Array(elements)), true) = (value(body), envelope.status != 202) {
                let plain = elements.iter().filter(|element| is_plain(element));
                let identifiers = plain.filter_map(|element| element["identifier"].as_str()?.parse().ok());
                assert_eq!(identifiers.filter(is_requested).count(), reports.len());
            }
        }
        Err(error) => drop(envelope.assert_error(error)),
    }
    // A requested report is found, whatever other elements the list has.
    if let (Some(_), true) = (value(body), envelope.is_whole_success() && envelope.status != 202) {
        let body = String::from_utf8_lossy(body);
        let body = body.trim_start_matches('\u{feff}').trim();
        let list = format!("[{body},{{\"identifier\":\"asked-too\",\"status\":\"done\"}},{body}]");
        let found = |report: &ImageReport| report.identifier().as_str() == "asked-too" && report.is_finished();
        assert!(read(list.as_bytes()).unwrap().iter().any(found), "{list}");
    }
}

/// Returns `true` if an element is not a report of a video or an audio recording.
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
        match parse::heatmap(envelope.around(body)) {
            Ok(heatmap) => {
                assert!(envelope.is_whole_success());
                assert!(body.starts_with(&start[..16]) && body.trim_ascii_end().ends_with(end));
                assert_eq!(heatmap.as_bytes(), body, "the bytes are unchanged");
                let size = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
                assert_eq!((heatmap.width(), heatmap.height()), (size(16), size(20)));
            }
            Err(error) => {
                let error = envelope.assert_error(error);
                assert!(body != whole || !envelope.is_whole_success(), "{error}");
            }
        }
    }
}

fn overridden(envelope: &Envelope, body: &[u8]) {
    let hash = "89ff";
    match parse::override_verdict(envelope.around(body), hash, &Classification::Human) {
        Ok(()) => {
            assert!(envelope.is_whole_success());
            let json = value(body).unwrap();
            assert!(json["classification"].as_str().unwrap().eq_ignore_ascii_case("human"), "{json}");
            assert!(json["hash"].is_null() || word(&json["hash"]).unwrap().eq_ignore_ascii_case(hash), "{json}");
        }
        Err(error) => drop(envelope.assert_error(error)),
    }
}
