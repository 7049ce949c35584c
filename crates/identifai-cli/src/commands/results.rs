//! `identifai result`, `wait`, `heatmap` and `override`: commands about earlier submissions.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::slice;

use identifai::{AnyReport, Classification, ErrorKind, Identifier, MediaType, State, Submitted};
use serde_json::json;

use crate::args::{Class, Global, Heatmap, Identifiers, MediumFlags, Override, WaitFor};
use crate::atomic_file::write_atomically;
use crate::cli_error::CliError;
use crate::client::connect;
use crate::exit_status::ExitStatus;
use crate::output;
use crate::printer::{Line, Printer};
use crate::submission::{results_of, submitted};

/// Runs `identifai result`.
pub(crate) fn result(global: &Global, arguments: &Identifiers) -> Result<ExitStatus, CliError> {
    let identifiers = parse(&arguments.inputs)?;
    let connected = connect(global, None)?;
    let printer = Printer::new(global.json, &arguments.inputs);
    let medium = arguments.medium.chosen().unwrap_or(MediaType::Image);
    let reports = results_of(&connected.client, &submitted(medium, identifiers));
    let reports = reports.map_err(|error| printer.all_failed(&error))?;
    print_each_of(&arguments.medium, printer, reports)
}

/// Runs `identifai wait`.
pub(crate) fn wait(global: &Global, arguments: &WaitFor) -> Result<ExitStatus, CliError> {
    let Identifiers { inputs, medium } = &arguments.identifiers;
    let identifiers = parse(inputs)?;
    let connected = connect(global, arguments.wait_timeout)?;
    let submitted = submitted(medium.chosen().unwrap_or(MediaType::Image), identifiers);
    let reports = submitted.iter().map(|submitted| connected.client.wait_any(submitted));
    print_each_of(medium, Printer::new(global.json, inputs), reports)
}

/// Prints reports as they arrive. If a report is not found and no medium was named, prints a hint.
fn print_each_of(
    medium: &MediumFlags,
    printer: Printer<'_>,
    reports: impl IntoIterator<Item = identifai::Result<AnyReport>>,
) -> Result<ExitStatus, CliError> {
    let mut is_any_missing = false;
    let note_missing = |report: &identifai::Result<AnyReport>| {
        is_any_missing |= report.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound);
    };
    let status = print_each(printer, reports.into_iter().inspect(note_missing))?;
    if is_any_missing && medium.chosen().is_none() {
        output::note("only images were searched; pass --video or --audio for another medium");
    }
    Ok(status)
}

/// Prints reports as they arrive.
pub(crate) fn print_each(
    mut printer: Printer<'_>,
    reports: impl IntoIterator<Item = identifai::Result<AnyReport>>,
) -> Result<ExitStatus, CliError> {
    for (index, report) in reports.into_iter().enumerate() {
        if report.as_ref().is_ok_and(|report| *report.state() == State::Errored) {
            printer.status.raise(ExitStatus::AnalysisFailed);
        }
        printer.print(index, report.map(|report| Line::from(&report)).as_ref())?;
    }
    Ok(printer.status)
}

/// Runs `identifai heatmap`.
pub(crate) fn heatmap(global: &Global, arguments: &Heatmap) -> Result<ExitStatus, CliError> {
    let Heatmap { input, output } = arguments;
    let to_stdout = output == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        let hint = "--output: cannot write a PNG to a terminal; name a file, or redirect standard output";
        return Err(CliError::Usage(hint.to_owned()));
    }
    let sent = Submitted::new(parse_one(0, input)?);
    let connected = connect(global, None)?;
    let printer = Printer::new(global.json, slice::from_ref(input));
    let heatmap = connected.client.heatmap(&sent).map_err(|error| printer.all_failed(&error))?;
    if to_stdout {
        heatmap.write_to(io::stdout().lock()).map_err(|error| printer.output_error(error))?;
        return Ok(ExitStatus::Done);
    }
    write_atomically(output, heatmap.as_bytes())
        .map_err(|error| printer.not_written(&format!("--output: cannot write the heatmap: {error}")))?;
    let (width, height, bytes) = (heatmap.width(), heatmap.height(), heatmap.as_bytes().len());
    let path = output.display().to_string();
    let json = json!({ "identifier": input, "output": path, "width": width, "height": height, "bytes": bytes });
    let text = format!("{input} heatmap of {width} x {height} pixels written");
    printer.print_only(Ok(Line { text, json: json.to_string() }))
}

/// Runs `identifai override`.
pub(crate) fn override_verdict(global: &Global, arguments: &Override) -> Result<ExitStatus, CliError> {
    let Override { hash, classification, medium } = arguments;
    let connected = connect(global, None)?;
    let classification = match classification {
        Class::Human => Classification::Human,
        Class::Artificial => Classification::Artificial,
    };
    let medium = medium.chosen().unwrap_or(MediaType::Image);
    let outcome = connected.client.override_verdict(medium, hash, &classification);
    Printer::new(global.json, slice::from_ref(hash)).print_only(outcome.map(|()| Line {
        text: format!("{hash} is now {classification}"),
        json: json!({ "hash": hash, "classification": classification, "type": medium }).to_string(),
    }))
}

fn parse(inputs: &[String]) -> Result<Vec<Identifier>, CliError> {
    inputs.iter().enumerate().map(|(index, input)| parse_one(index, input)).collect()
}

/// Parses an identifier on the command line. The error does not repeat it, because it may be the API key.
fn parse_one(index: usize, input: &str) -> Result<Identifier, CliError> {
    let position = index + 1;
    if input.contains("://") {
        return Err(CliError::Usage(format!(
            "argument {position}: must be an identifier, not a URL; use `identifai classify --wait URL` to submit a URL"
        )));
    }
    input.parse().map_err(|error| CliError::Usage(format!("argument {position}: {error}")))
}
