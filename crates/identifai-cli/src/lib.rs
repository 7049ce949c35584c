//! The program `identifai`: the client's calls as commands, for shells and scripts.
//!
//! It is a library so that fuzzing can call parts of it. [`run`] is the program, and the rest is not an API.

#![forbid(unsafe_code)]
// Counts of lines and items, which are in memory or were printed.
#![allow(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::string_slice))]

mod args;
mod batch_input;
mod client;
mod commands;
mod error_text;
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
mod progress;
mod signals;
mod submission;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Arguments, Command};
use self::commands::{account, batch, classify, man, partner, results, sandbox, tickets};

/// Runs the command that the process's arguments name.
pub fn run() -> ExitCode {
    signals::survive_file_size_limit();
    let Arguments { global, command } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(output::usage(&error)),
    };
    let status = match &command {
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
        Command::Man => man::page(),
    };
    ExitCode::from(if status == output::INTERRUPTED { signals::exit_status() } else { status })
}
