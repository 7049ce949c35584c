//! What the sandbox answers: pure but for its own memory and the clock.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::form;
use super::submit::{self, Forced, Medium};

pub(super) const API_KEY: &str = "sandbox";
const CREDITS: u64 = 1_000;
const ANALYSIS_TIME: Duration = Duration::from_secs(1);
/// Documented for the plural endpoint.
const MOST_IDENTIFIERS: usize = 100;

/// A request as far as the service looks at it.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) api_key: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) content_length: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// In seconds.
    pub(super) retry_after: Option<u32>,
    pub(super) delay: Duration,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, body: body.into(), retry_after: None, delay: Duration::ZERO }
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(super) fn error(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "error": text }))
    }

    /// As the framework that the backend seems to run on words it.
    pub(super) fn message(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "message": text }))
    }
}

/// What is asked for, but for the medium.
enum Endpoint<'a> {
    Url,
    Upload,
    Result(&'a str),
    Results,
    Heatmap(&'a str),
    Override(&'a str),
}

impl<'a> Endpoint<'a> {
    fn of(path: &[&'a str]) -> Option<(Medium, Self)> {
        // The documentation names two paths for the results of images.
        let medium = |name: &str, is_read: bool| match name {
            "" => Some(Medium::Image),
            "_image" if is_read => Some(Medium::Image),
            "_video" => Some(Medium::Video),
            "_audio" => Some(Medium::Audio),
            _ => None,
        };
        let ["api", name, rest @ ..] = path else { return None };
        Some(match (name.strip_prefix("classification"), rest) {
            (None, []) => {
                let media = [Medium::Image, Medium::Video, Medium::Audio];
                let is = |medium: &Medium| name.strip_suffix("_fromurl") == Some(medium.name());
                (media.into_iter().find(is)?, Self::Url)
            }
            (Some(of), []) => match of.strip_prefix('s') {
                Some(of) => (medium(of, true)?, Self::Results),
                None => (medium(of, false)?, Self::Upload),
            },
            (Some(of), [identifier]) => (medium(of, true)?, Self::Result(identifier)),
            (Some("" | "_image"), ["heatmap", identifier]) => (Medium::Image, Self::Heatmap(identifier)),
            (Some(of), [hash, "override"]) => (medium(of, false)?, Self::Override(hash)),
            _ => return None,
        })
    }

    fn method(&self) -> &'static str {
        match self {
            Self::Url | Self::Upload | Self::Override(_) => "POST",
            Self::Result(_) | Self::Results | Self::Heatmap(_) => "GET",
        }
    }
}

/// One account and what it submitted.
#[derive(Debug)]
pub(super) struct Service {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    credits: u64,
    analysis_time: Duration,
    /// By identifier.
    submitted: HashMap<String, Submitted>,
    /// How files were classified by the user, by the hash of the file.
    forced: HashMap<(Medium, String), String>,
    analyses: u64,
}

#[derive(Debug)]
struct Submitted {
    analysis: Analysis,
    at: Instant,
}

impl Default for Service {
    fn default() -> Self {
        let state = State {
            credits: CREDITS,
            analysis_time: ANALYSIS_TIME,
            submitted: HashMap::new(),
            forced: HashMap::new(),
            analyses: 0,
        };
        Self { state: Mutex::new(state) }
    }
}

impl Service {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn credits(&self) -> u64 {
        self.state().credits
    }

    pub(super) fn set_analysis_time(&self, time: Duration) {
        self.state().analysis_time = time;
    }

    pub(super) fn answer(&self, call: &Call<'_>, body: &mut dyn Read) -> Answer {
        let path: Vec<&str> = call.path.split('/').skip(1).collect();
        let Some((medium, endpoint)) = Endpoint::of(&path) else {
            return Answer::message(404, "This path is not known here.");
        };
        let method = endpoint.method();
        if call.method != method {
            return Answer::message(405, &format!("This path takes {method} only."));
        }
        if call.api_key != Some(API_KEY) {
            return Answer::error(401, "Unauthorized");
        }
        match endpoint {
            Endpoint::Url => self.submit(medium, false, call, body),
            Endpoint::Upload => self.submit(medium, true, call, body),
            Endpoint::Result(identifier) => self.result(medium, identifier),
            Endpoint::Results => self.results(medium, call.query),
            Endpoint::Heatmap(identifier) => self.heatmap(identifier),
            Endpoint::Override(hash) => self.force(medium, hash, body),
        }
    }

    fn submit(&self, medium: Medium, is_upload: bool, call: &Call<'_>, body: &mut dyn Read) -> Answer {
        let (max, words) = medium.max_size();
        // Texts and headers are short; what is so much longer need not be read.
        if is_upload && call.content_length > max + 1024 * 1024 {
            return Answer::error(400, &submit::too_large(words));
        }
        let form = form::read(call.content_type.unwrap_or_default(), body)
            .map_err(|reason| format!("The body is not a form: {reason}."))
            .and_then(|form| submit::check(medium, is_upload, &form).map(|()| form));
        let form = match form {
            Ok(form) => form,
            Err(text) => return Answer::error(400, &text),
        };
        let delay = match submit::forced(submit::value(&form.fields, "file_url").unwrap_or_default()) {
            Some(Forced::Answer(answer)) => return answer,
            Some(Forced::Delay(delay)) => delay,
            None => Duration::ZERO,
        };
        let mut state = self.state();
        let identifier = submit::identifier(medium, &form, state.analyses);
        let analysis = Analysis::new(medium, form);
        if let Some(earlier) = state.submitted.get_mut(&identifier) {
            earlier.analysis = analysis;
        } else {
            let Some(left) = state.credits.checked_sub(1) else { return submit::no_credits() };
            state.credits = left;
            state.analyses += 1;
            state.submitted.insert(identifier.clone(), Submitted { analysis, at: Instant::now() });
        }
        let answer = match call.accept {
            Some("application/json") => Answer::json(200, &json!({ "identifier": identifier })),
            _ => Answer::new(200, "text/plain; charset=UTF-8", identifier),
        };
        Answer { delay, ..answer }
    }

    fn result(&self, medium: Medium, identifier: &str) -> Answer {
        match self.state().report(medium, identifier) {
            Some(report) => Answer::json(200, &report),
            None => unknown(),
        }
    }

    fn results(&self, medium: Medium, query: &str) -> Answer {
        let name = |name: &str| name.replace("%5B", "[").replace("%5D", "]");
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        let asked: Vec<&str> =
            parameters.filter(|(key, _)| name(key) == "identifiers[]").map(|(_, value)| value).collect();
        match asked.len() {
            0 => Answer::message(422, "The identifiers field is required."),
            1..=MOST_IDENTIFIERS => {
                let state = self.state();
                let reports = asked.iter().filter_map(|identifier| state.report(medium, identifier));
                let reports: Vec<Value> = reports.collect();
                Answer::json(200, &reports.into())
            }
            _ => Answer::message(422, "The identifiers field must not have more than 100 items."),
        }
    }

    fn heatmap(&self, identifier: &str) -> Answer {
        let state = self.state();
        let submitted = state.submitted.get(identifier).filter(|submitted| submitted.is_done(state.analysis_time));
        match submitted.and_then(|submitted| submitted.analysis.heatmap(identifier)) {
            Some(png) => Answer::new(200, "image/png", png),
            None => unknown(),
        }
    }

    fn force(&self, medium: Medium, hash: &str, body: &mut dyn Read) -> Answer {
        let body: Value = serde_json::from_reader(body.take(1024)).unwrap_or_default();
        let Some(classification @ ("human" | "artificial")) = body["classification"].as_str() else {
            return Answer::error(400, "The classification field must be human or artificial.");
        };
        let mut state = self.state();
        let hash = hash.to_ascii_lowercase();
        let is_of_it = |analysis: &Analysis| analysis.medium == medium && analysis.hash == hash;
        if !state.submitted.values().any(|submitted| is_of_it(&submitted.analysis)) {
            return unknown();
        }
        let answer = json!({ "classification": classification, "type": medium.name(), "hash": hash });
        state.forced.insert((medium, hash), classification.to_owned());
        Answer::json(201, &answer)
    }
}

/// The same for what there is none of and what is not known: how the service tells these apart is not documented.
fn unknown() -> Answer {
    Answer::message(404, "Not Found")
}

impl State {
    fn report(&self, medium: Medium, identifier: &str) -> Option<Value> {
        let submitted = self.submitted.get(identifier).filter(|submitted| submitted.analysis.medium == medium)?;
        let mut report = match submitted.is_done(self.analysis_time) {
            true => submitted.analysis.done(identifier),
            false => submitted.analysis.pending(identifier),
        };
        report["force_classification"] = self.forced.get(&(medium, submitted.analysis.hash.clone())).cloned().into();
        Some(report)
    }
}

impl Submitted {
    fn is_done(&self, analysis_time: Duration) -> bool {
        self.at.elapsed() >= analysis_time
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            (&other["status"], &other["name"], &other["c2pa"]),
            (&json!("done"), &json!("other.jpg"), &Value::Null)
        );
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
}
