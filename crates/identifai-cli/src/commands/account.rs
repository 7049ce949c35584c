//! `identifai credits` and `health`: what the account has left, and how the service is.

use identifai::HealthStatus;

use crate::args::Global;
use crate::client::{connect, connect_without_key};
use crate::output::{self, Line, Printer};

/// `identifai credits`; returns the exit status, as both of these do.
pub(crate) fn credits(global: &Global) -> u8 {
    let connected = match connect(global, None) {
        Ok(connected) => connected,
        Err(reason) => return output::usage_error(&reason),
    };
    let printer = Printer::new(global.json, &[]);
    let credits = match connected.client.credits() {
        Ok(credits) => credits,
        Err(error) => return printer.all_failed(&error),
    };
    let spent = credits.spent().map_or(String::new(), |spent| format!(", {spent} spent"));
    let text = format!("{} left{spent}", credits.available());
    printer.print_only(&Line { text, json: credits.raw_json().to_owned() })
}

/// `identifai health`. Who watches a service wants to hear of anything that is not ok.
pub(crate) fn health(global: &Global) -> u8 {
    let connected = match connect_without_key(global) {
        Ok(connected) => connected,
        Err(reason) => return output::usage_error(&reason),
    };
    let mut printer = Printer::new(global.json, &[]);
    let health = match connected.client.health() {
        Ok(health) => health,
        Err(error) => return printer.all_failed(&error),
    };
    if *health.status() != HealthStatus::Ok {
        printer.status = output::FAILED;
    }
    let text = output::shown(health.status().as_str());
    printer.print_only(&Line { text, json: health.raw_json().to_owned() })
}
