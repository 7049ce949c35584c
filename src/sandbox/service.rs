//! What the sandbox answers: pure but for its own memory.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::form;

pub(super) const API_KEY: &str = "sandbox";
const CREDITS: u64 = 1_000;
const SLOW: Duration = Duration::from_secs(2);
/// Documented for `POST /api/image_fromurl`, in the contract's order.
const SWITCHES: [&str; 6] =
    ["with_morphing", "with_tampering", "with_heatmap", "no_cache", "prevent_c2pa_forces", "with_nsfw"];
const TEXTS: [&str; 3] = ["file_url", "ref_id", "webhook_url"];

/// A request as far as the service looks at it.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) api_key: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) body: &'a [u8],
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    /// In seconds.
    pub(super) retry_after: Option<u32>,
    pub(super) delay: Duration,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, body, retry_after: None, delay: Duration::ZERO }
    }

    fn error(status: u16, text: &str) -> Self {
        Self::new(status, "application/json", json!({ "error": text }).to_string())
    }

    /// As the framework that the backend seems to run on words it.
    pub(super) fn message(status: u16, text: &str) -> Self {
        Self::new(status, "application/json", json!({ "message": text }).to_string())
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
    submitted: HashSet<String>,
    analyses: u64,
}

impl Default for Service {
    fn default() -> Self {
        let state = State { credits: CREDITS, submitted: HashSet::new(), analyses: 0 };
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

    pub(super) fn answer(&self, call: &Call<'_>) -> Answer {
        if call.path != "/api/image_fromurl" {
            return Answer::message(404, "This path is not known here.");
        }
        if call.method != "POST" {
            return Answer::message(405, "This path takes POST only.");
        }
        if call.api_key != Some(API_KEY) {
            return Answer::error(401, "Unauthorized");
        }
        let fields = form::parse(call.content_type.unwrap_or_default(), call.body)
            .map_err(|reason| format!("The body is not a form: {reason}."))
            .and_then(|fields| check(&fields).map(|()| fields));
        match fields {
            Ok(fields) => self.submit(&fields, call.accept),
            Err(text) => Answer::error(400, &text),
        }
    }

    fn submit(&self, fields: &[(String, String)], accept: Option<&str>) -> Answer {
        let file_url = value(fields, "file_url").unwrap_or_default();
        let delay = match forced(file_url) {
            Some(Forced::Answer(answer)) => return answer,
            Some(Forced::Delay) => SLOW,
            None => Duration::ZERO,
        };
        let mut state = self.state();
        let mut hash = Sha256::new();
        // What does not change the analysis does not make another one of it.
        let not_options = ["ref_id", "webhook_url", "no_cache"];
        for (name, value) in fields.iter().filter(|(name, _)| !not_options.contains(&name.as_str())) {
            hash.update(format!("{name}\0{value}\0"));
        }
        if value(fields, "no_cache") == Some("true") {
            hash.update(format!("analysis {}", state.analyses));
        }
        let identifier = format!("{:x}", hash.finalize());
        if !state.submitted.contains(&identifier) {
            let Some(left) = state.credits.checked_sub(1) else { return no_credits() };
            state.credits = left;
            state.analyses += 1;
            state.submitted.insert(identifier.clone());
        }
        let answer = match accept {
            Some("application/json") => {
                Answer::new(200, "application/json", json!({ "identifier": identifier }).to_string())
            }
            _ => Answer::new(200, "text/plain; charset=UTF-8", identifier),
        };
        Answer { delay, ..answer }
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The documented texts where there are any; the others are worded as the backend's framework words them.
fn check(fields: &[(String, String)]) -> Result<(), String> {
    for (index, (name, value)) in fields.iter().enumerate() {
        if fields[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("The {name} field is there twice."));
        }
        let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_url = matches!(scheme.as_deref(), Some("http" | "https"));
        match name.as_str() {
            switch if SWITCHES.contains(&switch) && !["true", "false"].contains(&value.as_str()) => {
                return Err(format!("The {name} field must be true or false."));
            }
            "webhook_url" if !is_url => return Err("The webhook_url field must be a valid URL.".to_owned()),
            "file_url" if !value.is_empty() && !is_url => {
                return Err("The file_url field must be a valid URL.".to_owned());
            }
            name if !SWITCHES.contains(&name) && !TEXTS.contains(&name) => {
                return Err(format!("The {name} field is not known here."));
            }
            _ => {}
        }
    }
    match value(fields, "file_url") {
        None | Some("") => Err("The file_url field is required.".to_owned()),
        Some(_) => Ok(()),
    }
}

enum Forced {
    Answer(Answer),
    Delay,
}

/// The outcome that a URL on `sandbox.test` stands for, as card numbers do at payment services.
fn forced(file_url: &str) -> Option<Forced> {
    let path = file_url.split_once("://")?.1.strip_prefix("sandbox.test/")?;
    Some(Forced::Answer(match path.split(['?', '#']).next()? {
        "no-credits.jpg" => no_credits(),
        "unsupported.txt" => Answer::error(400, "The uploaded file format is not supported."),
        "too-large.jpg" => Answer::error(400, "The uploaded file exceeds the maximum allowed size of 50Mb."),
        "download-failed.jpg" => Answer::error(400, "The file could not be downloaded."),
        "forbidden.jpg" => Answer::error(403, "Forbidden"),
        "rate-limited.jpg" => Answer { retry_after: Some(1), ..Answer::message(429, "Too Many Attempts.") },
        "slow.jpg" => return Some(Forced::Delay),
        _ => return None,
    }))
}

fn no_credits() -> Answer {
    Answer::error(400, "You do not have enough credits to perform this operation.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submit(service: &Service, fields: &[(&str, &str)], change: impl FnOnce(&mut Call<'_>)) -> Answer {
        let part = |(name, value): &(&str, &str)| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = fields.iter().map(part).collect::<String>() + "--B--\r\n";
        let mut call = Call {
            method: "POST",
            path: "/api/image_fromurl",
            api_key: Some(API_KEY),
            accept: Some("application/json"),
            content_type: Some("multipart/form-data; boundary=B"),
            body: body.as_bytes(),
        };
        change(&mut call);
        service.answer(&call)
    }

    fn url(service: &Service, url: &str) -> Answer {
        submit(service, &[("file_url", url)], |_| ())
    }

    #[test]
    fn the_documented_answers_come_in_the_documented_words() {
        let service = Service::default();
        let required = submit(&service, &[], |_| ());
        assert_eq!((required.status, required.body.as_str()), (400, r#"{"error":"The file_url field is required."}"#));
        let unauthorized = submit(&service, &[("file_url", "https://x.test/")], |call| call.api_key = Some("other"));
        assert_eq!((unauthorized.status, unauthorized.body.as_str()), (401, r#"{"error":"Unauthorized"}"#));
        let limited = url(&service, "https://sandbox.test/rate-limited.jpg?again");
        assert_eq!((limited.status, limited.retry_after), (429, Some(1)));
        assert_eq!(limited.body, r#"{"message":"Too Many Attempts."}"#);
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
        assert_eq!(json.body, format!(r#"{{"identifier":"{}"}}"#, text.body));
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
        assert_eq!(submit(&service, &[], |call| call.body = b"").status, 400);
        assert_eq!(service.credits(), CREDITS);
    }
}
