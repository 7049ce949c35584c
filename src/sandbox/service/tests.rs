//! The service as its documentation says it answers, and as it is made up.

use std::io;

use super::*;
use crate::sandbox::analysis::MODEL;
use crate::sandbox::submit::no_credits;

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

fn submit(service: &Service, fields: &[(&str, &str)], change: impl FnOnce(&mut Call<'_>)) -> Answer {
    let part = |(name, value): &(&str, &str)| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = fields.iter().map(part).collect::<String>() + "--B--\r\n";
    let mut call = Call {
        method: "POST",
        path: "/api/image_fromurl",
        query: "",
        api_key: Some(API_KEY),
        accept: Some("application/json"),
        content_type: Some("multipart/form-data; boundary=B"),
        content_length: body.len() as u64,
    };
    change(&mut call);
    service.answer(&call, &mut body.as_bytes())
}

fn url(service: &Service, url: &str) -> Answer {
    submit(service, &[("file_url", url)], |_| ())
}

#[test]
fn the_documented_answers_come_in_the_documented_words() {
    let service = Service::default();
    let required = submit(&service, &[], |_| ());
    assert_eq!((required.status, required.text()), (400, r#"{"error":"The file_url field is required."}"#));
    let unauthorized = submit(&service, &[("file_url", "https://x.test/")], |call| call.api_key = Some("other"));
    assert_eq!((unauthorized.status, unauthorized.text()), (401, r#"{"error":"Unauthorized"}"#));
    let limited = url(&service, "https://sandbox.test/rate-limited.jpg?again");
    assert_eq!((limited.status, limited.retry_after), (429, Some(1)));
    assert_eq!(limited.text(), r#"{"message":"Too Many Attempts."}"#);
    for (path, status) in [
        ("no-credits.jpg", 400),
        ("unsupported.txt", 400),
        ("too-large.jpg", 400),
        ("download-failed.jpg", 400),
        ("forbidden.jpg", 403),
        ("slow.jpg", 200),
        ("other.jpg", 200),
    ] {
        assert_eq!(url(&service, &format!("https://sandbox.test/{path}")).status, status, "{path}");
    }
}

#[test]
fn accept_decides_between_json_and_text() {
    let service = Service::default();
    let fields = [("file_url", "https://x.test/")];
    let json = submit(&service, &fields, |_| ());
    let text = submit(&service, &fields, |call| call.accept = Some("*/*"));
    assert_eq!(json.text(), format!(r#"{{"identifier":"{}"}}"#, text.text()));
    assert_eq!((text.body.len(), text.content_type), (64, "text/plain; charset=UTF-8"));
}

#[test]
fn a_repeated_submission_costs_nothing_unless_no_cache_asks_for_it() {
    let service = Service::default();
    let first = url(&service, "https://x.test/");
    assert_eq!(url(&service, "https://x.test/"), first);
    assert_eq!(submit(&service, &[("file_url", "https://x.test/"), ("ref_id", "r")], |_| ()), first);
    assert_eq!(service.credits(), CREDITS - 1);
    let anew = submit(&service, &[("file_url", "https://x.test/"), ("no_cache", "true")], |_| ());
    assert_ne!(anew.body, first.body);
    assert_eq!(service.credits(), CREDITS - 2);
    service.state().credits = 0;
    assert_eq!(url(&service, "https://y.test/"), no_credits());
    assert_eq!(url(&service, "https://x.test/"), first);
}

#[test]
fn what_the_documentation_does_not_know_is_refused() {
    let service = Service::default();
    let bad: [&[(&str, &str)]; 7] = [
        &[("file_url", "cat.jpg")],
        &[("file_url", "ftp://x.test/")],
        &[("file_url", "https://x.test/"), ("with_heatmap", "1")],
        &[("file_url", "https://x.test/"), ("with_hetamap", "true")],
        &[("file_url", "https://x.test/"), ("file_url", "https://y.test/")],
        &[("file_url", "https://x.test/"), ("webhook_url", "x")],
        &[("file_url", "")],
    ];
    for fields in bad {
        assert_eq!(submit(&service, fields, |_| ()).status, 400, "{fields:?}");
    }
    assert_eq!(submit(&service, &[], |call| call.path = "/api/nothing").status, 404);
    assert_eq!(submit(&service, &[], |call| call.method = "GET").status, 405);
    assert_eq!(submit(&service, &[], |call| call.content_type = None).status, 400);
    assert_eq!(service.credits(), CREDITS);
}

fn call<'a>(method: &'a str, path: &'a str, query: &'a str) -> Call<'a> {
    let accept = Some("application/json");
    Call { method, path, query, api_key: Some(API_KEY), accept, content_type: None, content_length: 0 }
}

fn get(service: &Service, path: &str, query: &str) -> Answer {
    service.answer(&call("GET", path, query), &mut io::empty())
}

fn force(service: &Service, hash: &str, body: &str) -> Answer {
    let path = &*format!("/api/classification/{hash}/override");
    service.answer(&call("POST", path, ""), &mut body.as_bytes())
}

fn report(service: &Service, identifier: &str) -> Value {
    let answer = get(service, &format!("/api/classification/{identifier}"), "");
    assert_eq!((answer.status, answer.content_type), (200, "application/json"));
    serde_json::from_slice(&answer.body).unwrap()
}

fn identifier(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["identifier"].as_str().unwrap().to_owned()
}

#[test]
fn results_are_new_for_a_while_and_then_done_or_errored() {
    let service = Service::default();
    service.set_analysis_time(Duration::MAX);
    let ids = ["c2pa.jpg", "errored.jpg", "other.jpg?x"]
        .map(|path| identifier(&url(&service, &format!("https://sandbox.test/{path}"))));
    for id in &ids {
        let pending = report(&service, id);
        assert_eq!((pending["status"].as_str(), &pending["verdict"]), (Some("new"), &Value::Null));
        assert_eq!((&pending["identifier"], pending["api_version"].is_null()), (&json!(id), true));
    }
    service.set_analysis_time(Duration::ZERO);
    let [c2pa, errored, other] = ids.map(|id| report(&service, &id));
    assert_eq!((&c2pa["status"], &c2pa["verdict"]["classification"]), (&json!("done"), &json!("artificial")));
    assert_eq!(c2pa["c2pa"]["validation_state"], "Valid");
    assert_eq!((&errored["status"], errored["errors"].is_string()), (&json!("errored"), true));
    assert_eq!((&other["status"], &other["name"], &other["c2pa"]), (&json!("done"), &json!("other.jpg"), &Value::Null));
    assert_eq!(other["results"][0]["model"], MODEL);
    assert!(other.get("is_nsfw").is_none() && other.get("details").is_none(), "not asked for");
    assert_eq!(get(&service, "/api/classification/nobody", "").status, 404);
}

#[test]
fn options_show_in_the_report() {
    let service = Service::default();
    service.set_analysis_time(Duration::ZERO);
    let submitted = |more: &[(&str, &str)]| {
        let fields = [&[("file_url", "https://sandbox.test/c2pa.jpg")], more].concat();
        report(&service, &identifier(&submit(&service, &fields, |_| ())))
    };
    let bare = submitted(&[]);
    assert_eq!(
        (&bare["ref_id"], &bare["has_heatmap"], &bare["verdict"]["confidence"]),
        (&Value::Null, &json!(false), &json!(1.0))
    );
    let all = submitted(&[
        ("ref_id", "r-1"),
        ("with_morphing", "true"),
        ("with_nsfw", "true"),
        ("with_heatmap", "true"),
        ("prevent_c2pa_forces", "true"),
    ]);
    assert_eq!((&all["ref_id"], &all["has_heatmap"]), (&json!("r-1"), &json!(true)));
    assert!(all["is_nsfw"].is_boolean() && all["details"][0]["detections"][0]["box"]["x2"].is_number());
    assert_ne!(all["verdict"]["confidence"], json!(1.0));
}

#[test]
fn a_heatmap_is_a_png_once_the_analysis_is_done() {
    let service = Service::default();
    let heatmap = |id: &str| get(&service, &format!("/api/classification/heatmap/{id}"), "");
    let fields = [("file_url", "https://x.test/"), ("with_heatmap", "true")];
    let id = identifier(&submit(&service, &fields, |_| ()));
    let without = identifier(&url(&service, "https://x.test/"));
    service.set_analysis_time(Duration::MAX);
    assert_eq!(heatmap(&id).status, 404);
    service.set_analysis_time(Duration::ZERO);
    assert_eq!((heatmap(&without).status, heatmap("nobody").status), (404, 404));
    let answer = heatmap(&id);
    assert_eq!((answer.status, answer.content_type), (200, "image/png"));
    let mut reader = png::Decoder::new(io::Cursor::new(&answer.body)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (64, 64));
    assert_ne!(pixels[..3], pixels[pixels.len() - 3..]);
}

#[test]
fn many_are_asked_for_at_once_but_no_more_than_a_hundred() {
    let service = Service::default();
    let ids = ["a", "b"].map(|path| identifier(&url(&service, &format!("https://x.test/{path}"))));
    let many = |query: &str| get(&service, "/api/classifications", query);
    for name in ["identifiers[]", "identifiers%5B%5D"] {
        let answer = many(&format!("{name}={}&{name}=nobody&{name}={}", ids[1], ids[0]));
        let reports: Value = serde_json::from_slice(&answer.body).unwrap();
        let found: Vec<_> = reports.as_array().unwrap().iter().map(|report| report["identifier"].clone()).collect();
        assert_eq!(found, [json!(ids[1]), json!(ids[0])], "what is not known is left out");
    }
    let of = |count: usize| vec!["identifiers[]=x"; count].join("&");
    assert_eq!((many("").status, many(&of(100)).status, many(&of(101)).status), (422, 200, 422));
}

#[test]
fn an_override_holds_for_every_submission_of_the_file() {
    let service = Service::default();
    let id = identifier(&url(&service, "https://x.test/"));
    let hash = report(&service, &id)["hash"].as_str().unwrap().to_owned();
    let force = |hash: &str, body: &str| force(&service, hash, body);
    assert_eq!(report(&service, &id)["force_classification"], Value::Null);
    assert_eq!(force(&hash, r#"{"classification":"partly"}"#).status, 400);
    assert_eq!(force(&hash, "").status, 400);
    assert_eq!(force(&id, r#"{"classification":"human"}"#).status, 404, "the identifier is not the hash");
    let answer = force(&hash, r#"{"classification":"human"}"#);
    assert_eq!(answer.text(), format!(r#"{{"classification":"human","hash":"{hash}","type":"image"}}"#));
    assert_eq!(report(&service, &id)["force_classification"], "human");
    let fields = [("file_url", "https://x.test/"), ("with_nsfw", "true")];
    let later = identifier(&submit(&service, &fields, |_| ()));
    assert_eq!(report(&service, &later)["force_classification"], "human");
}
