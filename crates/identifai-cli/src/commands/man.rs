//! `identifai completions` and `identifai man`: completion scripts and manual pages, generated from the definition of
//! the command line.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Arguments;
use crate::cli_error::CliError;
use crate::exit_status::ExitStatus;
use crate::output;

/// Prints a completion script for `shell`.
pub(crate) fn completions(shell: Shell) -> Result<ExitStatus, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "identifai", &mut script);
    output::print_text(&script)
}

/// Writes a manual page for each command to `directory`. Without a directory, prints the main page.
pub(crate) fn man(directory: Option<&Path>) -> Result<ExitStatus, CliError> {
    let (command, mut page) = (Arguments::command().disable_help_subcommand(true), Vec::new());
    let written = match directory {
        Some(directory) => fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory)),
        None => Man::new(command).render(&mut page),
    };
    written.map_err(|error| CliError::Failed(format!("cannot write the manual: {error}")))?;
    output::print_text(&page)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command as Process, Output, Stdio};

    use clap::Command;

    use super::*;

    /// Runs a program with `text` as its standard input. Returns `None` if the program is not installed.
    fn run_with_input(program: &str, arguments: &[&str], text: &[u8]) -> Option<Output> {
        let mut process = Process::new(program);
        process.args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = process.stderr(Stdio::piped()).spawn() else {
            eprintln!("SKIPPED: the check by {program}, which is not installed");
            return None;
        };
        child.stdin.take().unwrap().write_all(text).unwrap();
        Some(child.wait_with_output().unwrap())
    }

    /// Returns a command and all its subcommands, at all levels.
    fn with_subcommands(command: &Command) -> Vec<&Command> {
        let below = command.get_subcommands().flat_map(with_subcommands);
        std::iter::once(command).chain(below).collect()
    }

    fn built() -> Command {
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        command
    }

    /// Checks that `text` contains the names of the subcommands and long options of `command`.
    fn assert_complete(text: &str, command: &Command) {
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        let options = command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?)));
        let below = command.get_subcommands().map(|below| below.get_name().to_owned());
        for name in options.chain(below) {
            let is_there = words.iter().any(|word| *word == name || word.ends_with(&format!("-{name}")));
            assert!(is_there, "{name} of {}", command.get_name());
        }
    }

    #[test]
    fn bash_completion_script_is_valid_and_complete() {
        let mut script = Vec::new();
        clap_complete::generate(Shell::Bash, &mut Arguments::command(), "identifai", &mut script);
        let script = String::from_utf8(script).unwrap();
        for command in with_subcommands(&built()) {
            assert_complete(&script, command);
        }
        if let Some(output) = run_with_input("bash", &["-n"], script.as_bytes()) {
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
    }

    #[test]
    fn man_pages_are_complete_and_without_warnings() {
        let directory = tempfile::tempdir().unwrap();
        man(Some(directory.path())).unwrap();
        let (command, mut pages) = (built(), Vec::new());
        let commands = with_subcommands(&command);
        for command in &commands {
            let name = command.get_display_name().unwrap_or("identifai");
            let page = fs::read_to_string(directory.path().join(format!("{name}.1"))).unwrap();
            let plain = ["\\fB", "\\fI", "\\fR"].iter().fold(page.clone(), |text, font| text.replace(font, " "));
            assert_complete(&plain.replace("\\-", "-"), command);
            pages.push(page);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), commands.len());
        // All pages are checked in one run, because each begins with its own title.
        for (program, arguments) in
            [("groff", &["-man", "-Tutf8", "-ww", "-z"][..]), ("man", &["--warnings", "-l", "-"])]
        {
            let Some(output) = run_with_input(program, arguments, pages.concat().as_bytes()) else { continue };
            assert!(output.stderr.is_empty(), "{program}: {output:?}");
        }
    }
}
