//! The program `identifai`: commands that call the identifAI API from shells and scripts.
//!
//! The program is a library so that fuzzing can call parts of it. [`main`] runs the program. The rest is not an API.

#![forbid(unsafe_code)]
// Arithmetic is on counts of lines and items that are in memory or were printed, so it cannot overflow.
#![allow(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::string_slice))]

mod args;
mod atomic_file;
mod batch_input;
mod cli_error;
mod client;
mod commands;
mod error_text;
mod exit_status;
mod help;
mod html;
#[cfg(feature = "_internals")]
#[doc(hidden)]
pub mod internals;
mod ledger;
mod list_format;
mod names;
mod options;
mod output;
mod password;
mod printer;
mod progress;
mod signals;
mod stdin;
mod submission;
mod upload_bar;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Arguments, Command};
use self::cli_error::CliError;
use self::commands::{account, batch, classify, man, partner, results, sandbox, tickets};
use self::exit_status::ExitStatus;

/// Runs the command that the arguments of the process name. If it fails, prints the reason.
pub fn main() -> ExitCode {
    signals::handle_file_size_signal();
    run().unwrap_or_else(CliError::report).into()
}

fn run() -> Result<ExitStatus, CliError> {
    let Arguments { global, command } = Arguments::try_parse()?;
    match &command {
        Command::Classify(arguments) => classify::run(&global, arguments),
        Command::Batch(arguments) => batch::run(&global, arguments),
        Command::Result(arguments) => results::result(&global, arguments),
        Command::Wait(arguments) => results::wait(&global, arguments),
        Command::Heatmap(arguments) => results::heatmap(&global, arguments),
        Command::Override(arguments) => results::override_verdict(&global, arguments),
        Command::Tickets(arguments) => tickets::run(&global, arguments),
        Command::Credits => account::credits(&global),
        Command::Health => account::health(&global),
        Command::Partner(command) => partner::run(&global, command),
        Command::Sandbox(arguments) => sandbox::run(arguments),
        Command::Completions { shell } => man::completions(*shell),
        Command::Man { directory } => man::man(directory.as_deref()),
    }
}
