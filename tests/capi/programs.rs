//! Programs in C, C++ and Python, each of which does everything and meets every error; and some in C that do one thing.

use std::process::Command;

use crate::tools::{beside, memcheck, program, run};
use crate::world::World;

/// What every program prints that does everything.
const VERDICT: &str = "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n";

/// What a program says, in a world of its own.
fn said(command: &Command) -> String {
    run(World::new().command(command.get_program()).args(command.get_args()))
}

#[test]
fn c_does_everything_and_meets_every_error() {
    let Some(program) = program(&beside("program.c")) else { return };
    assert_eq!(said(&Command::new(&program)), VERDICT);
    memcheck(&program, said);
}

#[test]
fn eight_threads_share_a_client_and_are_cancelled_at_once() {
    let Some(program) = program(&beside("threads.c")) else { return };
    let world = World::new();
    run(&mut world.command(program));
    let submits = world.trouble.requests().iter().filter(|request| request.head.starts_with("POST /fine/")).count();
    assert_eq!(submits, 10_000);
}

#[test]
#[cfg(unix)]
fn after_a_fork_both_go_on_with_connections_of_their_own() {
    let Some(program) = program(&beside("fork.c")) else { return };
    let world = World::new();
    run(&mut world.command(program));
    assert_eq!(world.trouble.requests().len(), 300);
    // With a client and without, before and after: each process has opened its own.
    assert_eq!(world.trouble.connections(), 4);
}
