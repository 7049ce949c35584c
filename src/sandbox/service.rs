//! What the sandbox answers: pure but for its own memory and the clock.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::form;
use super::limits::{Headers, Limits};
use super::submit::{self, Forced, Medium};
use crate::Pace;
use crate::wire::request::Method;

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
    /// Beside those of the body and the connection.
    pub(super) headers: Headers,
    pub(super) delay: Duration,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, body: body.into(), headers: Headers::new(), delay: Duration::ZERO }
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

    fn method(&self) -> (Method, &'static str) {
        match self {
            Self::Url | Self::Upload | Self::Override(_) => (Method::Post, "POST"),
            Self::Result(_) | Self::Results | Self::Heatmap(_) => (Method::Get, "GET"),
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
    limits: Limits,
    credits: u64,
    /// How many were accepted.
    submits: u64,
    refusals: u64,
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
            limits: Limits::new(Pace::default()),
            credits: CREDITS,
            submits: 0,
            refusals: 0,
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

    pub(super) fn set_credits(&self, credits: u64) {
        self.state().credits = credits;
    }

    pub(super) fn submits(&self) -> u64 {
        self.state().submits
    }

    pub(super) fn refusals(&self) -> u64 {
        self.state().refusals
    }

    pub(super) fn set_limits(&self, limits: Pace) {
        self.state().limits = Limits::new(limits);
    }

    pub(super) fn set_analysis_time(&self, time: Duration) {
        self.state().analysis_time = time;
    }

    pub(super) fn answer(&self, call: &Call<'_>, body: &mut dyn Read) -> Answer {
        let path: Vec<&str> = call.path.split('/').skip(1).collect();
        let Some((medium, endpoint)) = Endpoint::of(&path) else {
            return Answer::message(404, "This path is not known here.");
        };
        let (method, name) = endpoint.method();
        if call.method != name {
            return Answer::message(405, &format!("This path takes {name} only."));
        }
        if call.api_key != Some(API_KEY) {
            return Answer::error(401, "Unauthorized");
        }
        let mut state = self.state();
        let told = match state.limits.take(method, Instant::now(), SystemTime::now()) {
            Ok(told) => told,
            Err(told) => {
                state.refusals += 1;
                return submit::too_many(told);
            }
        };
        drop(state);
        let mut answer = match endpoint {
            Endpoint::Url => self.submit(medium, false, call, body),
            Endpoint::Upload => self.submit(medium, true, call, body),
            Endpoint::Result(identifier) => self.result(medium, identifier),
            Endpoint::Results => self.results(medium, call.query),
            Endpoint::Heatmap(identifier) => self.heatmap(identifier),
            Endpoint::Override(hash) => self.force(medium, hash, body),
        };
        answer.headers.extend(told);
        answer
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
        state.submits += 1;
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
        let Some(classification @ ("human" | "artificial")) = body.get("classification").and_then(Value::as_str) else {
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
    #[expect(clippy::indexing_slicing, reason = "a report is an object")]
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
mod tests;
