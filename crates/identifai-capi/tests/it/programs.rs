//! Programs in C, C++ and Python, each of which does everything and meets every error; and some in C that do one thing.

use std::process::Command;

use crate::fixture::Fixture;
use crate::tools::{beside, compiler, memcheck, program, run, there_is};

/// What every program prints that does everything.
const VERDICT: &str = "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n";

/// What a program says, in a fixture of its own.
fn said(command: &Command) -> String {
    run(Fixture::new().command(command.get_program()).args(command.get_args()))
}

/// A program that is compiled does it, also with an eye on its memory.
fn does_everything(source: &str) {
    let Some(program) = program(&beside(source)) else { return };
    assert_eq!(said(&Command::new(&program)), VERDICT);
    memcheck(&program, said);
}

#[test]
fn c_does_everything_and_meets_every_error() {
    does_everything("program.c");
}

#[test]
fn cpp_does_everything_and_meets_every_error() {
    does_everything("program.cpp");
}

#[test]
fn the_wrapper_is_good_cpp_of_every_standard() {
    // As C++11 it is compiled above.
    for standard in ["c++14", "c++17", "c++20"] {
        let Some(mut compiler) = compiler("c++", &format!("identifai.hpp as {standard}")) else { return };
        run(compiler.arg(format!("-std={standard}")).arg("-fsyntax-only").arg(beside("program.cpp")));
    }
}

#[test]
fn python_does_everything_and_meets_every_error() {
    if there_is("python3", "the Python program") {
        let mut command = Command::new("python3");
        command.args(["-B", "-X", "dev", "-W", "error"]).arg(beside("program.py"));
        assert_eq!(said(&command), VERDICT);
    }
}

#[test]
fn eight_threads_share_a_client_and_are_cancelled_at_once() {
    let Some(program) = program(&beside("threads.c")) else { return };
    let fixture = Fixture::new();
    run(&mut fixture.command(program));
    let submits = fixture.trouble.requests().iter().filter(|request| request.head.starts_with("POST /fine/")).count();
    assert_eq!(submits, 10_000);
}

#[test]
#[cfg(unix)]
fn after_a_fork_both_go_on_with_connections_of_their_own() {
    let Some(program) = program(&beside("fork.c")) else { return };
    let fixture = Fixture::new();
    run(&mut fixture.command(program));
    assert_eq!(fixture.trouble.requests().len(), 300);
    // With a client and without, before and after: each process has opened its own.
    assert_eq!(fixture.trouble.connections(), 4);
}
