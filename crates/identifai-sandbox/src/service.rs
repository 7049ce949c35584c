//! The service behind the sandbox. A response depends only on the request, the state of the service and the clock.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use identifai::{MediaType, RateLimit};
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::endpoint::Endpoint;
use super::form::{self, Form};
use super::limits::Limits;
use super::medium;
use super::partner::{self, Users};
use super::response::{Response, unknown};
use super::submit::{self, Forced};
use super::tickets::{Batch, Batches};

pub(super) const API_KEY: &str = "sandbox";
const CREDITS: u64 = 1_000;
const ANALYSIS_TIME: Duration = Duration::from_secs(1);
/// The documented maximum number of identifiers in a request for several results.
const MAX_IDENTIFIERS: usize = 100;

/// The parts of a request that the service uses.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) api_key: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) content_length: u64,
}

/// An account and its submissions.
#[derive(Debug)]
pub(super) struct Service {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    credits: u64,
    spent: u64,
    users: Users,
    batches: Batches,
    /// The number of accepted submits.
    submits: u64,
    refusals: u64,
    analysis_time: Duration,
    /// The submissions by identifier.
    submitted: HashMap<String, Submitted>,
    /// The user's overrides by medium and hash of the file.
    forced: HashMap<(MediaType, String), String>,
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
            limits: Limits::new(RateLimit::default()),
            credits: CREDITS,
            spent: 0,
            users: Users::default(),
            batches: Batches::default(),
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

    pub(super) fn set_limits(&self, limits: RateLimit) {
        self.state().limits = Limits::new(limits);
    }

    pub(super) fn set_analysis_time(&self, time: Duration) {
        self.state().analysis_time = time;
    }

    /// Handles a request.
    pub(super) fn handle(&self, call: &Call<'_>, body: &mut dyn Read) -> Response {
        let path: Vec<&str> = call.path.split('/').skip(1).collect();
        let Some(endpoint) = Endpoint::from_path(&path) else {
            return Response::message(404, "This path is not known here.");
        };
        let methods = endpoint.methods();
        let Some((method, _)) = methods.iter().find(|(_, name)| *name == call.method) else {
            let names: Vec<_> = methods.iter().map(|(_, name)| *name).collect();
            return Response::message(405, &format!("This path supports {} only.", names.join(" and ")));
        };
        // The documentation requires no key here, and has no rate limit.
        if let Endpoint::Health = endpoint {
            return Response::json(200, &json!({ "status": "ok" }));
        }
        if call.api_key != Some(API_KEY) {
            return Response::error(401, "Unauthorized");
        }
        let mut state = self.state();
        let headers = match state.limits.take(*method, Instant::now(), SystemTime::now()) {
            Ok(headers) => headers,
            Err(headers) => {
                state.refusals += 1;
                return submit::too_many(headers);
            }
        };
        drop(state);
        let mut response = match endpoint {
            Endpoint::Url(medium) => self.submit(medium, false, call, body),
            Endpoint::Upload(medium) => self.submit(medium, true, call, body),
            Endpoint::Result(medium, identifier) => self.result(medium, identifier),
            Endpoint::Results(medium) => self.results(medium, call.query),
            Endpoint::Heatmap(identifier) => self.heatmap(identifier),
            Endpoint::Override(medium, hash) => self.force(medium, hash, body),
            Endpoint::Credits | Endpoint::Health => self.account(),
            Endpoint::User => {
                Response::json(200, &json!({ "sandbox": "The response of this endpoint is not documented." }))
            }
            Endpoint::PartnerUser => self.with_form(call, body, |state, form| state.users.save(form)),
            Endpoint::PartnerUsers => self.state().users.list(call.query),
            Endpoint::CreationMail => self.with_form(call, body, |state, form| state.users.mail(form)),
            Endpoint::Pricings => partner::pricings(),
            Endpoint::Tickets => self.with_form(call, body, State::submit_tickets),
            Endpoint::Batch(batch) => {
                let state = self.state();
                state.batches.report(batch, state.analysis_time)
            }
        };
        response.headers.extend(headers);
        response
    }

    fn account(&self) -> Response {
        let state = self.state();
        Response::json(200, &json!({ "available_credits": state.credits, "total_spent": state.spent }))
    }

    /// Parses the body as a form, and passes it to `handle`.
    fn with_form(
        &self,
        call: &Call<'_>,
        body: &mut dyn Read,
        handle: impl FnOnce(&mut State, &Form) -> Result<Response, String>,
    ) -> Response {
        let form = form::read(call.content_type.unwrap_or_default(), body);
        let response = match form {
            Ok(form) => handle(&mut self.state(), &form),
            Err(reason) => Err(format!("The body is not a form: {reason}.")),
        };
        response.unwrap_or_else(|text| Response::error(400, &text))
    }

    fn submit(&self, medium: MediaType, is_upload: bool, call: &Call<'_>, body: &mut dyn Read) -> Response {
        let (max, max_text) = medium::max_size(medium);
        // Headers and text fields are short. If the body is much longer than the largest file, it is refused without
        // reading it.
        if is_upload && call.content_length > max + 1024 * 1024 {
            return Response::error(400, &submit::too_large(max_text));
        }
        let form = form::read(call.content_type.unwrap_or_default(), body)
            .map_err(|reason| format!("The body is not a form: {reason}."))
            .and_then(|form| submit::check(medium, is_upload, &form).map(|()| form));
        let form = match form {
            Ok(form) => form,
            Err(text) => return Response::error(400, &text),
        };
        let delay = match submit::forced(submit::value(&form.fields, "file_url").unwrap_or_default()) {
            Some(Forced::Response(response)) => return response,
            Some(Forced::Delay(delay)) => delay,
            None => Duration::ZERO,
        };
        let mut state = self.state();
        let identifier = submit::identifier(medium, &form, state.analyses);
        let analysis = Analysis::new(medium, form);
        if let Some(earlier) = state.submitted.get_mut(&identifier) {
            earlier.analysis = analysis;
        } else {
            if !state.spend(1) {
                return submit::no_credits();
            }
            state.analyses += 1;
            state.submitted.insert(identifier.clone(), Submitted { analysis, at: Instant::now() });
        }
        state.submits += 1;
        let response = match call.accept {
            Some("application/json") => Response::json(200, &json!({ "identifier": identifier })),
            _ => Response::new(200, "text/plain; charset=UTF-8", identifier),
        };
        Response { delay, ..response }
    }

    fn result(&self, medium: MediaType, identifier: &str) -> Response {
        match self.state().report(medium, identifier) {
            Some(report) => Response::json(200, &report),
            None => unknown(),
        }
    }

    fn results(&self, medium: MediaType, query: &str) -> Response {
        let decode = |name: &str| name.replace("%5B", "[").replace("%5D", "]");
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        let identifiers: Vec<&str> =
            parameters.filter(|(key, _)| decode(key) == "identifiers[]").map(|(_, value)| value).collect();
        match identifiers.len() {
            0 => Response::message(422, "The identifiers field is required."),
            1..=MAX_IDENTIFIERS => {
                let state = self.state();
                let reports = identifiers.iter().filter_map(|identifier| state.report(medium, identifier));
                let reports: Vec<Value> = reports.collect();
                Response::json(200, &reports.into())
            }
            _ => Response::message(422, "The identifiers field must not have more than 100 items."),
        }
    }

    fn heatmap(&self, identifier: &str) -> Response {
        let state = self.state();
        let submitted = state.submitted.get(identifier).filter(|submitted| submitted.is_done(state.analysis_time));
        match submitted.and_then(|submitted| submitted.analysis.heatmap(identifier)) {
            Some(png) => Response::new(200, "image/png", png),
            None => unknown(),
        }
    }

    fn force(&self, medium: MediaType, hash: &str, body: &mut dyn Read) -> Response {
        let body: Value = serde_json::from_reader(body.take(1024)).unwrap_or_default();
        let Some(classification @ ("human" | "artificial")) = body.get("classification").and_then(Value::as_str) else {
            return Response::error(400, "The classification field must be human or artificial.");
        };
        let mut state = self.state();
        let hash = hash.to_ascii_lowercase();
        let is_of_file = |analysis: &Analysis| analysis.medium == medium && analysis.hash == hash;
        if !state.submitted.values().any(|submitted| is_of_file(&submitted.analysis)) {
            return unknown();
        }
        let response = json!({ "classification": classification, "type": medium.as_str(), "hash": hash });
        state.forced.insert((medium, hash), classification.to_owned());
        Response::json(201, &response)
    }
}

impl State {
    /// Spends credits. Returns `false` if the account does not have enough.
    fn spend(&mut self, credits: u64) -> bool {
        let Some(left) = self.credits.checked_sub(credits) else { return false };
        self.credits = left;
        self.spent += credits;
        true
    }

    fn submit_tickets(&mut self, form: &Form) -> Result<Response, String> {
        let batch = Batch::from_form(form)?;
        if !self.spend(batch.tickets()) {
            return Ok(submit::no_credits());
        }
        self.submits += 1;
        Ok(self.batches.add(batch))
    }

    #[expect(clippy::indexing_slicing, reason = "a report is an object")]
    fn report(&self, medium: MediaType, identifier: &str) -> Option<Value> {
        let submitted = self.submitted.get(identifier).filter(|submitted| submitted.analysis.medium == medium)?;
        let mut report = if submitted.is_done(self.analysis_time) {
            submitted.analysis.done(identifier)
        } else {
            submitted.analysis.pending(identifier)
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
