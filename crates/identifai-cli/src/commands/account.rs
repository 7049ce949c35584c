//! `identifai credits` and `identifai health`: the credits of the account, and the health of the service.

use identifai::HealthStatus;

use crate::args::Global;
use crate::cli_error::CliError;
use crate::client::{connect, connect_without_key};
use crate::exit_status::ExitStatus;
use crate::output::escape;
use crate::printer::{Line, Printer};

/// Runs `identifai credits`.
pub(crate) fn credits(global: &Global) -> Result<ExitStatus, CliError> {
    let connected = connect(global, None)?;
    let line = connected.client.credits().map(|credits| {
        let spent = credits.spent().map_or(String::new(), |spent| format!(", {spent} spent"));
        let text = format!("{} left{spent}", credits.available());
        Line { text, json: credits.raw_json().to_owned() }
    });
    Printer::new(global.json, &[]).print_only(line)
}

/// Runs `identifai health`. The exit status is [`ExitStatus::Failed`] unless the service is ok.
pub(crate) fn health(global: &Global) -> Result<ExitStatus, CliError> {
    let connected = connect_without_key(global)?;
    let mut printer = Printer::new(global.json, &[]);
    let health = connected.client.health();
    if health.as_ref().is_ok_and(|health| *health.status() != HealthStatus::Ok) {
        printer.status = ExitStatus::Failed;
    }
    printer.print_only(
        health.map(|health| Line { text: escape(health.status().as_str()), json: health.raw_json().to_owned() }),
    )
}
