//! Test programs. One each in C, C++ and Python uses the whole interface and causes every error. Others in C test one
//! topic.

use std::process::Command;

use crate::fixture::Fixture;
use crate::tools::{compiler, is_installed, memcheck, program, run, test_file};

/// The output of every program that uses the whole interface.
const VERDICT: &str = "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n";

/// Runs a program in its own fixture and returns its output.
fn run_in_fixture(command: &Command) -> String {
    run(Fixture::new().command(command.get_program()).args(command.get_args()))
}

/// Compiles and runs a program that uses the whole interface, and runs it again under valgrind.
fn run_program(source: &str) {
    let Some(program) = program(&test_file(source)) else { return };
    assert_eq!(run_in_fixture(&Command::new(&program)), VERDICT);
    memcheck(&program, run_in_fixture);
}

#[test]
fn c_program_uses_whole_interface() {
    run_program("program.c");
}

#[test]
fn cpp_program_uses_whole_interface() {
    run_program("program.cpp");
}

#[test]
fn cpp_wrapper_is_valid_in_every_standard() {
    // `cpp_program_uses_whole_interface` compiles it as C++11.
    for standard in ["c++14", "c++17", "c++20"] {
        let Some(mut compiler) = compiler("c++", &format!("identifai.hpp as {standard}")) else { return };
        run(compiler.arg(format!("-std={standard}")).arg("-fsyntax-only").arg(test_file("program.cpp")));
    }
}

#[test]
fn python_program_uses_whole_interface() {
    if is_installed("python3", "the Python program") {
        let mut command = Command::new("python3");
        command.args(["-B", "-X", "dev", "-W", "error"]).arg(test_file("program.py"));
        assert_eq!(run_in_fixture(&command), VERDICT);
    }
}

#[test]
fn eight_threads_share_and_cancel_a_client() {
    let Some(program) = program(&test_file("threads.c")) else { return };
    let fixture = Fixture::new();
    run(&mut fixture.command(program));
    let submits = fixture.failing.requests().iter().filter(|request| request.head.starts_with("POST /fine/")).count();
    assert_eq!(submits, 10_000);
}

#[test]
#[cfg(unix)]
fn after_fork_each_process_opens_connections() {
    let Some(program) = program(&test_file("fork.c")) else { return };
    let fixture = Fixture::new();
    run(&mut fixture.command(program));
    assert_eq!(fixture.failing.requests().len(), 300);
    // One with the client and one without.
    assert_eq!(fixture.failing.connections(), 4, "each process opens its own two connections");
}
