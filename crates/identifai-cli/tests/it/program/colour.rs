//! Tests of colours: the program prints them only on a terminal, and never if `NO_COLOR` is set. They need the `script`
//! command of Linux.

use std::process::Command;

use crate::support::clear_env;

/// Commands for each kind of coloured output: help, an error about the command line, and a progress bar.
const COMMANDS: [&str; 3] = ["--help", "classify", "--sandbox batch /dev/stdin < /dev/null"];

/// Runs the program on a terminal or with pipes, and returns its output.
fn shown(arguments: &str, at_terminal: bool, env: &[(&str, &str)]) -> String {
    let line = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_identifai"));
    let mut command = match at_terminal {
        true => clear_env(Command::new("script")),
        false => clear_env(Command::new("sh")),
    };
    match at_terminal {
        true => command.args(["--quiet", "--command", &line, "/dev/null"]),
        false => command.args(["-c", &line]),
    };
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    let output = command.env("TERM", "xterm-256color").envs(env.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// Returns `true` if the text contains escape sequences for colours or styles. Cursor movements do not count.
fn has_colour(text: &str) -> bool {
    let sequences = text.split("\u{1b}[").skip(1);
    sequences.into_iter().any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

#[test]
fn colours_are_shown_on_terminals_without_no_color() {
    for arguments in COMMANDS {
        for env in [&[][..], &[("CLICOLOR_FORCE", "1")]] {
            let text = shown(arguments, false, env);
            assert!(!text.is_empty() && !text.contains('\u{1b}'), "{arguments} {env:?}: {text}");
        }
    }
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: colours on a terminal, because `script` is not installed");
        return;
    }
    for arguments in COMMANDS {
        for env in [&[("NO_COLOR", "1")][..], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]] {
            let text = shown(arguments, true, env);
            assert!(text.len() > 20 && !has_colour(&text), "{arguments} {env:?}: {text:?}");
        }
    }
    for env in [&[][..], &[("NO_COLOR", "")]] {
        assert!(has_colour(&shown("--help", true, env)), "{env:?}: no colours, so the checks above prove nothing");
    }
}
