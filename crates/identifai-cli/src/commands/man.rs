//! `identifai completions` and `identifai man`: what shells and readers of manuals are given, made of the arguments.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Arguments;
use crate::cli_error::CliError;
use crate::exit_status::ExitStatus;
use crate::output;

/// Prints the script by which `shell` completes.
pub(crate) fn completions(shell: Shell) -> Result<ExitStatus, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "identifai", &mut script);
    output::page(&script)
}

/// Prints the manual page.
pub(crate) fn page() -> Result<ExitStatus, CliError> {
    let page = written().map_err(|error| CliError::Failed(format!("cannot make the manual page: {error}")))?;
    output::page(&page)
}

/// One page for all commands, which are few.
fn written() -> io::Result<Vec<u8>> {
    let command = Arguments::command().disable_help_subcommand(true);
    let (man, mut page, mut rest) = (Man::new(command.clone()), Vec::new(), Vec::new());
    // Not by `render_title`, which leaves an empty date out, so that the version takes its place.
    writeln!(page, ".TH identifai 1 \"\" \"identifai {}\"", env!("CARGO_PKG_VERSION"))?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend(b".SH COMMANDS\n");
    write_commands(&command, "identifai", &mut page)?;
    man.render_extra_section(&mut rest)?;
    page.extend(String::from_utf8_lossy(&rest).replace(".SH EXTRA", ".SH \"ENVIRONMENT AND EXIT STATUS\"").bytes());
    Ok(page)
}

/// A part for each command below `parent`. As `parent` is not built yet, the options of every command are not repeated.
fn write_commands(parent: &Command, path: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for command in parent.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        let man = Man::new(command.clone().bin_name(&path).disable_help_flag(true).disable_help_subcommand(true));
        let mut part = Vec::new();
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        // It would be empty.
        if command.get_after_long_help().is_some() {
            man.render_extra_section(&mut part)?;
        }
        writeln!(page, ".SS \"{path}\"")?;
        for line in String::from_utf8_lossy(&part).lines() {
            match line {
                // There is a blank line, too.
                ".SH SYNOPSIS" | ".SH OPTIONS" | ".br" => {}
                ".SH DESCRIPTION" | ".SH EXTRA" => writeln!(page, ".PP")?,
                // They are no sections of the page.
                line => match line.strip_prefix(".SH ") {
                    Some(heading) => writeln!(page, ".PP\n.B {heading}")?,
                    None => writeln!(page, "{line}")?,
                },
            }
        }
        write_commands(command, &path, page)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use std::process::{Command as Process, Output, Stdio};

    use super::*;

    /// What a program says to a text, or nothing if it is not there, which is said.
    fn fed(program: &str, arguments: &[&str], text: &[u8]) -> Option<Output> {
        let mut process = Process::new(program);
        process.args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = process.stderr(Stdio::piped()).spawn() else {
            eprintln!("SKIPPED: what {program} says, as it is not there");
            return None;
        };
        child.stdin.take().unwrap().write_all(text).unwrap();
        Some(child.wait_with_output().unwrap())
    }

    /// The names of all commands and long options.
    fn names(command: &Command, all: &mut Vec<String>) {
        all.extend(command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))));
        for command in command.get_subcommands() {
            all.push(command.get_name().to_owned());
            names(command, all);
        }
    }

    fn assert_complete(text: &str) {
        let mut all = Vec::new();
        names(&Arguments::command(), &mut all);
        assert!(all.len() > 50, "{all:?}");
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        let missing: Vec<&String> = all.iter().filter(|name| !words.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn bash_accepts_its_script_and_every_command_and_option_is_in_it() {
        let mut script = Vec::new();
        clap_complete::generate(Shell::Bash, &mut Arguments::command(), "identifai", &mut script);
        assert_complete(std::str::from_utf8(&script).unwrap());
        if let Some(output) = fed("bash", &["-n"], &script) {
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
    }

    #[test]
    fn what_shows_manuals_has_no_warning_for_the_page_and_every_command_and_option_is_in_it() {
        let page = written().unwrap();
        let plain = ["\\fB", "\\fI", "\\fR"]
            .iter()
            .fold(String::from_utf8(page.clone()).unwrap(), |text, font| text.replace(font, " "));
        assert_complete(&plain.replace("\\-", "-"));
        for (program, arguments) in [
            ("groff", &["-man", "-Tutf8", "-ww", "-z"][..]),
            ("mandoc", &["-T", "lint", "-W", "warning"]),
            ("man", &["--warnings", "-l", "-"]),
        ] {
            let Some(output) = fed(program, arguments, &page) else { continue };
            let is_quiet = output.stderr.is_empty()
                && output.stdout.split(|byte| *byte == b'\n').all(|line| {
                    let line = String::from_utf8_lossy(line);
                    // There is none: the page is of the program as it was built, whenever that was.
                    program == "man" || line.is_empty() || line.contains("missing date")
                });
            assert!(is_quiet, "{program}: {output:?}");
        }
    }
}
