//! Passwords from a file or a prompt. They are never arguments, because other users of the machine can see arguments.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::batch_input::read_text;
use crate::cli_error::CliError;

/// Reads the first line of a file, or of standard input for `-`.
pub(crate) fn from_file(path: &Path) -> Result<String, CliError> {
    let reason = match open(path).and_then(|mut source| read_text(&mut source)) {
        Ok(Some(Ok(line))) if !line.is_empty() => return Ok(line),
        Ok(Some(Err(reason))) => format!("the first line {reason}"),
        Ok(_) => "the first line must not be empty".to_owned(),
        // The file name is not printed, because it may be the password, given by mistake.
        Err(error) => format!("cannot read the file: {error}"),
    };
    Err(CliError::Usage(format!("--password-file: {reason}")))
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(if path == Path::new("-") { Box::new(io::stdin().lock()) } else { Box::new(BufReader::new(File::open(path)?)) })
}

/// Prompts for a password at the terminal, twice.
pub(crate) fn ask() -> Result<String, CliError> {
    let password = prompt("Password: ")?;
    if password.is_empty() {
        return Err(unusable("the password must not be empty"));
    }
    if prompt("Repeat the password: ")? != password {
        return Err(unusable("the passwords do not match"));
    }
    Ok(password)
}

fn prompt(text: &str) -> Result<String, CliError> {
    rpassword::prompt_password(text).map_err(|error| match error.kind() {
        // `rpassword` restores the terminal before it reports Ctrl-C.
        io::ErrorKind::Interrupted => CliError::Interrupted,
        io::ErrorKind::UnexpectedEof => unusable("the password must not be empty"),
        _ => unusable(&format!("cannot prompt without a terminal ({error}); use --password-file FILE instead")),
    })
}

fn unusable(reason: &str) -> CliError {
    CliError::Usage(format!("--ask-password: {reason}"))
}
