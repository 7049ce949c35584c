//! Tests of passwords for partner users. They come from a file, a pipe or a prompt, and never from an argument. They
//! are never printed.

use test_support::form::{fields, has_field};
use test_support::{Directory, Server, json, response};

use super::account::{SAVE, USER};
use crate::support::{env_of, run_against, run_with_input, without_rate_limit};

const PASSWORD: &str = "planted pass-WORD";

#[test]
fn password_from_file_or_pipe_is_sent_and_not_printed() {
    let quotes = format!(r#"{{"message": "{PASSWORD} is too short"}}"#);
    let server = Server::responding(response(422, "application/json", &quotes));
    let directory = Directory::new();
    let file = directory.file("password", format!("{PASSWORD}\r\nsecond line\n"));
    for (path, input) in [(&*file, ""), ("-", &*format!("{PASSWORD}\nsecond line\n"))] {
        for json in [&[][..], &["--json"]] {
            let outcome = run_with_input(
                without_rate_limit(&env_of(&server), &[&SAVE[..], &["--password-file", path], json].concat()),
                input,
            );
            assert_eq!(outcome.status, 3, "{}", outcome.err);
            let shown = format!("{}{}", outcome.out, outcome.err);
            assert!(!shown.contains("planted") && shown.contains(" is too short"), "{shown}");
        }
    }
    assert_eq!(server.requests().len(), 4);
    for request in 0..4 {
        assert!(has_field(&fields(&server, request), "password", PASSWORD), "{request}");
    }
}

#[test]
fn password_as_argument_or_empty_is_refused() {
    let server = Server::responding(json(USER));
    let directory = Directory::new();
    let (empty, blank) = (directory.file("empty", b""), directory.file("blank", b"\nplanted\n"));
    let not_utf_8 = directory.file("not_utf_8", b"\xff\n");
    let with = format!("--password={PASSWORD}");
    let asked = format!("--ask-password={PASSWORD}");
    let (cannot, none) = ("--password-file: cannot read the file", "the first line must not be empty");
    for (more, reason) in [
        (&["--password", PASSWORD][..], "--password-file"),
        (&[&with], "--password-file"),
        (&[&asked], "--ask-password: does not take a value"),
        (&["--password-file", PASSWORD], cannot),
        (&["--password-file", "/"], cannot),
        (&["--password-file", "-"], none),
        (&["--password-file", &empty], none),
        (&["--password-file", &blank], none),
        (&["--password-file", &not_utf_8], "the first line must be UTF-8"),
        (&["--password-file", "-", "--ask-password"], "cannot be used with"),
        (&[PASSWORD], "unexpected argument"),
    ] {
        let outcome = run_against(&server, &[&SAVE[..], more].concat());
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{more:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason) && !outcome.err.contains("planted"), "{more:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
}

/// Tests without a terminal and on a separate terminal. They need the programs `setsid` and `script`, which are certain
/// to exist only on Linux.
#[cfg(target_os = "linux")]
mod terminal {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;
    use crate::support::clear_env;

    /// Returns a command that runs `by` with the arguments `more`, against `server`.
    fn started(server: &Server, by: &[&str], more: &[&str]) -> Command {
        let mut command = clear_env(Command::new(by[0]));
        command.args(&by[1..]).args(more).envs(env_of(server));
        command
    }

    #[test]
    fn prompt_without_terminal_hints_at_password_file() {
        let server = Server::responding(json(USER));
        let arguments = [&[env!("CARGO_BIN_EXE_identifai")], &SAVE[..], &["--ask-password"]].concat();
        let outcome =
            run_with_input(started(&server, &["setsid", "--wait"], &arguments), format!("{PASSWORD}\n{PASSWORD}\n"));
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{}", outcome.err);
        assert!(
            outcome.err.contains("cannot prompt without a terminal") && outcome.err.contains("--password-file FILE")
        );
        assert_eq!(server.connections(), 0);
    }

    /// Waits until a terminal has turned its echo off, which happens shortly after the prompt appears.
    fn wait_until_silent(terminal: &str) {
        let is_silent = || {
            let modes = Command::new("stty").args(["-a", "-F", terminal]).output().unwrap().stdout;
            String::from_utf8(modes).unwrap().split_whitespace().any(|mode| mode == "-echo")
        };
        assert!((0..1_000).any(|_| is_silent()), "{terminal} echoes");
    }

    /// Runs the program on a terminal and types a text at each prompt. Returns the exit status and the terminal's
    /// output.
    fn at_terminal(server: &Server, inputs: [&str; 2]) -> (i32, String) {
        let line = format!("tty; '{}' '{}' --ask-password", env!("CARGO_BIN_EXE_identifai"), SAVE.join("' '"));
        let script = ["script", "--quiet", "--return", "--command", &line, "/dev/null"];
        let mut command = started(server, &script, &[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shown = String::new();
        let mut read = |until: Option<&str>| {
            while until.is_none_or(|end| !shown.ends_with(end)) {
                let mut byte = [0];
                match output.read(&mut byte) {
                    Ok(1) => shown.push(char::from(byte[0])),
                    _ => break,
                }
            }
            shown.clone()
        };
        let terminal = read(Some("\n")).trim_end().to_owned();
        for (prompt, typed) in ["Password: ", "Repeat the password: "].into_iter().zip(inputs) {
            if typed.is_empty() {
                break;
            }
            read(Some(prompt));
            wait_until_silent(&terminal);
            input.write_all(typed.as_bytes()).unwrap();
        }
        let shown = read(None);
        (child.wait().unwrap().code().unwrap(), shown)
    }

    #[test]
    fn prompt_at_terminal_asks_twice_without_echo() {
        let server = Server::responding(json(USER));
        let typed = format!("{PASSWORD}\r");
        let (status, shown) = at_terminal(&server, [&typed, &typed]);
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("7 A\\u{1b}[31mnn <ann@example.com>") && !shown.contains("planted"), "{shown}");
        assert!(has_field(&fields(&server, 0), "password", PASSWORD));
        for (inputs, expected, reason) in [
            ([&typed[..], "another\r"], 2, "the passwords do not match"),
            (["\r", ""], 2, "the password must not be empty"),
            (["\x04", ""], 2, "the password must not be empty"),
            (["\x03", ""], 130, "cancelled"),
        ] {
            let (status, shown) = at_terminal(&server, inputs);
            assert!(status == expected && shown.contains(reason) && !shown.contains("planted"), "{status}: {shown}");
        }
        assert_eq!(server.requests().len(), 1);
    }
}
