//! `identifai classify`: submit each URL, print each identifier.

use identifai::{ErrorKind, Identifier, Image, Submission};
use serde_json::json;

use crate::args::{Classify, Global};
use crate::connect::connect;
use crate::output;

/// Runs the command and returns its exit status.
pub(crate) fn run(global: &Global, arguments: &Classify) -> u8 {
    // All of them first: nothing is paid for on a command line that is wrong.
    if let Some(at) = arguments.inputs.iter().position(|input| !input.contains("://")) {
        output::note(&format!("argument {} is no URL (it has no ://); this version submits URLs, not files", at + 1));
        return output::USAGE;
    }
    let connected = match connect(global) {
        Ok(connected) => connected,
        Err(reason) => {
            output::note(&reason);
            return output::USAGE;
        }
    };
    let mut status = output::DONE;
    for (index, input) in arguments.inputs.iter().enumerate() {
        let outcome = connected.client.submit(&job(arguments, input)).map(Identifier::from);
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
    type Set<T> = fn(Submission<Image>, T) -> Submission<Image>;
    let texts: [(&Option<String>, Set<String>); 2] = [
        (&arguments.ref_id, |job, text| job.ref_id(text)),
        (&arguments.webhook_url, |job, text| job.webhook_url(text)),
    ];
    let switches: [(Option<bool>, Set<bool>); 6] = [
        (arguments.with_morphing, |job, on| job.with_morphing(on)),
        (arguments.with_tampering, |job, on| job.with_tampering(on)),
        (arguments.with_heatmap, |job, on| job.with_heatmap(on)),
        (arguments.with_nsfw, |job, on| job.with_nsfw(on)),
        (arguments.no_cache, |job, on| job.no_cache(on)),
        (arguments.prevent_c2pa_forces, |job, on| job.prevent_c2pa_forces(on)),
    ];
    let mut job = Image::from_url(input);
    for (text, set) in texts {
        if let Some(text) = text {
            job = set(job, text.clone());
        }
    }
    for (switch, set) in switches {
        if let Some(on) = switch {
            job = set(job, on);
        }
    }
    job
}
