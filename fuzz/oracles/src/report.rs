//! The oracle of reports, which come from the service or from a webhook that anyone can call.

use identifai::{AnyReport, Audio, Error, ErrorKind, Identifier, Image, Medium, Report, State, Video};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::typed::{C2PA, COMMON, DETAIL, Kind, RESULT, SEGMENT, object, read as typed};
use crate::{assert_printable, assert_safe, is_identifier, value, word};

/// Checks a report, with a known media type and with a detected one.
pub fn report(data: &[u8]) {
    read::<Image>(data);
    read::<Video>(data);
    read::<Audio>(data);
    match AnyReport::from_json(data) {
        Ok(report) => {
            assert_typed(&report);
            assert_eq!(value(report.raw_json().as_bytes()), value(data));
            let Ok(json) = serde_json::to_string(&report) else { return };
            let again = AnyReport::from_json(&json).unwrap();
            assert_eq!(medium(&again), medium(&report));
            assert_eq!(serde_json::to_string(&again).unwrap(), json);
            let again: AnyReport = serde_json::from_str(&json).unwrap();
            assert_eq!(medium(&again), medium(&report));
        }
        Err(error) => refused(error, data),
    }
}

fn medium(report: &AnyReport) -> &'static str {
    match report {
        AnyReport::Image(_) => "image",
        AnyReport::Video(_) => "video",
        AnyReport::Audio(_) => "audio",
        other => panic!("of a medium without an oracle: {other:?}"),
    }
}

fn read<M: Medium>(data: &[u8]) {
    match Report::<M>::from_json(data) {
        Ok(report) => {
            assert_sound(&report);
            assert_typed(&AnyReport::from(report.clone()));
            let source = value(data);
            assert_eq!(value(report.raw_json().as_bytes()), source);
            assert!(source.is_none_or(|source| source["identifier"] == report.identifier().as_str()));
        }
        Err(error) => refused(error, data),
    }
}

/// Asserts that the error for an invalid report has the identifier from the text, if there is one.
fn refused(error: Error, data: &[u8]) {
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    let named = value(data).and_then(|source| source["identifier"].as_str().map(str::to_owned));
    let named = named.filter(|named| is_identifier(named));
    assert!(named.is_none() || error.identifier().map(Identifier::as_str) == named.as_deref());
    assert_safe(error);
}

/// Asserts that a report can be printed, is finished only if its fields show that, and is unchanged by serialization.
pub(crate) fn assert_sound<M: Medium>(report: &Report<M>) {
    assert!(is_identifier(report.identifier().as_str()));
    assert_printable(&report.to_string());
    serde_json::from_str::<&RawValue>(report.raw_json()).unwrap();
    let source = value(report.raw_json().as_bytes());
    if let Some(source) = &source {
        assert!(!report.is_finished() || may_be_finished(source), "{source}");
        let is_pending = word(&source["status"]).is_some_and(|status| status.eq_ignore_ascii_case("new"));
        assert!(!(is_pending && report.is_finished()), "{source}");
        let has_verdict = word(&source["force_classification"]).is_some() || report.is_finished();
        assert!(report.is_artificial().is_none() || has_verdict, "{source}");
    }
    // Serialization fails only for a text that is nested too deeply or has a number out of range.
    let Ok(json) = serde_json::to_string(report) else {
        return assert!(source.is_none(), "{source:?}");
    };
    let Some(mut source) = source else { return };
    if !source.is_object() {
        source = Value::Object(serde_json::Map::new());
    }
    source["identifier"] = report.identifier().as_str().into();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), source, "all fields of the source, and the identifier");
    // The state `Pending` is not serialized.
    if *report.state() == State::Pending {
        return;
    }
    for again in [Report::<M>::from_json(&json).unwrap(), serde_json::from_str(&json).unwrap()] {
        assert_eq!((again.identifier(), again.state()), (report.identifier(), report.state()));
        assert_eq!((again.classification(), again.verdict()), (report.classification(), report.verdict()));
        assert_eq!(again.is_finished(), report.is_finished());
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
    }
}

/// Returns `true` if the analysis may count as finished, according to an independent parser.
fn may_be_finished(source: &Value) -> bool {
    let has_object = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(Value::is_object));
    match word(&source["status"]) {
        Some(status) if ["done", "errored"].iter().any(|known| status.eq_ignore_ascii_case(known)) => true,
        Some(_) => word(&source["verdict"]["classification"]).is_some(),
        None => {
            let results = &source["results"];
            let lists = [&source["verdicts"], results, &results["images"], &results["audios"]];
            source["verdict"].is_object() || lists.into_iter().any(has_object)
        }
    }
}

/// Asserts that each field has the value that the independent parser reads.
fn assert_typed(report: &AnyReport) {
    let Some(source) = value(report.raw_json().as_bytes()) else { return };
    let common = json!({
        "hash": report.hash(),
        "api_version": report.api_version(),
        "name": report.name(),
        "ref_id": report.ref_id(),
        "result_url": report.result_url(),
        "is_nsfw": report.is_nsfw(),
        "verdict": report.verdict(),
        "verdicts": report.verdicts(),
        "force_classification": report.force_classification(),
    });
    assert_eq!(common, object(&source, COMMON), "{source}");
    assert!(report.artificial_score().is_none_or(|score| (0.0..=1.0).contains(&score)));
    match report {
        AnyReport::Image(report) => {
            assert_eq!(json!(report.results()), typed(&source["results"], &Kind::List(RESULT)), "{source}");
            assert_eq!(json!(report.details()), typed(&source["details"], &Kind::List(DETAIL)), "{source}");
            assert_eq!(json!(report.c2pa()), typed(&source["c2pa"], &Kind::Object(C2PA)), "{source}");
            assert_eq!(json!(report.has_heatmap()), typed(&source["has_heatmap"], &Kind::Flag), "{source}");
        }
        AnyReport::Audio(report) => {
            let segments = [&source["chunk_details"], &source["details"]["clips"]];
            let [chunks, clips] = segments.map(|source| typed(source, &Kind::List(SEGMENT)));
            assert_eq!(json!(report.results()), typed(&source["results"], &Kind::List(RESULT)), "{source}");
            assert_eq!(json!(report.segments()), if chunks == json!([]) { clips } else { chunks }, "{source}");
        }
        AnyReport::Video(report) => {
            report.images().iter().cloned().for_each(|report| assert_typed(&report.into()));
            report.audios().iter().cloned().for_each(|report| assert_typed(&report.into()));
        }
        other => panic!("of a medium without an oracle: {other:?}"),
    }
}
