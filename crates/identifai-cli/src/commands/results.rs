//! `identifai result`, `wait`, `heatmap` and `override`: what becomes of what was submitted.

use std::io::{self, IsTerminal, Write as _};
use std::path::Path;

use identifai::{AnyReport, Classification, ErrorKind, Identifier, Result, State, Submitted};
use serde_json::json;

use crate::args::{Class, Global, Heatmap, Identifiers, MediumFlags, Override, WaitFor};
use crate::client::{Connected, connect};
use crate::html;
use crate::output::{self, Line, Printer};
use crate::submission::{self, Medium};

/// `identifai result`; returns the exit status, as all of these do.
pub(crate) fn result(global: &Global, arguments: &Identifiers) -> u8 {
    let (identifiers, connected) = match prepare(&arguments.inputs, || connect(global, None)) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    let printer = Printer::new(global.json, &arguments.inputs);
    let medium = arguments.medium.chosen().unwrap_or(Medium::Image);
    match submission::results_of(&connected.client, medium, identifiers) {
        Ok(reports) => print_each_of(&arguments.medium, printer, reports),
        Err(error) => printer.all_failed(&error),
    }
}

/// `identifai wait`.
pub(crate) fn wait(global: &Global, arguments: &WaitFor) -> u8 {
    let Identifiers { inputs, medium } = &arguments.identifiers;
    let (identifiers, connected) = match prepare(inputs, || connect(global, arguments.wait_timeout)) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    let chosen = medium.chosen().unwrap_or(Medium::Image);
    let reports = submission::wait_for(&connected.client, chosen, identifiers);
    print_each_of(medium, Printer::new(global.json, inputs), reports)
}

/// The same as [`print_each`], with a hint for who did not say of which medium they are.
fn print_each_of(
    medium: &MediumFlags,
    printer: Printer<'_>,
    reports: impl IntoIterator<Item = Result<AnyReport>>,
) -> u8 {
    let mut is_one_missing = false;
    let see = |report: &Result<AnyReport>| {
        is_one_missing |= report.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound);
    };
    let status = print_each(printer, reports.into_iter().inspect(see));
    if is_one_missing && medium.chosen().is_none() {
        output::note("it was looked for among images; --video looks among videos, and --audio among recordings");
    }
    status
}

/// Prints reports as they come.
pub(crate) fn print_each(mut printer: Printer<'_>, reports: impl IntoIterator<Item = Result<AnyReport>>) -> u8 {
    for (index, report) in reports.into_iter().enumerate() {
        if report.as_ref().is_ok_and(|report| *report.state() == State::Errored) {
            printer.status = printer.status.max(output::ANALYSIS_FAILED);
        }
        if let Err(error) = printer.print(index, report.map(|report| output::report(&report)).as_ref()) {
            return printer.unread(&error);
        }
    }
    printer.status
}

/// `identifai heatmap`.
pub(crate) fn heatmap(global: &Global, arguments: &Heatmap) -> u8 {
    let inputs = std::slice::from_ref(&arguments.input);
    let to_stdout = arguments.output == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        let hint = "--output: a PNG is nothing for a terminal; name a file, or redirect standard output";
        return output::usage_error(hint);
    }
    let (identifiers, connected) = match prepare(inputs, || connect(global, None)) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    let printer = Printer::new(global.json, inputs);
    let mut heatmaps = identifiers.into_iter().map(|identifier| connected.client.heatmap(&Submitted::new(identifier)));
    let heatmap = match heatmaps.next() {
        Some(Ok(heatmap)) => heatmap,
        Some(Err(error)) => return printer.all_failed(&error),
        None => return output::usage_error("IDENTIFIER is missing"),
    };
    if to_stdout {
        return match heatmap.write_to(io::stdout().lock()) {
            Ok(()) => printer.status,
            Err(error) => printer.unread(&error),
        };
    }
    if let Err(error) = write_whole(&arguments.output, heatmap.as_bytes()) {
        return printer.not_written(&format!("--output: cannot write the heatmap: {error}"));
    }
    let (width, height, bytes) = (heatmap.width(), heatmap.height(), heatmap.as_bytes().len());
    let path = arguments.output.display().to_string();
    let line = Line {
        text: format!("{} heatmap of {width} x {height} pixels written", arguments.input),
        json: json!({
            "identifier": arguments.input, "output": path, "width": width, "height": height, "bytes": bytes,
        })
        .to_string(),
    };
    printer.print_only(&line)
}

/// Writes a file whole or not at all, as a disk may be full. What is not a regular file is written to in place.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, bytes);
    }
    // A file may be writable in a directory that is not.
    let Ok(mut file) = html::begun(path, 0o666) else { return std::fs::write(path, bytes) };
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// `identifai override`.
pub(crate) fn override_verdict(global: &Global, arguments: &Override) -> u8 {
    let connected = match connect(global, None) {
        Ok(connected) => connected,
        Err(reason) => return output::usage_error(&reason),
    };
    let inputs = std::slice::from_ref(&arguments.hash);
    let printer = Printer::new(global.json, inputs);
    let classification = match arguments.classification {
        Class::Human => Classification::Human,
        Class::Artificial => Classification::Artificial,
    };
    let medium = arguments.medium.chosen().unwrap_or(Medium::Image);
    if let Err(error) = submission::override_verdict(&connected.client, medium, &arguments.hash, &classification) {
        return printer.all_failed(&error);
    }
    let line = Line {
        text: format!("{} is {classification} from now on", arguments.hash),
        json: json!({ "hash": arguments.hash, "classification": classification, "type": medium.name() }).to_string(),
    };
    printer.print_only(&line)
}

/// Takes identifiers from the command line, and connects. What is wrong is said, but not repeated: it may be the key.
fn prepare(
    inputs: &[String],
    connect: impl FnOnce() -> Result<Connected, String>,
) -> Result<(Vec<Identifier>, Connected), u8> {
    let mut identifiers = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let place = index + 1;
        if input.contains("://") {
            let hint = format!("argument {place} is a URL; `identifai classify --wait URL` submits one");
            return Err(output::usage_error(&hint));
        }
        let identifier = input.parse().map_err(|error| output::usage_error(&format!("argument {place}: {error}")))?;
        identifiers.push(identifier);
    }
    let connected = connect().map_err(|reason| output::usage_error(&reason))?;
    Ok((identifiers, connected))
}
