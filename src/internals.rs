//! Parts of the library that benches, fuzzing and the sandbox's own tests look at. Not an API.

use std::sync::Arc;
use std::time::Duration;

use crate::api::multipart::{Boundary, Form};
use crate::api::{identifier, parse as answer};
use crate::api_key::ApiKey;
use crate::call::fake::{FakeClock, Scripted, Try, json, status};
use crate::call::rate_limit::config::Pace;
use crate::client::Client;
use crate::config::Settings;
use crate::error::Result;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::model::identifier::Identifier;
use crate::model::medium::Image;
use crate::model::report::image::ImageReport;

/// A form of text fields, as it goes out.
pub fn form(fields: &[(&'static str, &str)]) -> impl Sized + use<> {
    let mut form = Form::default();
    for (name, value) in fields {
        form.text(name, *value);
    }
    form.encode(Boundary::random(), "", Vec::new())
}

/// The identifier in the answer to a submit.
pub fn identifier(content_type: &str, body: Vec<u8>) -> Result<Identifier> {
    identifier::identifier(response(content_type, body))
}

/// The reports in the answer to a question for many images.
pub fn reports(body: Vec<u8>) -> Result<Vec<ImageReport>> {
    answer::reports(response("application/json", body), |_| true)
}

fn response(content_type: &str, body: Vec<u8>) -> Response {
    Response { status: 200, content_type: Some(content_type.to_owned()), body, framed: true, ..Response::default() }
}

/// A response as a script gives it: a JSON body, or a status code and seconds of `Retry-After`.
pub type ScriptedResponse = std::result::Result<String, (u16, Option<u64>)>;

/// Builds a client whose responses come from `script`, which is given the method and the fake time that passed; and a
/// function that returns that time. Sleeping takes no real time.
#[allow(clippy::missing_panics_doc, clippy::unwrap_used)] // The configuration is valid.
pub fn scripted_client(
    key: &str,
    pace: Pace,
    mut script: impl FnMut(&'static str, Duration) -> ScriptedResponse + Send + 'static,
) -> (Client, impl Fn() -> Duration) {
    let clock = FakeClock::new(|_| ());
    let of_script = Arc::clone(&clock);
    let (exchange, _) = Scripted::exchange(&clock, move |request| {
        let method = if request.method == Method::Get { "GET" } else { "POST" };
        match script(method, of_script.passed()) {
            Ok(body) => json(&body),
            Err((code, retry_after)) => status(code, retry_after),
        }
    });
    let mut settings = Settings::new(ApiKey::new(key));
    settings.terms.pace = pace;
    settings.terms.timeout = Some(Duration::from_secs(300));
    (Client::over(Arc::new(exchange), &settings).unwrap(), move || clock.passed())
}

/// Sends so many images through a batch that has room for `in_flight`, and returns how many came back with a report.
/// Time is not real, and the service is done with each image at the first look.
pub fn batch(count: usize, in_flight: usize) -> usize {
    let mut submitted = 0_u64;
    let (exchange, _) = Scripted::exchange(&FakeClock::new(|_| ()), move |request| answer(&mut submitted, request));
    let mut settings = Settings::new(ApiKey::new("bench"));
    settings.terms.pace = Pace::off();
    let Ok(client) = Client::over(Arc::new(exchange), &settings) else { return 0 };
    let jobs = (0..count).map(|number| Image::from_url(format!("https://example.com/{number}.jpg")));
    client.batch(jobs).in_flight(in_flight).filter(|outcome| outcome.result.is_ok()).count()
}

fn answer(submitted: &mut u64, request: &Request<'_>) -> Try {
    let (outcome, _) = match request.method {
        Method::Post => {
            *submitted = submitted.saturating_add(1);
            json(&format!(r#"{{"identifier":"{submitted:064x}"}}"#))
        }
        Method::Get | Method::Delete => {
            let (mut list, mut separator) = (String::new(), '[');
            for identifier in request.path.split("identifiers[]=").skip(1) {
                list.push(separator);
                list += r#"{"identifier":""#;
                list += identifier.trim_end_matches('&');
                list += r#"","status":"done","verdict":{"classification":"human","confidence":0.9}}"#;
                separator = ',';
            }
            list.push(']');
            json(&list)
        }
    };
    (outcome, Duration::from_millis(1))
}
