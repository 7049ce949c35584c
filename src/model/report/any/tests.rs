//! Tests of the differences between media: frames, soundtracks, segments, and the detection of the medium.

use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::model::report::audio::AudioReport;
use crate::model::report::image::ImageReport;
use crate::model::report::video::VideoReport;

/// The example on the oldest page of the documentation. It has neither a state nor a main verdict.
const DOCUMENTED: &str = include_str!("../../../../tests/fixtures/image_documented.json");
/// A report with every field of the newest pages of the documentation, assembled by hand.
const NEWEST: &str = include_str!("../../../../tests/fixtures/image_newest.json");

#[test]
fn medium_is_derived_from_the_fields() {
    let human = AnyReport::from_json(r#"{"identifier":"a","c2pa":null,"verdict":{"classification":"human"}}"#).unwrap();
    assert_eq!(human.classification(), Some(&Classification::Human));
    for fixture in [DOCUMENTED, NEWEST] {
        let report = AnyReport::from_json(fixture).unwrap();
        let image = report.as_image().unwrap();
        assert_eq!((report.as_video(), report.as_audio(), report.media_type()), (None, None, MediaType::Image));
        assert_eq!(
            (report.hash(), report.name(), report.ref_id(), report.result_url(), report.api_version()),
            (image.hash(), image.name(), image.ref_id(), image.result_url(), image.api_version())
        );
        assert_eq!(
            (report.errors(), report.is_nsfw(), report.verdicts(), report.force_classification()),
            (image.errors(), image.is_nsfw(), image.verdicts(), image.force_classification())
        );
        assert_eq!(report.classification(), image.classification());
        assert_eq!(image.to_string(), report.to_string());
        assert_eq!(serde_json::to_value(&report).unwrap(), serde_json::to_value(image).unwrap());
    }
    let table = [
        (r#"{"identifier":"abc","status":"new"}"#, "the medium is not recognizable"),
        (r#"{"identifier":"abc","status":"new","results":[]}"#, "the medium is not recognizable"),
        (r#"{"c2pa":null}"#, "`identifier` is missing"),
        ("[]", "not a JSON object"),
    ];
    for (json, reason) in table {
        let error = AnyReport::from_json(json).unwrap_err();
        assert_eq!(
            error.identifier().is_some(),
            json.contains("abc"),
            "the error has the identifier of the JSON, if any: {json}"
        );
        assert!(error.kind() == ErrorKind::UnexpectedResponse && error.to_string().contains(reason), "{json}: {error}");
    }
    let table = [
        (r#"{"identifier":"abc","results":{"images":[],"audios":[]}}"#, "Video"),
        (r#"{"identifier":"abc","results":[],"chunk_details":[]}"#, "Audio"),
        (r#"{"identifier":"abc","results":[],"details":{"clips":[]}}"#, "Audio"),
        (r#"{"identifier":"abc","results":[{"model":"Phantom"}]}"#, "Audio"),
        (r#"{"identifier":"abc","results":[],"has_heatmap":false}"#, "Image"),
        (r#"{"identifier":"abc","c2pa":null}"#, "Image"),
        (r#"{"identifier":"abc","details":[]}"#, "Image"),
    ];
    for (json, medium) in table {
        let report = AnyReport::from_json(json).unwrap();
        assert!(format!("{report:?}").starts_with(medium), "{json}: {report:?}");
        assert_eq!(serde_json::to_string(&report).unwrap(), serde_json::from_str::<Value>(json).unwrap().to_string());
    }
}

#[test]
fn report_of_another_medium_is_rejected() {
    let (video, audio) =
        (r#"{"identifier":"abc","results":{"images":[]}}"#, r#"{"identifier":"abc","chunk_details":[]}"#);
    assert!(ImageReport::from_json(video).is_err() && ImageReport::from_json(audio).is_err());
    assert!(VideoReport::from_json(audio).is_err() && AudioReport::from_json(video).is_err());
    assert!(VideoReport::from_json(video).is_ok() && AudioReport::from_json(audio).is_ok());
    let any: AnyReport = serde_json::from_str(video).unwrap();
    assert_eq!((any.identifier().as_str(), any.state(), any.is_finished()), ("abc", &State::Pending, false));
    assert_eq!((any.raw_json(), any.is_artificial(), any.verdict()), (video, None, None));
    assert!(any.classification().is_none() && serde_json::from_str::<AnyReport>("[]").is_err());
    let report = ImageReport::from_json(NEWEST).unwrap();
    assert_eq!(report.submitted().identifier(), report.identifier());
}

#[test]
fn video_report_contains_frames_and_soundtrack() {
    let model = |name: &str| json!({"model": name, "classification": [{"label": "human", "score": 0.25}]});
    let json = json!({
        "hash": "1122bc92", "identifier": "f617faae", "status": "done", "name": "sample-video.mp4", "is_nsfw": true,
        "verdict": {
            "count": 3, "unknown": false, "heuristic": "AverageExcludeObsolete", "confidence": 0.6,
            "classification": "artificial", "models": ["V01", "Revelio III"],
        },
        "results": {
            "images": [
                {"identifier": "frame1", "status": "done", "c2pa": null, "results": [model("V01")]},
                {"status": "new"},
                7,
            ],
            "audios": [{"identifier": "sound1", "results": [model("Phantom")]}],
        },
    });
    let report = VideoReport::from_json(json.to_string()).unwrap();
    let verdict = report.verdict().unwrap();
    assert_eq!((verdict.count, verdict.unknown, verdict.confidence), (Some(3), Some(false), Some(0.6)));
    assert_eq!((report.is_artificial(), report.is_nsfw(), report.images().len()), (Some(true), Some(true), 2));
    assert_eq!(report.to_string(), "artificial, confidence 0.6 (AverageExcludeObsolete; V01, Revelio III)");
    let [one, two] = [0, 1].map(|index| &report.images()[index]);
    assert_eq!((one.identifier().as_str(), one.results()[0].model.as_deref()), ("frame1", Some("V01")));
    assert_eq!((two.identifier().as_str(), two.state()), ("f617faae", &State::Pending));
    let [sound] = report.audios() else { panic!("{report:?}") };
    assert_eq!(sound.results()[0].score(&Classification::Human), Some(0.25));
    // Without a state, a video is done if it has results. The results of a video are never a list.
    for (results, state) in [
        (json!({"images": [{"hash": "89ff"}], "audios": []}), State::Done),
        (json!({"images": [], "audios": [{"hash": "89ff"}]}), State::Done),
        (json!({"images": [{}], "audios": [{"new": 1, "hash": 7}]}), State::Pending),
        (json!({"images": [], "audios": []}), State::Pending),
        (json!([model("V01")]), State::Pending),
        (json!(null), State::Pending),
    ] {
        let report = VideoReport::from_json(json!({"identifier": "abc", "results": results}).to_string()).unwrap();
        assert_eq!(report.state(), &state, "{results}");
    }
}

#[test]
fn audio_segments_are_read_under_either_name() {
    let segment = json!({
        "index": 1, "start": 2.5, "end": "5", "results": [{"model": "Phantom"}], "verdict": {"classification": "human"},
    });
    for more in [json!({"chunk_details": [segment]}), json!({"details": {"clips": [segment, 7]}})] {
        let mut json = more;
        json["identifier"] = "302f17f4".into();
        json["results"] = json!([{
            "model": "Phantom", "unknown": false, "elapsed_time": 0, "classification_details": {"confidence": 1},
            "classification": [{"label": "human", "score": 0.24292}, {"label": "artificial", "score": 0.75708}],
        }]);
        let report = AudioReport::from_json(json.to_string()).unwrap();
        assert_eq!(report.results()[0].score(&Classification::Artificial), Some(0.757_08));
        assert_eq!((report.results()[0].confidence, report.state()), (Some(1.0), &State::Done));
        let [segment] = report.segments() else { panic!("{report:?}") };
        assert_eq!(
            (segment.index, segment.start.unwrap().as_millis(), segment.end.unwrap().as_secs()),
            (Some(1), 2_500, 5)
        );
        assert_eq!(segment.verdict.as_ref().unwrap().classification, Some(Classification::Human));
        assert_eq!(segment.results[0].model.as_deref(), Some("Phantom"));
    }
    let none = AudioReport::from_json(r#"{"identifier":"abc","chunk_details":{},"details":[]}"#).unwrap();
    assert_eq!((none.segments(), none.state()), (&[][..], &State::Pending));
}
