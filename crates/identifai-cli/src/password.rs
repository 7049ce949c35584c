//! Where a password comes from: a file or a prompt, and never the command line, which others on the machine can see.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::batch_input::read_text;
use crate::output;

/// The first line of a file, or of standard input for `-`; or what is wrong with it.
pub(crate) fn from_file(path: &Path) -> Result<String, String> {
    let first = open(path).and_then(|mut source| read_text(&mut source));
    match first {
        Ok(Some(Ok(line))) if !line.is_empty() => Ok(line),
        Ok(Some(Err(reason))) => Err(format!("--password-file: the first line of the file {reason}")),
        Ok(_) => Err("--password-file: the first line of the file is empty".to_owned()),
        // The name is not shown: it may be the password, given by mistake.
        Err(error) => Err(format!("--password-file: cannot read the file that it names: {error}")),
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(path)?)),
    })
}

/// Asks for it twice at the terminal; or says why there is none, and returns the exit status.
pub(crate) fn ask() -> Result<String, u8> {
    let password = asked("Password: ")?;
    if password.is_empty() {
        return Err(none());
    }
    match asked("The same again: ")? == password {
        true => Ok(password),
        false => Err(output::usage_error("--ask-password: the second is not the same as the first")),
    }
}

fn asked(prompt: &str) -> Result<String, u8> {
    rpassword::prompt_password(prompt).map_err(|error| match error.kind() {
        // It takes Ctrl-C for what it means once the terminal is as it was.
        io::ErrorKind::Interrupted => {
            output::note("cancelled");
            output::INTERRUPTED
        }
        io::ErrorKind::UnexpectedEof => none(),
        _ => output::usage_error(&format!(
            "--ask-password: there is no terminal to ask at ({error}); --password-file FILE reads it from a file"
        )),
    })
}

fn none() -> u8 {
    output::usage_error("--ask-password: there was none")
}
