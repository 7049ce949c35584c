//! Tests that the shell commands in the README work as described.

use std::process::{Command, Output};

use test_support::Directory;

use crate::support::{clear_env, json_lines, run, sandbox};

/// Returns the lines of each shell block in the README.
fn blocks() -> Vec<Vec<&'static str>> {
    let blocks = include_str!("../../../../README.md").split("```sh\n").skip(1);
    blocks.map(|rest| rest.split_once("\n```").unwrap().0.lines().collect()).collect()
}

/// Returns `true` if a tool is installed. If not, prints that the check `what` is skipped.
fn is_installed(tool: &str, what: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {what}, because {tool} is not installed");
    }
    found
}

/// Runs a script with the program on the path. The script stops at the first command that fails.
fn bash(env: &[(&str, &str)], directory: &Directory, script: &str) -> Output {
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_identifai")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path))).unwrap();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]);
    let output = clear_env(command)
        .envs(env.iter().copied())
        .env("PATH", path)
        .current_dir(directory.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn readme_sandbox_commands_have_stated_exit_statuses() {
    let blocks = blocks();
    let tried = blocks.iter().flatten().filter_map(|line| line.strip_prefix("cargo run -- "));
    let outcomes = tried.map(|arguments| run(&[], &arguments.split(' ').collect::<Vec<_>>()));
    assert_eq!(outcomes.map(|outcome| outcome.status).collect::<Vec<_>>(), [0, 0, 6]);
}

#[test]
fn readme_program_block_runs_in_shell() {
    if !is_installed("bash", "the README's block about the program") {
        return;
    }
    let blocks = blocks();
    let block = blocks.iter().find(|block| block.iter().any(|line| line.starts_with("cargo install"))).unwrap();
    let (_sandbox, env) = sandbox();
    let [(_, key), url] = &env;
    let directory = Directory::new();
    for (name, bytes) in [
        ("cat.png", &b"\x89PNG\r\n\x1a\n..."[..]),
        ("clip.mp4", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"),
        ("call.wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("images.txt", b"cat.png\nhttps://example.com/b.jpg\n"),
    ] {
        std::fs::write(directory.path(name), bytes).unwrap();
    }
    // The script replaces `cargo install` by a check of its arguments, and turns the rate limit off.
    let prelude = "cargo() { test \"$*\" = 'install --path crates/identifai-cli'; }\n\
                   identifai() { command identifai --no-rate-limit \"$@\"; }\n";
    // `man` may be missing, so the line that uses it runs separately below.
    let manual = "identifai man | man -l -";
    let (manuals, lines): (Vec<_>, Vec<_>) = block.iter().copied().partition(|line| *line == manual);
    assert_eq!(manuals.len(), 1, "README shows how to read the manual");
    let script = prelude.to_owned() + &lines.join("\n").replace('…', key) + "\ncomplete -p identifai >&2";
    let output = bash(&[(url.0, &url.1)], &directory, &script);
    let verdicts = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert!(verdicts.len() == 4 && verdicts.iter().all(|line| line["verdict"].is_object()), "{verdicts:#?}");
    let results = json_lines(&std::fs::read_to_string(directory.path("results.ndjson")).unwrap());
    assert!(results.len() == 2 && results.iter().all(|line| line["verdict"].is_object()), "{results:#?}");
    assert!(std::fs::read_to_string(directory.path("report.html")).unwrap().contains("cat.png"));

    if is_installed("man", "the README's manual page") {
        let output = bash(&[], &directory, manual);
        assert!(String::from_utf8_lossy(&output.stdout).contains("identifai-classify(1)"));
    }
}
