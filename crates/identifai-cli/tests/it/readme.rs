//! What README has a reader type at a shell does what it says.

use std::process::{Command, Output};

use test_support::Directory;

use crate::support::{alone, json_lines, run, sandbox};

/// The lines of README's blocks for a shell, block by block.
fn blocks() -> Vec<Vec<&'static str>> {
    let blocks = include_str!("../../../../README.md").split("```sh\n").skip(1);
    blocks.map(|rest| rest.split_once("\n```").unwrap().0.lines().collect()).collect()
}

/// Whether a tool is there. If not, says that `what` is skipped.
fn there_is(tool: &str, what: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {what}, as there is no {tool}");
    }
    found
}

/// Runs a script where the program is on the path, and stops at what fails.
fn bash(env: &[(&str, &str)], directory: &Directory, script: &str) -> Output {
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_identifai")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path))).unwrap();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]);
    let output =
        alone(command).envs(env.iter().copied()).env("PATH", path).current_dir(directory.path("")).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn what_it_has_you_try_needs_no_key_and_ends_as_it_says() {
    let blocks = blocks();
    let tried = blocks.iter().flatten().filter_map(|line| line.strip_prefix("cargo run -- "));
    let outcomes = tried.map(|arguments| run(&[], &arguments.split(' ').collect::<Vec<_>>()));
    assert_eq!(outcomes.map(|outcome| outcome.status).collect::<Vec<_>>(), [0, 0, 6]);
}

#[test]
fn the_program_is_used_as_it_shows() {
    if !there_is("bash", "README's block on the program") {
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
    // It is installed, has a key, and no rate limit.
    let prelude = "cargo() { test \"$*\" = 'install --path crates/identifai-cli'; }\n\
                   identifai() { command identifai --no-rate-limit \"$@\"; }\n";
    let script = prelude.to_owned() + &block.join("\n").replace('…', key) + "\ncomplete -p identifai >&2";
    let output = bash(&[(url.0, &url.1)], &directory, &script);
    let verdicts = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert!(verdicts.len() == 4 && verdicts.iter().all(|line| line["verdict"].is_object()), "{verdicts:#?}");
    let results = json_lines(&std::fs::read_to_string(directory.path("results.ndjson")).unwrap());
    assert!(results.len() == 2 && results.iter().all(|line| line["verdict"].is_object()), "{results:#?}");
    assert!(std::fs::read_to_string(directory.path("report.html")).unwrap().contains("cat.png"));

    let manual = "identifai man | man -l -";
    assert!(block.iter().any(|line| line.contains(manual)));
    if there_is("man", "README's manual page") {
        let output = bash(&[], &directory, manual);
        assert!(String::from_utf8_lossy(&output.stdout).contains("identifai-classify(1)"));
    }
}
