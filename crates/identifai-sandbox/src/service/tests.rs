//! Tests of the service's responses, both documented and made up.

mod rest;

use std::io;

use super::*;
use crate::analysis::MODEL;
use crate::submit::no_credits;

impl Response {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Creates a service without rate limits.
fn unlimited() -> Service {
    let service = Service::default();
    service.set_limits(RateLimit::unlimited());
    service
}

fn submit(service: &Service, fields: &[(&str, &str)], change: impl FnOnce(&mut Call<'_>)) -> Response {
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
    service.handle(&call, &mut body.as_bytes())
}

fn url(service: &Service, url: &str) -> Response {
    submit(service, &[("file_url", url)], |_| ())
}

#[test]
fn documented_errors_have_documented_texts() {
    let service = unlimited();
    let required = submit(&service, &[], |_| ());
    assert_eq!((required.status, required.text()), (400, r#"{"error":"The file_url field is required."}"#));
    let unauthorized = submit(&service, &[("file_url", "https://x.test/")], |call| call.api_key = Some("other"));
    assert_eq!((unauthorized.status, unauthorized.text()), (401, r#"{"error":"Unauthorized"}"#));
    let limited = url(&service, "https://sandbox.test/rate-limited.jpg?again");
    assert_eq!((limited.status, limited.headers.as_slice()), (429, &[("Retry-After", 1)][..]));
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
fn accept_header_selects_json_or_text() {
    let service = unlimited();
    let fields = [("file_url", "https://x.test/")];
    let json = submit(&service, &fields, |_| ());
    let text = submit(&service, &fields, |call| call.accept = Some("*/*"));
    assert_eq!(json.text(), format!(r#"{{"identifier":"{}"}}"#, text.text()));
    assert_eq!((text.body.len(), text.content_type), (64, "text/plain; charset=UTF-8"));
}

#[test]
fn repeated_submission_is_free_without_no_cache() {
    let service = unlimited();
    let first = url(&service, "https://x.test/");
    assert_eq!(url(&service, "https://x.test/"), first);
    assert_eq!(submit(&service, &[("file_url", "https://x.test/"), ("ref_id", "r")], |_| ()), first);
    assert_eq!(service.credits(), CREDITS - 1);
    let repeated = submit(&service, &[("file_url", "https://x.test/"), ("no_cache", "true")], |_| ());
    assert_ne!(repeated.body, first.body);
    assert_eq!(service.credits(), CREDITS - 2);
    service.set_credits(0);
    assert_eq!(url(&service, "https://y.test/"), no_credits());
    assert_eq!(url(&service, "https://x.test/"), first);
    assert_eq!(service.submits(), 5, "free submits are counted");
}

#[test]
fn undocumented_requests_are_refused() {
    let service = unlimited();
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

fn get(service: &Service, path: &str, query: &str) -> Response {
    service.handle(&call("GET", path, query), &mut io::empty())
}

fn force(service: &Service, hash: &str, body: &str) -> Response {
    let path = &*format!("/api/classification/{hash}/override");
    service.handle(&call("POST", path, ""), &mut body.as_bytes())
}

fn report(service: &Service, identifier: &str) -> Value {
    let response = get(service, &format!("/api/classification/{identifier}"), "");
    assert_eq!((response.status, response.content_type), (200, "application/json"));
    serde_json::from_slice(&response.body).unwrap()
}

fn identifier(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    body["identifier"].as_str().unwrap().to_owned()
}

#[test]
fn result_is_new_and_then_done_or_errored() {
    let service = unlimited();
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
    assert!(other.get("is_nsfw").is_none() && other.get("details").is_none(), "only present if requested");
    assert_eq!(get(&service, "/api/classification/nobody", "").status, 404);
}

#[test]
fn report_contains_requested_options() {
    let service = unlimited();
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
fn heatmap_is_png_after_analysis() {
    let service = unlimited();
    let heatmap = |id: &str| get(&service, &format!("/api/classification/heatmap/{id}"), "");
    let fields = [("file_url", "https://x.test/"), ("with_heatmap", "true")];
    let id = identifier(&submit(&service, &fields, |_| ()));
    let without = identifier(&url(&service, "https://x.test/"));
    service.set_analysis_time(Duration::MAX);
    assert_eq!(heatmap(&id).status, 404);
    service.set_analysis_time(Duration::ZERO);
    assert_eq!((heatmap(&without).status, heatmap("nobody").status), (404, 404));
    let response = heatmap(&id);
    assert_eq!((response.status, response.content_type), (200, "image/png"));
    let mut reader = png::Decoder::new(io::Cursor::new(&response.body)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (64, 64));
    assert_ne!(pixels[..3], pixels[pixels.len() - 3..]);
}

#[test]
fn results_of_up_to_100_identifiers_are_returned() {
    let service = unlimited();
    let ids = ["a", "b"].map(|path| identifier(&url(&service, &format!("https://x.test/{path}"))));
    let many = |query: &str| get(&service, "/api/classifications", query);
    for name in ["identifiers[]", "identifiers%5B%5D"] {
        let response = many(&format!("{name}={}&{name}=nobody&{name}={}", ids[1], ids[0]));
        let reports: Value = serde_json::from_slice(&response.body).unwrap();
        let found: Vec<_> = reports.as_array().unwrap().iter().map(|report| report["identifier"].clone()).collect();
        assert_eq!(found, [json!(ids[1]), json!(ids[0])], "unknown identifiers are left out");
    }
    let of = |count: usize| vec!["identifiers[]=x"; count].join("&");
    assert_eq!((many("").status, many(&of(100)).status, many(&of(101)).status), (422, 200, 422));
}

#[test]
fn override_applies_to_all_submissions_of_file() {
    let service = unlimited();
    let id = identifier(&url(&service, "https://x.test/"));
    let hash = report(&service, &id)["hash"].as_str().unwrap().to_owned();
    let force = |hash: &str, body: &str| force(&service, hash, body);
    assert_eq!(report(&service, &id)["force_classification"], Value::Null);
    assert_eq!(force(&hash, r#"{"classification":"partly"}"#).status, 400);
    assert_eq!(force(&hash, "").status, 400);
    assert_eq!(force(&id, r#"{"classification":"human"}"#).status, 404, "the identifier is not the hash");
    let response = force(&hash, r#"{"classification":"human"}"#);
    assert_eq!(response.text(), format!(r#"{{"classification":"human","hash":"{hash}","type":"image"}}"#));
    assert_eq!(service.submits(), 1, "an override is not a submit");
    assert_eq!(report(&service, &id)["force_classification"], "human");
    let fields = [("file_url", "https://x.test/"), ("with_nsfw", "true")];
    let later = identifier(&submit(&service, &fields, |_| ()));
    assert_eq!(report(&service, &later)["force_classification"], "human");
}

/// Returns the limit and the remaining requests from the headers of a response.
fn rate_limit(response: &Response) -> Option<(u64, u64)> {
    let header = |name| response.headers.iter().find(|header| header.0 == name).map(|header| header.1);
    header("X-RateLimit-Limit").zip(header("X-RateLimit-Remaining"))
}

#[test]
fn authorized_responses_have_rate_limit_headers() {
    let service = Service::default();
    service.set_limits(RateLimit::per_minute(300, 300));
    let accepted = url(&service, "https://x.test/");
    assert_eq!((accepted.status, rate_limit(&accepted)), (200, Some((300, 299))));
    for (change, status) in [
        ((|call| call.api_key = None) as fn(&mut Call<'_>), 401),
        (|call| call.api_key = Some("other"), 401),
        (|call| call.path = "/api/nothing", 404),
        (|call| call.method = "GET", 405),
    ] {
        let response = submit(&service, &[], change);
        assert_eq!((response.status, response.headers.len()), (status, 0));
    }
    for (path, status, remaining) in [("unsupported.txt", 400, 298), ("forbidden.jpg", 403, 297), ("a", 200, 296)] {
        let response = url(&service, &format!("https://sandbox.test/{path}"));
        assert_eq!((response.status, rate_limit(&response)), (status, Some((300, remaining))));
    }
    let forced = url(&service, "https://sandbox.test/rate-limited.jpg");
    assert_eq!((forced.headers[0], rate_limit(&forced)), (("Retry-After", 1), Some((300, 295))));
    let overridden = force(&service, "x", "");
    assert_eq!((overridden.status, rate_limit(&overridden)), (400, Some((300, 294))), "an override counts as a submit");
    for (path, query, status, remaining) in [
        (&*format!("/api/classification/{}", identifier(&accepted)), "", 200, 299),
        ("/api/classification/nobody", "", 404, 298),
        ("/api/classification/heatmap/nobody", "", 404, 297),
        ("/api/classifications", "", 422, 296),
    ] {
        let response = get(&service, path, query);
        assert_eq!((response.status, rate_limit(&response)), (status, Some((300, remaining))), "{path}");
    }
}

#[test]
fn request_over_limit_is_refused_unread() {
    let service = Service::default();
    service.set_limits(RateLimit::per_minute(1, 1));
    let mut call = call("POST", "/api/classification", "");
    (call.content_type, call.content_length) = (Some("multipart/form-data; boundary=B"), 3);
    let mut body = &b"abc"[..];
    assert_eq!((service.handle(&call, &mut body).status, body.len()), (400, 0), "the first body is read");
    for _ in 0..2 {
        let mut body = &b"abc"[..];
        let response = service.handle(&call, &mut body);
        assert_eq!((response.status, response.text()), (429, r#"{"message":"Too Many Attempts."}"#));
        assert_eq!((body.len(), rate_limit(&response)), (3, Some((1, 0))));
        assert_eq!((response.headers[2], response.headers[3].0), (("Retry-After", 60), "X-RateLimit-Reset"));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 58..=now + 60).contains(&response.headers[3].1), "{:?}", response.headers);
    }
    assert_eq!(get(&service, "/api/classification/nobody", "").status, 404, "reads are counted separately");
    service.set_limits(RateLimit::per_minute(1, 1));
    assert_eq!(service.handle(&call, &mut &b"abc"[..]).status, 400, "a new window");
    assert_eq!((service.submits(), service.credits()), (0, CREDITS));
}
