//! `identifai classify`: submit each URL, print each identifier, or each verdict.

use identifai::{Client, Error, ErrorKind, Identifier, Image, Submission};
use serde_json::json;

use crate::args::{Classify, Global};
use crate::connect::connect;
use crate::output::{self, Line, Printer};
use crate::results::print_each;

/// Runs the command and returns its exit status.
pub(crate) fn run(global: &Global, arguments: &Classify) -> u8 {
    let jobs: Vec<_> = arguments.inputs.iter().map(|input| job(arguments, input)).collect();
    // All of them first: nothing is paid for on a command line that is wrong.
    for (index, (input, job)) in arguments.inputs.iter().zip(&jobs).enumerate() {
        let place = format!("argument {}", index + 1);
        if !input.contains("://") {
            let hint = format!("{place} is no URL (it has no ://); this version submits URLs, not files");
            return output::unusable(&hint);
        }
        if let Err(error) = job.check() {
            return output::unusable(&format!("{place}: {}", output::chain(&error)));
        }
    }
    let connected = match connect(global, arguments.wait_timeout) {
        Ok(connected) => connected,
        Err(reason) => return output::unusable(&reason),
    };
    let printer = Printer::new(global.json, &arguments.inputs).of_submits();
    if arguments.wait {
        submit_and_wait(&connected.client, &jobs, printer)
    } else {
        submit(&connected.client, &jobs, printer)
    }
}

/// Prints an identifier as soon as it is there.
fn submit(client: &Client, jobs: &[Submission<Image>], mut printer: Printer<'_>) -> u8 {
    for (index, job) in jobs.iter().enumerate() {
        let outcome = client.submit(job).map(Identifier::from);
        // What was paid for must not get lost with the pipe, and nothing more be paid for that nobody reads.
        let paid = outcome.as_ref().map_or(String::new(), |identifier| format!("; submitted as {identifier}"));
        let outcome = outcome.map(|id| Line { text: id.to_string(), json: json!({ "identifier": id }) });
        if let Err(error) = printer.print(index, outcome.as_ref()) {
            return printer.unread(&error, &paid);
        }
        if is_cancelled(&outcome) {
            break;
        }
    }
    printer.status
}

/// Submits all before it waits for the first, since they are analysed side by side; results come in the order of the
/// command line. What was paid for is said at once, should the wait be broken off.
fn submit_and_wait(client: &Client, jobs: &[Submission<Image>], printer: Printer<'_>) -> u8 {
    let mut submitted = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        let outcome = client.submit(job);
        if let Ok(sent) = &outcome {
            output::note(&format!("{}submitted as {}", printer.label(index), sent.identifier()));
        }
        let cancelled = is_cancelled(&outcome);
        submitted.push(outcome);
        if cancelled {
            break;
        }
    }
    print_each(printer, submitted.into_iter().map(|sent| sent.and_then(|sent| client.wait(&sent))))
}

fn is_cancelled<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled)
}

fn job(arguments: &Classify, input: &str) -> Submission<Image> {
    let mut job = Image::from_url(input);
    if let Some(ref_id) = &arguments.ref_id {
        job = job.ref_id(ref_id);
    }
    if let Some(webhook_url) = &arguments.webhook_url {
        job = job.webhook_url(webhook_url);
    }
    if let Some(on) = arguments.with_morphing {
        job = job.with_morphing(on);
    }
    if let Some(on) = arguments.with_tampering {
        job = job.with_tampering(on);
    }
    if let Some(on) = arguments.with_heatmap {
        job = job.with_heatmap(on);
    }
    if let Some(on) = arguments.with_nsfw {
        job = job.with_nsfw(on);
    }
    if let Some(on) = arguments.no_cache {
        job = job.no_cache(on);
    }
    if let Some(on) = arguments.prevent_c2pa_forces {
        job = job.prevent_c2pa_forces(on);
    }
    job
}
