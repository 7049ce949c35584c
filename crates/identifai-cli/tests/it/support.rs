//! Helpers that run the program `identifai` and collect its output.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use identifai::RateLimit;
use identifai_sandbox::Sandbox;
use serde_json::Value;
use test_support::{KEY, Server};

/// The exit status, standard output and standard error of the program.
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    /// Creates an outcome, and checks in every test that the output does not contain the API key.
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let outcome =
            Self { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!outcome.out.contains(KEY) && !outcome.err.contains(KEY), "{}{}", outcome.out, outcome.err);
        outcome
    }
}

/// The environment variables with the API key and the base URL for the program.
pub(crate) type Env = [(&'static str, String); 2];

fn env(key: &str, base_url: &str) -> Env {
    [("IDENTIFAI_API_KEY", key.to_owned()), ("IDENTIFAI_BASE_URL", base_url.to_owned())]
}

/// Returns the variables for `server`, with the test key.
pub(crate) fn env_of(server: &Server) -> Env {
    env(KEY, &server.base_url())
}

/// Starts a sandbox without a rate limit and without analysis time. Returns it with the variables for the program.
pub(crate) fn sandbox() -> (Sandbox, Env) {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_analysis_time(Duration::ZERO);
    sandbox.set_limits(RateLimit::unlimited());
    let env = env(sandbox.api_key(), sandbox.base_url());
    (sandbox, env)
}

/// Removes settings of the environment of the tests from `command`, such as proxies and API keys.
pub(crate) fn clear_env(mut command: Command) -> Command {
    for (name, _) in std::env::vars() {
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        if is_proxy || name.starts_with("IDENTIFAI_") || name == "SSL_CERT_FILE" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Returns a command that runs the program with these environment variables.
pub(crate) fn program<S: AsRef<OsStr>>(env: &[(&str, S)]) -> Command {
    let mut command = clear_env(Command::new(env!("CARGO_BIN_EXE_identifai")));
    command.envs(env.iter().map(|(name, value)| (name, value)));
    command
}

/// Runs the program with these environment variables and arguments.
pub(crate) fn run(env: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    Outcome::of(program(env).args(arguments).output().unwrap())
}

/// Returns a command that runs the program without a local rate limit, so that tests do not have to wait.
pub(crate) fn without_rate_limit(env: &Env, arguments: &[&str]) -> Command {
    let mut command = program(env);
    command.arg("--no-rate-limit").args(arguments);
    command
}

/// Runs the program with `env`, without a local rate limit.
pub(crate) fn run_with(env: &Env, arguments: &[&str]) -> Outcome {
    Outcome::of(without_rate_limit(env, arguments).output().unwrap())
}

/// Runs the program against `server` with the test key, without a local rate limit.
pub(crate) fn run_against(server: &Server, arguments: &[&str]) -> Outcome {
    run_with(&env_of(server), arguments)
}

/// Runs `command` with `input` as its standard input.
pub(crate) fn run_with_input(mut command: Command, input: impl AsRef<[u8]>) -> Outcome {
    let mut child = piped(&mut command);
    // The program may end before it has read all input.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    Outcome::of(child.wait_with_output().unwrap())
}

/// Starts `command` with pipes for standard input, output and error.
pub(crate) fn piped(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends SIGINT to the program.
#[cfg(unix)]
pub(crate) fn interrupt(child: &Child) {
    signal(child, "INT");
}

/// Sends a signal to the program, such as `TERM`.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let arguments = ["-s", name, &child.id().to_string()];
    assert!(Command::new("kill").args(arguments).status().unwrap().success());
}

/// Wraps `command` in a shell script `commands`, such as `ulimit -f 1; exec "$0" "$@"`. In the script, `"$0" "$@"` is
/// the command. `shell` is the program that runs `sh`, with its arguments.
#[cfg(unix)]
pub(crate) fn in_shell(command: &Command, shell: &[&str], commands: &str) -> Command {
    let mut wrapped = Command::new(shell[0]);
    wrapped.args(&shell[1..]).args(["sh", "-c", commands]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped.stdin(Stdio::null());
    wrapped
}

/// Reads lines of `source` until a line contains `word`, and returns all lines.
pub(crate) fn read_until(source: &mut impl std::io::BufRead, word: &str) -> String {
    let mut text = String::new();
    while !text.lines().last().is_some_and(|line| line.contains(word)) {
        assert!(source.read_line(&mut text).unwrap() > 0, "no {word:?} in {text}");
    }
    text
}

/// Parses each line as JSON.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
