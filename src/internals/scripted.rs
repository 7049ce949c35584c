//! Clients with a fake clock and scripted responses.

use std::sync::Arc;
use std::time::Duration;

use crate::api_key::ApiKey;
use crate::call::fake::{FakeClock, Scripted, TimedOutcome, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::client::Client;
use crate::config::Settings;
use crate::http::request::{Method, Request};
use crate::model::medium::Image;

/// A response: a JSON body, or a status code and seconds of `Retry-After`.
pub type ScriptedResponse = Result<String, (u16, Option<u64>)>;

/// Builds a client with scripted responses and a fake clock, on which sleeping takes no real time.
///
/// `script` receives the method of each request and the fake time that has passed. Also returns a function that returns
/// this time.
#[allow(clippy::missing_panics_doc, clippy::unwrap_used)] // The configuration is valid.
pub fn client(
    key: &str,
    rate_limit: RateLimit,
    mut script: impl FnMut(&'static str, Duration) -> ScriptedResponse + Send + 'static,
) -> (Client, impl Fn() -> Duration) {
    let clock = FakeClock::new(|_| ());
    let script_clock = Arc::clone(&clock);
    let (caller, _) = Scripted::caller(&clock, move |request| {
        let method = if request.method == Method::Get { "GET" } else { "POST" };
        match script(method, script_clock.passed()) {
            Ok(body) => json(&body),
            Err((code, retry_after)) => status(code, retry_after),
        }
    });
    let mut settings = Settings::new(ApiKey::new(key));
    settings.options.rate_limit = rate_limit;
    settings.options.timeout = Some(Duration::from_secs(300));
    (Client::over(Arc::new(caller), &settings).unwrap(), move || clock.passed())
}

/// Sends `count` images through a batch with at most `in_flight` jobs at a time, and returns the number of reports.
///
/// The clock is fake, and the scripted service finishes each image before its first poll.
pub fn batch(count: usize, in_flight: usize) -> usize {
    let mut submitted = 0_u64;
    let (caller, _) = Scripted::caller(&FakeClock::new(|_| ()), move |request| respond(&mut submitted, request));
    let mut settings = Settings::new(ApiKey::new("bench"));
    settings.options.rate_limit = RateLimit::unlimited();
    let Ok(client) = Client::over(Arc::new(caller), &settings) else { return 0 };
    let jobs = (0..count).map(|number| Image::from_url(format!("https://example.com/{number}.jpg")));
    client.batch(jobs).in_flight(in_flight).filter(|outcome| outcome.result.is_ok()).count()
}

fn respond(submitted: &mut u64, request: &Request<'_>) -> TimedOutcome {
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
