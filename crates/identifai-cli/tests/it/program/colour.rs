//! The program's colours: at a terminal only, and nowhere if `NO_COLOR` is set. Only Linux has `script` as it is called
//! here.

use std::process::Command;

use crate::support::alone;

/// Each writes through something else: help, what is wrong with a command line, and a bar.
const COMMANDS: [&str; 3] = ["--help", "classify", "--sandbox batch /dev/stdin < /dev/null"];

/// What the program shows for `arguments`, at a terminal or in pipes.
fn shown(arguments: &str, at_terminal: bool, env: &[(&str, &str)]) -> String {
    let line = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_identifai"));
    let mut command = match at_terminal {
        true => alone(Command::new("script")),
        false => alone(Command::new("sh")),
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

/// Whether it changes how text looks. What moves the cursor is no colour.
fn has_colour(text: &str) -> bool {
    let sequences = text.split("\u{1b}[").skip(1);
    sequences.into_iter().any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

#[test]
fn colours_are_for_terminals_and_none_are_shown_with_no_color() {
    for arguments in COMMANDS {
        for env in [&[][..], &[("CLICOLOR_FORCE", "1")]] {
            let text = shown(arguments, false, env);
            assert!(!text.is_empty() && !text.contains('\u{1b}'), "{arguments} {env:?}: {text}");
        }
    }
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: colours at a terminal, as there is no script");
        return;
    }
    for arguments in COMMANDS {
        for env in [&[("NO_COLOR", "1")][..], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]] {
            let text = shown(arguments, true, env);
            assert!(text.len() > 20 && !has_colour(&text), "{arguments} {env:?}: {text:?}");
        }
    }
    for env in [&[][..], &[("NO_COLOR", "")]] {
        assert!(has_colour(&shown("--help", true, env)), "{env:?}: this test would see colours");
    }
}
