//! `identifai tickets`: submits receipts and similar documents as one batch, and prints verdicts about manipulation.

use std::ffi::OsStr;

use identifai::{
    Identifier, MediaType, Result, SubmittedTickets, Ticket, TicketLists, TicketReport, Tickets, TicketsReport,
};

use crate::args::{self, Global, Lists};
use crate::cli_error::CliError;
use crate::client::connect;
use crate::exit_status::ExitStatus;
use crate::ledger::{Entry, State, TICKETS};
use crate::output::{self, escape};
use crate::printer::{Line, Printer};
use crate::stdin::{self, Spooled};
use crate::submission::correction;
use crate::{names, upload_bar};

/// Runs the command.
pub(crate) fn run(global: &Global, arguments: &args::Tickets) -> Result<ExitStatus, CliError> {
    match &arguments.batch {
        Some(batch) => print_batch(global, arguments, batch),
        None => submit(global, arguments),
    }
}

/// Prints the state of a batch that was submitted earlier.
fn print_batch(global: &Global, arguments: &args::Tickets, batch: &Identifier) -> Result<ExitStatus, CliError> {
    let connected = connect(global, arguments.wait_timeout)?;
    let inputs = [batch.to_string()];
    let client = &connected.client;
    let report = if arguments.wait { client.wait_for_tickets(batch) } else { client.tickets(batch) };
    print(Printer::new(global.json, &inputs), report)
}

fn submit(global: &Global, arguments: &args::Tickets) -> Result<ExitStatus, CliError> {
    let (tickets, notes) = tickets(arguments).map_err(CliError::Usage)?;
    let connected = connect(global, arguments.wait_timeout)?;
    let inputs: Vec<_> =
        arguments.inputs.iter().map(|input| connected.key.redact(&names::display(input)).into_owned()).collect();
    for note in &notes {
        output::note(&connected.key.redact(note));
    }
    let ledger = &connected.ledger;
    let printer = Printer::new(global.json, &inputs).of_submits(ledger);
    let state = State::MaybeSubmitted;
    ledger.add(0, Entry { position: String::new(), kind: TICKETS, input: inputs.join(", "), state });
    let bar = upload_bar::new();
    let sent = connected.client.submit_tickets(&tickets.on_progress(upload_bar::updates(&bar)));
    ledger.set_outcome(0, sent.as_ref().map(SubmittedTickets::batch));
    bar.finish_and_clear();
    if !arguments.wait {
        return printer.print_only(sent.map(|sent| submitted(&sent)));
    }
    let sent = sent.map_err(|error| printer.all_failed(&error))?;
    // The identifier is printed before the wait, because the wait may be interrupted.
    output::note(&format!("submitted as {}", sent.batch()));
    print(printer, connected.client.wait_for_tickets(sent.batch()))
}

/// Creates the tickets, and a note about each ticket whose file name is corrected.
fn tickets(arguments: &args::Tickets) -> Result<(Tickets, Vec<String>), String> {
    let args::Tickets { inputs, ref_ids, models, no_models, lists, any_format, .. } = arguments;
    if !ref_ids.is_empty() && ref_ids.len() != inputs.len() {
        let (given, wanted) = (ref_ids.len(), inputs.len());
        return Err(format!("--ref-id: {given} given for {wanted} files; pass one for each file, or none"));
    }
    stdin::check_given_once(inputs)?;
    let (mut tickets, mut notes) = (Tickets::new(), Vec::new());
    for (index, input) in inputs.iter().enumerate() {
        let mut ticket = ticket(input).map_err(|reason| format!("argument {}: {reason}", index + 1))?;
        if let Some(ref_id) = ref_ids.get(index) {
            ticket = ticket.ref_id(ref_id);
        }
        ticket = ticket.any_format(*any_format);
        // An error is ignored here, because the submit reports it.
        let name = ticket.corrected_file_name().ok().flatten();
        let note = name.and_then(|name| correction(&name, MediaType::Image));
        notes.extend(note.map(|note| format!("argument {}: {note}", index + 1)));
        tickets = tickets.ticket(ticket);
    }
    if *no_models || !models.is_empty() {
        tickets = tickets.models(models);
    }
    let tickets = match lists {
        Some(Lists::Fields) => tickets.lists(TicketLists::Fields),
        Some(Lists::Commas) | None => tickets,
    };
    Ok((tickets, notes))
}

fn ticket(input: &OsStr) -> Result<Ticket, String> {
    if names::is_url(input) {
        return Err("must be a file, not a URL".to_owned());
    }
    if input != "-" {
        return Ok(Ticket::from_path(input));
    }
    let Spooled { file, len, name, .. } = Spooled::new()?;
    Ok(Ticket::from_reader(file, len).file_name(name))
}

/// Prints the report of a batch.
fn print(mut printer: Printer<'_>, report: Result<TicketsReport>) -> Result<ExitStatus, CliError> {
    if report.as_ref().is_ok_and(|report| report.results().iter().any(TicketReport::has_failed)) {
        printer.status = ExitStatus::AnalysisFailed;
    }
    printer.print_only(report.map(|report| {
        let text = match report.results() {
            [] => format!("{} {report}", report.batch()),
            tickets => tickets.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        Line { text, json: output::json(&report, report.batch(), report.raw_json()) }
    }))
}

/// Formats a submitted batch: its identifier, and a line for each ticket.
fn submitted(sent: &SubmittedTickets) -> Line {
    let mut lines = vec![sent.batch().to_string()];
    for ticket in sent.tickets() {
        let ref_id = ticket.ref_id.as_deref().map_or(String::new(), |ref_id| format!(" {}", escape(ref_id)));
        lines.push(format!("{}{ref_id}", ticket.identifier));
    }
    Line { text: lines.join("\n"), json: output::json(sent, sent.batch(), sent.raw_json()) }
}

/// Formats the report on a ticket, such as `65f0c0ffee receipt.pdf: tampered, confidence 0.94`.
fn line(ticket: &TicketReport) -> String {
    let identifier = ticket.identifier.as_ref().map_or("-", Identifier::as_str);
    let name = ticket.name.as_deref().map_or(String::new(), |name| format!(" {}:", escape(name)));
    format!("{identifier}{name} {ticket}")
}
