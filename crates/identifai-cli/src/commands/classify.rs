//! `identifai classify`: submit each file and URL, print each identifier, or each verdict.

use identifai::{AnySubmission, AnySubmitted, Error, ErrorKind};
use serde_json::json;

use super::results::print_each;
use crate::args::{Classify, Global};
use crate::cli_error::CliError;
use crate::client::{Connected, connect};
use crate::exit_status::ExitStatus;
use crate::ledger::{Entry, State};
use crate::names::shown;
use crate::output;
use crate::printer::{Line, Printer};
use crate::submission::{self, Checked};

/// Runs the command.
pub(crate) fn run(global: &Global, arguments: &Classify) -> Result<ExitStatus, CliError> {
    if arguments.inputs.iter().filter(|input| *input == "-").count() > 1 {
        return Err(CliError::Usage("standard input can be read once, so there can be one `-`".to_owned()));
    }
    // All of them first: nothing is paid for on a command line that is wrong.
    let (mut jobs, mut notes) = (Vec::new(), Vec::new());
    for (index, input) in arguments.inputs.iter().enumerate() {
        let job = submission::from_argument(&arguments.options, arguments.medium.chosen(), input);
        let place = format!("argument {}", index + 1);
        let Checked { submission, note } = job.map_err(|reason| CliError::Usage(format!("{place}: {reason}")))?;
        notes.extend(note.map(|note| format!("{place}: {note}")));
        jobs.push(submission);
    }
    let connected = connect(global, arguments.wait_timeout)?;
    let inputs: Vec<_> =
        arguments.inputs.iter().map(|input| connected.key.redact(&shown(input)).into_owned()).collect();
    for note in &notes {
        output::note(&connected.key.redact(note));
    }
    let printer = Printer::new(global.json, &inputs).of_submits(&connected.ledger);
    for (index, (job, input)) in jobs.iter().zip(&inputs).enumerate() {
        let (place, what) = (printer.label(index), job.media_type().as_str());
        connected.ledger.add(index as u64, Entry { place, what, input: input.clone(), state: State::NotSent });
    }
    if arguments.wait { submit_and_wait(&connected, &jobs, printer) } else { submit(&connected, &jobs, printer) }
}

/// Prints an identifier as soon as it is there.
fn submit(connected: &Connected, jobs: &[AnySubmission], mut printer: Printer<'_>) -> Result<ExitStatus, CliError> {
    for (index, job) in jobs.iter().enumerate() {
        let outcome = submit_one(connected, index, job).map(|sent| sent.identifier().clone());
        let cancelled = is_cancelled(&outcome);
        let outcome = outcome.map(|id| Line { text: id.to_string(), json: json!({ "identifier": id }).to_string() });
        // Nothing more is paid for that nobody reads.
        printer.print(index, outcome.as_ref())?;
        if cancelled {
            break;
        }
    }
    Ok(printer.status)
}

/// Submits all before it waits for the first, since they are analysed side by side; results come in the order of the
/// command line. What was paid for is said at once, should the wait be broken off.
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

/// Submits an item, of which the ledger knows before and after.
fn submit_one(connected: &Connected, index: usize, job: &AnySubmission) -> Result<AnySubmitted, Error> {
    connected.ledger.set(index as u64, State::MaybeSubmitted);
    let outcome = submission::submit(&connected.client, job);
    connected.ledger.settle(index as u64, outcome.as_ref().map(AnySubmitted::identifier));
    outcome
}

fn is_cancelled<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled)
}
