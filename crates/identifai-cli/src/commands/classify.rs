//! `identifai classify`: submits files and URLs, and prints their identifiers or verdicts.

use identifai::{AnySubmission, AnySubmitted, Error, ErrorKind};
use serde_json::json;

use super::results::print_each;
use crate::args::{Classify, Global};
use crate::cli_error::CliError;
use crate::client::{Connected, connect};
use crate::exit_status::ExitStatus;
use crate::ledger::{Entry, State};
use crate::names::display;
use crate::output;
use crate::printer::{Line, Printer};
use crate::stdin;
use crate::submission::{self, Checked};

/// Runs the command.
pub(crate) fn run(global: &Global, arguments: &Classify) -> Result<ExitStatus, CliError> {
    stdin::check_given_once(&arguments.inputs).map_err(CliError::Usage)?;
    // All arguments are checked before the first submit, so an invalid command line costs nothing.
    let (mut jobs, mut notes) = (Vec::new(), Vec::new());
    for (index, input) in arguments.inputs.iter().enumerate() {
        let job = submission::from_argument(&arguments.options, arguments.medium.chosen(), input);
        let position = format!("argument {}", index + 1);
        let Checked { submission, note } = job.map_err(|reason| CliError::Usage(format!("{position}: {reason}")))?;
        notes.extend(note.map(|note| format!("{position}: {note}")));
        jobs.push(submission);
    }
    let connected = connect(global, arguments.wait_timeout)?;
    let inputs: Vec<_> =
        arguments.inputs.iter().map(|input| connected.key.redact(&display(input)).into_owned()).collect();
    for note in &notes {
        output::note(&connected.key.redact(note));
    }
    let printer = Printer::new(global.json, &inputs).of_submits(&connected.ledger);
    for (index, (job, input)) in jobs.iter().zip(&inputs).enumerate() {
        let (position, kind) = (printer.label(index), job.media_type().as_str());
        connected.ledger.add(index as u64, Entry { position, kind, input: input.clone(), state: State::NotSent });
    }
    if arguments.wait { submit_and_wait(&connected, &jobs, printer) } else { submit(&connected, &jobs, printer) }
}

/// Submits all items, and prints each identifier as soon as it is known.
fn submit(connected: &Connected, jobs: &[AnySubmission], mut printer: Printer<'_>) -> Result<ExitStatus, CliError> {
    for (index, job) in jobs.iter().enumerate() {
        let outcome = submit_one(connected, index, job).map(|sent| sent.identifier().clone());
        let cancelled = is_cancelled(&outcome);
        let outcome = outcome.map(|id| Line { text: id.to_string(), json: json!({ "identifier": id }).to_string() });
        // If the identifier cannot be printed, nothing more is submitted and paid for.
        printer.print(index, outcome.as_ref())?;
        if cancelled {
            break;
        }
    }
    Ok(printer.status)
}

/// Submits all items before it waits for the first one, because the service analyses them in parallel. Verdicts are
/// printed in the order of the command line. Each identifier is reported on standard error at once, because the wait
/// may be interrupted.
fn submit_and_wait(
    connected: &Connected,
    jobs: &[AnySubmission],
    printer: Printer<'_>,
) -> Result<ExitStatus, CliError> {
    let mut submitted = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        let outcome = submit_one(connected, index, job);
        if let Ok(sent) = &outcome {
            output::note(&format!("{}submitted as {}", printer.label(index), sent.identifier()));
        }
        let cancelled = is_cancelled(&outcome);
        submitted.push(outcome);
        if cancelled {
            break;
        }
    }
    print_each(printer, submitted.into_iter().map(|sent| sent.and_then(|sent| connected.client.wait_any(&sent))))
}

/// Submits an item, and records its state in the ledger before and after.
fn submit_one(connected: &Connected, index: usize, job: &AnySubmission) -> Result<AnySubmitted, Error> {
    connected.ledger.set(index as u64, State::MaybeSubmitted);
    let outcome = submission::submit(&connected.client, job);
    connected.ledger.set_outcome(index as u64, outcome.as_ref().map(AnySubmitted::identifier));
    outcome
}

fn is_cancelled<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled)
}
