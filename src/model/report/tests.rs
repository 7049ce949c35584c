//! Tests of reports: documented examples, undocumented variants and malicious input.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::any::AnyReport;
use super::audio::Segment;
use super::c2pa::C2pa;
use super::image::{BoundingBox, ImageReport};
use super::verdict::*;
use super::*;
use crate::error::ErrorKind;

/// The example on the oldest page of the documentation. It has neither a state nor a main verdict.
const DOCUMENTED: &str = include_str!("../../../tests/fixtures/image_documented.json");
/// A report with every field of the newest pages of the documentation, assembled by hand.
const NEWEST: &str = include_str!("../../../tests/fixtures/image_newest.json");

fn read(json: &Value) -> ImageReport {
    ImageReport::from_json(json.to_string()).unwrap()
}

/// Parses a report with an identifier and the fields of `more`.
fn with(more: Value) -> ImageReport {
    let mut json = more;
    json["identifier"] = "abc".into();
    read(&json)
}

#[test]
fn documented_example_is_parsed_exactly() {
    let report = ImageReport::from_json(DOCUMENTED).unwrap();
    assert_eq!(report.identifier().as_str(), "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0");
    assert_eq!((report.state(), report.is_finished()), (&State::Done, true), "a report with verdicts is done");
    assert_eq!((report.name(), report.has_heatmap(), report.c2pa()), (Some("image.jpg"), Some(true), None));
    assert_eq!((report.verdict(), report.is_artificial(), report.hash()), (None, None, None));
    let verdicts: Vec<_> = report
        .verdicts()
        .iter()
        .map(|verdict| (verdict.heuristic.as_deref().unwrap(), verdict.confidence.unwrap()))
        .collect();
    assert_eq!(verdicts.len(), 6);
    assert_eq!((verdicts[0], verdicts[5]), (("Majority", 0.97906), ("TopRelevant", 0.99)));
    assert!(report.verdicts().iter().all(|verdict| verdict.classification == Some(Classification::Human)));
    let scores: Vec<_> = report
        .results()
        .iter()
        .map(|result| (result.model.as_deref().unwrap(), result.score(&Classification::Artificial).unwrap()))
        .collect();
    assert_eq!(scores, [("V011", 0.004_915), ("V01", 0.03697), ("brokenwand2", 0.93961)], "labels may have any order");
    assert_eq!(report.results()[0].elapsed_time.unwrap().as_millis(), 196);
    assert_eq!(report.results()[0].confidence, None);
    assert_eq!(report.to_string(), "finished without a main verdict");
}

#[test]
fn every_documented_field_is_parsed() {
    let report = ImageReport::from_json(NEWEST).unwrap();
    assert_eq!(report.hash(), Some("1122bc92d1aa7b52a1a19ca1ef4a4a1b0c7e5b1dd0a44d5cd1b8ad7fe0dd0c4e"));
    assert_eq!((report.state(), report.api_version(), report.errors()), (&State::Done, Some("v1.1.0"), None));
    assert_eq!(
        (report.name(), report.ref_id(), report.is_nsfw()),
        (Some("portrait.png"), Some("order-17"), Some(false))
    );
    assert!(report.result_url().unwrap().ends_with("/results/f617faae5b0d4f3f9c65d2a4fb0e0ef6"));
    let verdict = report.verdict().unwrap();
    assert_eq!(verdict.heuristic.as_deref(), Some("AverageExcludeObsolete"));
    assert_eq!(
        (verdict.classification.as_ref(), verdict.confidence),
        (Some(&Classification::Artificial), Some(0.75708))
    );
    assert_eq!(verdict.models, ["Revelio III", "morphing"]);
    assert_eq!(report.results()[0].confidence, Some(1.0));
    assert_eq!(report.results()[0].unknown, Some(false));

    let [detection] = report.detections().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(detection.bounding_box, Some(BoundingBox { x1: 10.0, y1: 20.5, x2: 110.0, y2: 220.0 }));
    let morphed = Classification::Other("morphed".to_owned());
    assert_eq!(detection.results[0].score(&morphed), Some(0.8));
    assert_eq!(detection.verdict.as_ref().unwrap().classification, Some(morphed));
    assert_eq!(report.details().len(), 1);

    let c2pa = report.c2pa().unwrap();
    assert_eq!(
        (c2pa.active_manifest.as_deref(), c2pa.validation_state.as_deref()),
        (Some("urn:uuid:1"), Some("Valid"))
    );
    assert_eq!(c2pa.validation_status[0].code.as_deref(), Some("signingCredential.untrusted"));
    assert_eq!(c2pa.validation_status[0].url.as_deref(), Some("self#jumbf=c2pa"));
    assert_eq!(c2pa.validation_status[0].explanation.as_deref(), Some("not trusted"));
    let outcomes = c2pa.validation_results.as_ref().unwrap();
    let results = outcomes.active_manifest.as_ref().unwrap();
    assert_eq!((results.success.len(), results.informational.len(), results.failure.len()), (2, 0, 1));
    assert!(c2pa.manifests_json.as_ref().unwrap().contains("claim_generator"));
    assert!(outcomes.ingredient_deltas_json.as_ref().unwrap().contains("self#1"));

    assert_eq!(
        report.to_string(),
        "human (overridden); verdict: artificial, confidence 0.7571 \
         (AverageExcludeObsolete; Revelio III 0.7571, morphing)"
    );
}

#[test]
fn override_takes_precedence_over_verdict() {
    let verdict = json!({"classification": "artificial", "confidence": 0.9});
    let table = [
        (json!({"status": "done", "verdict": verdict}), Some(true)),
        (json!({"status": "done", "verdict": {"classification": "human"}}), Some(false)),
        (json!({"status": "done", "verdict": verdict, "force_classification": "human"}), Some(false)),
        (json!({"status": "done", "verdict": verdict, "force_classification": null}), Some(true)),
        (json!({"status": "done", "verdict": verdict, "force_classification": ""}), Some(true)),
        (json!({"status": "new", "force_classification": "artificial"}), Some(true)),
        (json!({"status": "done", "verdict": {"classification": "partly"}}), None),
        (json!({"status": "done", "verdict": verdict, "force_classification": "partly"}), None),
        (json!({"status": "done", "verdict": {}}), None),
        (json!({"status": "done"}), None),
        // The verdict is ignored unless the analysis is finished.
        (json!({"status": "new", "verdict": verdict}), None),
        (json!({"status": "errored", "verdict": verdict}), None),
    ];
    for (json, expected) in table {
        assert_eq!(with(json.clone()).is_artificial(), expected, "{json}");
    }
    let report = ImageReport::from_json(NEWEST).unwrap();
    assert_eq!((report.is_artificial(), report.classification()), (Some(false), Some(&Classification::Human)));
    assert_eq!(report.force_classification(), Some(&Classification::Human));
}

#[test]
fn report_score_follows_the_override() {
    let verdict = json!({"classification": "human", "confidence": 0.75});
    let table = [
        (json!({"status": "done", "verdict": verdict}), Some(0.25)),
        (json!({"status": "done", "verdict": verdict, "force_classification": "artificial"}), Some(1.0)),
        (json!({"status": "done", "verdict": verdict, "force_classification": "human"}), Some(0.0)),
        (json!({"status": "done", "verdict": verdict, "force_classification": "partly"}), None),
        (json!({"status": "new", "force_classification": "human"}), Some(0.0)),
        (json!({"status": "new", "verdict": verdict}), None),
        (json!({"status": "errored", "verdict": verdict}), None),
        (json!({"status": "done"}), None),
    ];
    for (json, expected) in table {
        let report = with(json.clone());
        assert_eq!(
            (report.artificial_score(), AnyReport::from(report).artificial_score()),
            (expected, expected),
            "{json}"
        );
    }
}

/// Asserts that `written` contains every field and element of `json`.
fn assert_has(written: &Value, json: &Value) {
    match (written, json) {
        (Value::Object(written), Value::Object(fields)) => {
            fields.iter().for_each(|(name, json)| assert_has(&written[name], json));
        }
        (Value::Array(written), Value::Array(elements)) => {
            assert_eq!(written.len(), elements.len());
            written.iter().zip(elements).for_each(|(written, json)| assert_has(written, json));
        }
        (Value::Number(written), Value::Number(number)) => assert_eq!(written.as_f64(), number.as_f64()),
        _ => assert_eq!(written, json),
    }
}

#[test]
fn report_parts_serialize_without_loss() {
    fn check<T: Serialize + DeserializeOwned>(part: &T, json: &Value) {
        let text = serde_json::to_string(part).unwrap();
        assert_eq!(serde_json::to_string(&serde_json::from_str::<T>(&text).unwrap()).unwrap(), text);
        assert_has(&serde_json::from_str(&text).unwrap(), json);
    }
    let (json, report): (Value, _) = (serde_json::from_str(NEWEST).unwrap(), ImageReport::from_json(NEWEST).unwrap());
    check(report.verdict().unwrap(), &json["verdict"]);
    check(&report.results().to_vec(), &json["results"]);
    check(&report.details().to_vec(), &json["details"]);
    check(report.c2pa().unwrap(), &json["c2pa"]);
    let segment = r#"{"index":1,"start":2.5,"end":5.0,"results":[],"verdict":null}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Segment>(segment).unwrap()).unwrap(), segment);
}

#[test]
fn repeated_field_of_report_has_its_last_value() {
    let report = ImageReport::from_json(
        r#"{"identifier":"x","identifier":"abc","status":"new","status":"done","verdict":{"count":1,"count":2},"hash":"1"}"#,
    )
    .unwrap();
    assert_eq!((report.identifier().as_str(), report.state(), report.hash()), ("abc", &State::Done, Some("1")));
    assert_eq!(report.verdict().unwrap().count, Some(2));
}

#[test]
fn unknown_state_without_verdict_is_not_done() {
    use State::{Done, Errored, Pending};
    let other = |text: &str| State::Other(text.to_owned());
    let verdict = json!({"classification": "human"});
    let table = [
        (json!({"status": "new"}), Pending, false),
        (json!({"status": " New "}), Pending, false),
        (json!({"status": "new", "verdict": verdict}), Pending, false),
        (json!({"status": "done"}), Done, true),
        (json!({"status": "errored"}), Errored, true),
        (json!({"status": "queued"}), other("queued"), false),
        (json!({"status": "queued", "results": [{"model": "V01"}]}), other("queued"), false),
        (json!({"status": "queued", "verdict": {}}), other("queued"), false),
        (json!({"status": "queued", "verdict": []}), other("queued"), false),
        (json!({"status": "queued", "verdict": {"classification": " "}}), other("queued"), false),
        (json!({"status": "archived", "verdict": verdict}), other("archived"), true),
        // Without a state, the analysis is done if there is a verdict or a result.
        (json!({}), Pending, false),
        (json!({"status": null}), Pending, false),
        (json!({"status": " "}), Pending, false),
        (json!({"status": 7}), Pending, false),
        (json!({"verdict": null, "verdicts": [], "results": []}), Pending, false),
        (json!({"verdict": [], "results": {}}), Pending, false),
        (json!({"verdict": verdict}), Done, true),
        (json!({"verdicts": [verdict]}), Done, true),
        (json!({"results": [{"model": "V01"}]}), Done, true),
        (json!({"status": 7, "verdict": verdict}), Done, true),
    ];
    for (json, state, is_finished) in table {
        let report = with(json.clone());
        assert_eq!((report.state(), report.is_finished()), (&state, is_finished), "{json}");
        assert_eq!(format!("{:>9}", report.state()), format!("{:>9}", state.as_str()));
    }
    assert_eq!(with(json!({"status": "queued\u{1b}[31m"})).to_string(), "pending (queued\\u{1b}[31m)");
}

#[test]
fn field_of_wrong_type_is_absent_but_in_raw_json() {
    let optional = [
        "hash",
        "api_version",
        "status",
        "name",
        "ref_id",
        "result_url",
        "is_nsfw",
        "c2pa",
        "has_heatmap",
        "verdict",
        "verdicts",
        "force_classification",
        "results",
        "details",
    ];
    let newest: Value = serde_json::from_str(NEWEST).unwrap();
    for field in optional {
        for wrong in [json!(null), json!(7), json!([7, null, "x", [[]]]), json!({"a": [7]})] {
            let mut changed = newest.clone();
            changed[field] = wrong.clone();
            let report = read(&changed);
            let absent = match field {
                "hash" => report.hash().is_none(),
                "api_version" => report.api_version().is_none(),
                "status" => report.state() == &State::Done,
                "name" => report.name().is_none(),
                "ref_id" => report.ref_id().is_none(),
                "result_url" => report.result_url().is_none(),
                "is_nsfw" => report.is_nsfw().is_none(),
                "c2pa" => report.c2pa().is_none_or(|c2pa| *c2pa == C2pa::default()),
                "has_heatmap" => report.has_heatmap().is_none(),
                "verdict" => report.verdict().is_none_or(|verdict| *verdict == Verdict::default()),
                "verdicts" => report.verdicts().is_empty(),
                "force_classification" => report.force_classification().is_none(),
                "results" => report.results().is_empty(),
                _ => report.details().is_empty(),
            };
            assert!(absent, "{field}: {wrong}");
            let raw: Value = serde_json::from_str(report.raw_json()).unwrap();
            assert_eq!(raw[field], wrong);
            assert_eq!(serde_json::to_value(&report).unwrap(), changed);
            let rest = if field == "name" { report.ref_id() } else { report.name() };
            assert!(rest.is_some(), "a wrong type of {field} affects no other field");
        }
    }
    let report = with(json!({"verdict": {"confidence": "0.25", "models": ["a", 7, null], "heuristic": {}}}));
    let verdict = report.verdict().unwrap();
    assert_eq!(
        (verdict.confidence, verdict.models.as_slice(), &verdict.heuristic),
        (Some(0.25), &["a".to_owned()][..], &None)
    );
    let boxed = json!({"x1": 1, "y1": 2, "x2": "3", "y2": null});
    let report = with(json!({"details": [{"detections": [{"box": boxed, "verdict": {}}, {"box": boxed}, 7]}]}));
    assert_eq!(report.detections().map(|detection| detection.bounding_box).collect::<Vec<_>>(), [None]);
}

#[test]
fn errors_may_be_text_list_or_absent() {
    for (errors, expected) in [
        (json!(null), None),
        (json!(""), None),
        (json!([]), None),
        (json!("Not an image."), Some("Not an image.")),
        (json!(["Not an image.", "Too small."]), Some("Not an image.; Too small.")),
        (json!({"file": ["Not an image."]}), Some("{\"file\":[\"Not an image.\"]}")),
    ] {
        let report = with(json!({"status": "errored", "errors": errors}));
        assert_eq!(report.errors(), expected);
        let shown = report.to_string();
        assert!(
            shown.starts_with("the analysis failed") && expected.is_none_or(|text| shown.contains(text)),
            "{shown}"
        );
    }
}

#[test]
fn report_without_valid_identifier_is_rejected() {
    for (json, reason) in [
        ("{}", "`identifier` is missing"),
        ("{\"identifier\":null}", "`identifier` is missing"),
        ("{\"identifier\":7}", "`identifier` is not a string"),
        ("{\"identifier\":[\"abc\"]}", "`identifier` is not a string"),
        ("{\"identifier\":\"\"}", "`identifier` is empty"),
        ("{\"identifier\":\"../x\"}", "`identifier` is empty, too long or has unsafe characters"),
        ("", "invalid or truncated JSON"),
        ("{", "invalid or truncated JSON"),
        ("\u{0}", "invalid or truncated JSON"),
        ("[]", "not a JSON object"),
        ("\"abc\"", "not a JSON object"),
    ] {
        let error = ImageReport::from_json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(error.to_string().contains(reason), "{json}: {error}");
    }
}

#[test]
fn unknown_fields_survive_the_round_trip() {
    for fixture in [DOCUMENTED, NEWEST] {
        let report = ImageReport::from_json(fixture).unwrap();
        assert_eq!(report.raw_json(), fixture.trim());
        let text = serde_json::to_string(&report).unwrap();
        let same: Value = serde_json::from_str(fixture).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), same);
        let restored: ImageReport = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&restored).unwrap(), same);
        assert_eq!((restored.to_string(), restored.state()), (report.to_string(), report.state()));
        assert_eq!(restored.results(), report.results());
    }
    let exact = r#"{"identifier":"abc","verdict":{"confidence":0.48909765028524077}}"#;
    assert_eq!(serde_json::to_string(&ImageReport::from_json(exact).unwrap()).unwrap(), exact, "all digits are kept");
    let other = ImageReport::pending(r#"{"identifier":"x","force_classification":"human"}"#, &"abc".parse().unwrap());
    assert_eq!((other.identifier().as_str(), other.classification(), other.raw_json()), ("abc", None, "null"));
    let pending = ImageReport::pending("", &"abc".parse().unwrap());
    assert_eq!(pending.raw_json(), "null");
    let restored: ImageReport = serde_json::from_value(serde_json::to_value(&pending).unwrap()).unwrap();
    assert_eq!((restored.identifier().as_str(), restored.state()), ("abc", &State::Pending));
}

#[test]
fn large_deep_or_malformed_report_does_not_panic() {
    let unknown = format!("\"x\":[\"{}\",2,3],", "1".repeat(1_000)).repeat(10_000);
    let report = ImageReport::from_json(format!("{{{unknown}\"identifier\":\"abc\",\"status\":\"done\"}}")).unwrap();
    assert_eq!((report.state(), report.raw_json().len() > 10_000_000), (&State::Done, true));

    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for field in ["new", "verdict", "results", "c2pa", "errors"] {
        let json = format!("{{\"identifier\":\"abc\",\"status\":\"done\",\"{field}\":{}}}", deep(10_000));
        let report = ImageReport::from_json(&json).unwrap();
        assert_eq!(report.state(), &State::Done);
        assert!(serde_json::to_string(&report).is_err(), "too deep to be serialized");
        assert_eq!(report.raw_json(), json);
    }
    assert!(ImageReport::from_json(deep(10_000)).is_err());

    let mut body = b"\xef\xbb\xbf {\"identifier\":\"abc\",\"name\":\"caf\xe9\",\"ref_id\":\"\\ud800\"} \n".to_vec();
    let report = ImageReport::from_json(&body).unwrap();
    assert_eq!((report.name(), report.ref_id()), (Some("caf\u{fffd}"), None));
    body.truncate(body.len() - 3);
    assert!(ImageReport::from_json(&body).is_err());
}

#[test]
fn report_debug_hides_names_and_references() {
    let report = ImageReport::from_json(NEWEST).unwrap();
    let shown = format!("{report:?} {:?}", report.clone());
    assert!(shown.contains("f617faae") && shown.contains("Done") && shown.contains("0.75708"), "{shown}");
    for private in ["order-17", "portrait", "dashboard"] {
        assert!(!shown.contains(private), "{shown}");
    }
}

#[test]
fn display_escapes_control_characters() {
    let report = with(json!({
        "status": "done",
        "verdict": {"classification": "hu\nman", "heuristic": "A\u{202e}", "models": ["a\u{1b}[2J"]},
        "force_classification": "x\ry\u{61c}\u{200b}",
    }));
    assert_eq!(report.to_string(), "x\\ry\\u{61c}\\u{200b} (overridden); verdict: hu\\nman (A\\u{202e}; a\\u{1b}[2J)");
}
