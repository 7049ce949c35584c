//! Reports, from a service or a webhook that anybody may call.

use identifai::{AnyReport, Audio, Error, ErrorKind, Identifier, Image, Medium, Report, State, Video};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::typed::{C2PA, COMMON, DETAIL, Kind, RESULT, SEGMENT, object, read as typed};
use crate::{assert_printable, assert_safe, is_identifier, value, word};

/// Checks a report, both with a known medium and with an unknown one.
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
            let said = value(data);
            assert_eq!(value(report.raw_json().as_bytes()), said);
            assert!(said.is_none_or(|said| said["identifier"] == report.identifier().as_str()));
        }
        Err(error) => refused(error, data),
    }
}

/// Asserts that the error of another text carries the identifier in it, if there is one.
fn refused(error: Error, data: &[u8]) {
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    let named = value(data).and_then(|said| said["identifier"].as_str().map(str::to_owned));
    let named = named.filter(|named| is_identifier(named));
    assert!(named.is_none() || error.identifier().map(Identifier::as_str) == named.as_deref());
    assert_safe(error);
}

/// Asserts that a report can be printed, is finished only if it says so, and survives being stored.
pub(crate) fn assert_sound<M: Medium>(report: &Report<M>) {
    assert!(is_identifier(report.identifier().as_str()));
    assert_printable(&report.to_string());
    serde_json::from_str::<&RawValue>(report.raw_json()).unwrap();
    let said = value(report.raw_json().as_bytes());
    if let Some(said) = &said {
        assert!(!report.is_finished() || says_finished(said), "{said}");
        let is_pending = word(&said["status"]).is_some_and(|status| status.eq_ignore_ascii_case("new"));
        assert!(!(is_pending && report.is_finished()), "{said}");
        let is_told = word(&said["force_classification"]).is_some() || report.is_finished();
        assert!(report.is_artificial().is_none() || is_told, "{said}");
    }
    // Only a text that is nested too deeply or has a number beyond all range cannot be written.
    let Ok(json) = serde_json::to_string(report) else {
        return assert!(said.is_none(), "{said:?}");
    };
    let Some(mut said) = said else { return };
    if !said.is_object() {
        said = Value::Object(serde_json::Map::new());
    }
    said["identifier"] = report.identifier().as_str().into();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), said, "all that was there, and the identifier");
    // A report does not keep that it was not ready.
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

/// Returns `true` if an analysis may count as finished, by an independent reading of the whole.
fn says_finished(said: &Value) -> bool {
    let has_object = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(Value::is_object));
    match word(&said["status"]) {
        Some(status) if ["done", "errored"].iter().any(|known| status.eq_ignore_ascii_case(known)) => true,
        Some(_) => word(&said["verdict"]["classification"]).is_some(),
        None => {
            let results = &said["results"];
            let lists = [&said["verdicts"], results, &results["images"], &results["audios"]];
            said["verdict"].is_object() || lists.into_iter().any(has_object)
        }
    }
}

/// Asserts that each field is that of an independent reading.
fn assert_typed(report: &AnyReport) {
    let Some(said) = value(report.raw_json().as_bytes()) else { return };
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
    assert_eq!(common, object(&said, COMMON), "{said}");
    assert!(report.artificial_score().is_none_or(|score| (0.0..=1.0).contains(&score)));
    match report {
        AnyReport::Image(report) => {
            assert_eq!(json!(report.results()), typed(&said["results"], &Kind::List(RESULT)), "{said}");
            assert_eq!(json!(report.details()), typed(&said["details"], &Kind::List(DETAIL)), "{said}");
            assert_eq!(json!(report.c2pa()), typed(&said["c2pa"], &Kind::Object(C2PA)), "{said}");
            assert_eq!(json!(report.has_heatmap()), typed(&said["has_heatmap"], &Kind::Flag), "{said}");
        }
        AnyReport::Audio(report) => {
            let segments = [&said["chunk_details"], &said["details"]["clips"]];
            let [chunks, clips] = segments.map(|said| typed(said, &Kind::List(SEGMENT)));
            assert_eq!(json!(report.results()), typed(&said["results"], &Kind::List(RESULT)), "{said}");
            assert_eq!(json!(report.segments()), if chunks == json!([]) { clips } else { chunks }, "{said}");
        }
        AnyReport::Video(report) => {
            report.images().iter().cloned().for_each(|report| assert_typed(&report.into()));
            report.audios().iter().cloned().for_each(|report| assert_typed(&report.into()));
        }
        other => panic!("of a medium without an oracle: {other:?}"),
    }
}
