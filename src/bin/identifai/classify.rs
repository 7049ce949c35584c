//! `identifai classify`: submit each URL, print each identifier.

use identifai::{ErrorKind, Identifier, Image, Submission};
use serde_json::json;

use crate::args::{Classify, Global};
use crate::connect::connect;
use crate::output;

/// Runs the command and returns its exit status.
pub(crate) fn run(global: &Global, arguments: &Classify) -> u8 {
    let jobs: Vec<_> = arguments.inputs.iter().map(|input| job(arguments, input)).collect();
    // All of them first: nothing is paid for on a command line that is wrong.
    for (index, (input, job)) in arguments.inputs.iter().zip(&jobs).enumerate() {
        let place = format!("argument {}", index + 1);
        if !input.contains("://") {
            output::note(&format!("{place} is no URL (it has no ://); this version submits URLs, not files"));
            return output::USAGE;
        }
        if let Err(error) = job.check() {
            output::note(&format!("{place}: {}", output::chain(&error)));
            return output::USAGE;
        }
    }
    let connected = match connect(global) {
        Ok(connected) => connected,
        Err(reason) => {
            output::note(&reason);
            return output::USAGE;
        }
    };
    let mut status = output::DONE;
    for (index, (input, job)) in arguments.inputs.iter().zip(&jobs).enumerate() {
        let outcome = connected.client.submit(job).map(Identifier::from);
        let printed = match &outcome {
            Ok(identifier) if global.json => output::result(&json!({ "identifier": identifier }).to_string()),
            Ok(identifier) => output::result(identifier.as_str()),
            Err(error) if global.json => output::result(&output::failed_item(input, error).to_string()),
            Err(error) => {
                output::note(&format!("{}{}", label(arguments, index), output::chain(error)));
                Ok(())
            }
        };
        if let Err(error) = &outcome {
            status = status.max(output::status(error));
        }
        if let Err(error) = printed {
            // What was paid for must not get lost with the pipe, and nothing more be paid for that nobody reads.
            let paid = outcome.as_ref().map_or(String::new(), |identifier| format!("; submitted as {identifier}"));
            output::note(&format!("cannot write the result: {error}{paid}"));
            return status.max(output::FAILED);
        }
        if outcome.is_err_and(|error| error.kind() == ErrorKind::Cancelled) {
            break;
        }
    }
    status
}

/// Which of several items a message is about: by its place, as URLs hold secrets.
fn label(arguments: &Classify, index: usize) -> String {
    match arguments.inputs.len() {
        1 => String::new(),
        _ => format!("item {}: ", index + 1),
    }
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
