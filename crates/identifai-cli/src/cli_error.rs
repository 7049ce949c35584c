//! Errors that end a command, and the only place that prints them.

use std::io;

use crate::args;
use crate::exit_status::ExitStatus;
use crate::ledger::Ledger;
use crate::output::{self, Fallback, note};

/// An error that ends a command.
#[derive(Debug)]
pub(crate) enum CliError {
    /// Invalid arguments or settings. Nothing was sent.
    Usage(String),
    /// A command line that clap rejects, or handles itself, such as `--help`.
    CommandLine(clap::Error),
    /// Failed items, which were printed already.
    Items(ExitStatus),
    /// Output that cannot be written.
    Output {
        error: io::Error,
        /// The exit status of the results before the error.
        status: ExitStatus,
        /// The items that may have been paid for and were not printed.
        unprinted: Ledger,
        fallback: Fallback,
    },
    /// Any other failure, which does not concern a result.
    Failed(String),
    /// Ctrl-C at a prompt.
    Interrupted,
}

impl CliError {
    /// Creates the error of failed output by a command that submits nothing.
    pub(crate) fn output(error: io::Error) -> Self {
        let (status, fallback) = (ExitStatus::Done, Fallback::None);
        Self::Output { error, status, unprinted: Ledger::default(), fallback }
    }

    /// Prints the error, and returns the exit status.
    pub(crate) fn report(self) -> ExitStatus {
        match self {
            Self::Usage(reason) => {
                note(&reason);
                ExitStatus::Usage
            }
            Self::CommandLine(error) => args::usage::print(&error).unwrap_or_else(Self::report),
            Self::Items(status) => status,
            Self::Output { error, status, unprinted, fallback } => {
                output::note_output_error(&error);
                output::report_unprinted(&unprinted, fallback);
                status.max(ExitStatus::Failed)
            }
            Self::Failed(reason) => {
                note(&reason);
                ExitStatus::Failed
            }
            Self::Interrupted => {
                note("cancelled");
                ExitStatus::Interrupted
            }
        }
    }
}
