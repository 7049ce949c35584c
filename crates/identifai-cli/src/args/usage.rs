//! Errors about the command line. They do not repeat a misplaced argument unless it looks like an option, because it
//! may be the API key.

use std::error::Error as _;
use std::io::{self, IsTerminal as _, Write as _};

use clap::error::{ContextKind, ErrorKind};

use crate::cli_error::CliError;
use crate::exit_status::ExitStatus;
use crate::{names, output};

impl From<clap::Error> for CliError {
    fn from(error: clap::Error) -> Self {
        let named = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
        let argument = named(ContextKind::InvalidArg);
        Self::Usage(match error.kind() {
            ErrorKind::InvalidSubcommand => {
                "unknown command; see `identifai --help` (to submit a URL: `identifai classify URL`)".to_owned()
            }
            ErrorKind::TooManyValues => format!("{argument}: does not take a value"),
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                let known = named(ContextKind::ValidValue);
                let reason = match error.source() {
                    Some(reason) => reason.to_string(),
                    // An option that accepts any value, but its value is missing or empty.
                    None if known.is_empty() => "must not be empty".to_owned(),
                    None => format!("must be one of {known}"),
                };
                format!("{argument}: {reason}")
            }
            ErrorKind::UnknownArgument => {
                if let Some(name) = names::file_like_option(&argument, std::env::args_os().skip(1)) {
                    format!("{name}: unknown option; for the file with this name, write ./{name}")
                } else if argument.starts_with("--") {
                    // clap's message suggests an option with a similar spelling.
                    return Self::CommandLine(error);
                } else {
                    "unexpected argument; see `identifai COMMAND --help`".to_owned()
                }
            }
            _ => return Self::CommandLine(error),
        })
    }
}

/// Prints clap's text and returns the exit status. Requested text, such as help, goes to standard output, and errors go
/// to standard error.
pub(crate) fn print(error: &clap::Error) -> Result<ExitStatus, CliError> {
    let is_error = error.use_stderr();
    let is_terminal = if is_error { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    // `print` writes colours even to a file if the environment forces them, so it is used for terminals only.
    if is_terminal {
        error.print().unwrap_or_default();
    } else if is_error {
        write!(io::stderr().lock(), "{}", error.render()).unwrap_or_default();
    } else {
        output::print_text(error.render().to_string().as_bytes())?;
    }
    Ok(if is_error { ExitStatus::Usage } else { ExitStatus::Done })
}
