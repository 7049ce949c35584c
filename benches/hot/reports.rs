//! Benches of parsing reports, compared with parsing the same text to `serde_json::Value`.

use std::fmt::Write;

use divan::black_box;
use identifai::internals::parse::{self, Response};
use identifai::{ImageReport, MediaType, VideoReport};
use serde_json::Value;

use crate::{Amount, Path, run};

const DOCUMENTED: &str = include_str!("../../tests/fixtures/image_documented.json");
const VIDEO_LEN: usize = 10 * 1024 * 1024;
const PAGE: usize = 100;

pub(crate) const PATHS: &[Path] = &[
    Path { name: "image report", amount: Amount::Bytes(DOCUMENTED.len()), prepare: image },
    Path { name: "image report: Value to compare", amount: Amount::Bytes(DOCUMENTED.len()), prepare: image_value },
    Path { name: "page of 100 image reports", amount: Amount::Bytes(PAGE * DOCUMENTED.len()), prepare: page },
    Path {
        name: "page of 100 image reports: Value to compare",
        amount: Amount::Bytes(PAGE * DOCUMENTED.len()),
        prepare: page_value,
    },
    Path { name: "video report of 10 MiB", amount: Amount::Bytes(VIDEO_LEN), prepare: video },
    Path { name: "video report of 10 MiB: Value to compare", amount: Amount::Bytes(VIDEO_LEN), prepare: video_value },
];

fn image() -> Box<dyn FnMut()> {
    run(|| ImageReport::from_json(black_box(DOCUMENTED)).unwrap())
}

fn image_value() -> Box<dyn FnMut()> {
    run(|| value(black_box(DOCUMENTED).as_bytes()))
}

fn page() -> Box<dyn FnMut()> {
    let json = page_json();
    run(move || {
        let response = Response::ok("application/json", black_box(&json).clone().into_bytes());
        parse::results(response, MediaType::Image, |_| true).unwrap()
    })
}

fn page_value() -> Box<dyn FnMut()> {
    let json = page_json();
    run(move || value(&black_box(&json).clone().into_bytes()))
}

fn video() -> Box<dyn FnMut()> {
    let json = video_json();
    run(move || VideoReport::from_json(black_box(&json)).unwrap())
}

fn video_value() -> Box<dyn FnMut()> {
    let json = video_json();
    run(move || value(black_box(&json).as_bytes()))
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

/// Returns a list of `PAGE` copies of the documented image report, each with a different identifier.
fn page_json() -> String {
    let (before, after) = DOCUMENTED.split_once("8d64370a").unwrap();
    let reports: Vec<_> = (0..PAGE).map(|number| format!("{before}{number:08x}{after}")).collect();
    format!("[{}]", reports.join(","))
}

/// Returns a video report of `VIDEO_LEN` bytes. Its frames have the documented form.
fn video_json() -> String {
    let mut json = String::from(
        r#"{"hash":"1122bc921122bc921122bc921122bc921122bc921122bc921122bc921122bc92","identifier":"f617faae","status":"done",
"name":"sample-video.mp4","verdict":{"count":3,"models":["V01","Revelio III","Ard\u0113"],"unknown":false,
"heuristic":"AverageExcludeObsolete","confidence":0.6,"classification":"artificial"},"results":{"audios":[],"images":["#,
    );
    let end = "]}}";
    for number in 0.. {
        let frame = frame(number);
        if json.len() + frame.len() + 1 + end.len() > VIDEO_LEN {
            break;
        }
        json.push_str(if number == 0 { "" } else { "," });
        json += &frame;
    }
    // Fills the rest with spaces, which have no meaning in JSON.
    json.extend(std::iter::repeat_n(' ', VIDEO_LEN - json.len() - end.len()));
    json + end
}

fn frame(number: u32) -> String {
    // Scores with as many digits as real ones, the same in each run.
    let score = |of: u32| f64::from((number * 31 + of).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
    let model = |of: u32| {
        let (score, name) = (score(of), ["V011", "V01", "Revelio III", "Revelio IV", "morphing"][of as usize % 5]);
        format!(
            r#"{{"model":"{name}","unknown":false,"elapsed_time":0.196,"classification":[{{"label":"human","score":{score}}},{{"label":"artificial","score":{}}}],"classification_details":{{"confidence":{score}}}}}"#,
            1.0 - score
        )
    };
    let verdict = |of: u32| {
        format!(
            r#"{{"heuristic":"AverageExclude{of}0","confidence":{},"classification":"human","models":["V011","V01"]}}"#,
            score(of)
        )
    };
    let list = |part: &dyn Fn(u32) -> String, count| (0..count).map(part).collect::<Vec<_>>().join(",");
    let mut frame = format!(
        r#"{{"hash":"{number:064x}","identifier":"{number:064x}","api_version":"v1.1.0","status":"done","errors":null,"name":"frame-{number}.jpg","ref_id":null,"result_url":"https:\/\/example.com\/results\/{number}","is_nsfw":false,"c2pa":null,"has_heatmap":false,"verdict":{},"verdicts":[{}],"force_classification":null,"results":[{}],"details":["#,
        verdict(7),
        list(&verdict, 6),
        list(&model, 7)
    );
    write!(
        frame,
        r#"{{"detections":[{{"box":{{"x1":10,"x2":110.5,"y1":20,"y2":120.25}},"results":[{}],"verdict":{}}}]}}]}}"#,
        model(8),
        verdict(9)
    )
    .unwrap();
    frame
}
