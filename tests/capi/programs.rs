//! Programs in C, C++ and Python, each of which does everything and meets every error.

use std::process::Command;

use crate::tools::{beside, program, run, there_is};
use crate::world::World;

/// What a program says, in a world of its own.
fn said(make: impl FnOnce(&World) -> Command) -> String {
    let world = World::new();
    run(&mut make(&world))
}

#[test]
fn c_does_everything_and_meets_every_error() {
    let Some(program) = program(&beside("program.c")) else { return };
    assert_eq!(said(|world| world.command(&program)), "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n");
    if there_is("valgrind", "the C program with an eye on its memory") {
        said(|world| {
            let mut command = world.command("valgrind");
            command.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
            command.arg(format!("--suppressions={}", beside("valgrind.supp").display()));
            command.arg("--errors-for-leak-kinds=definite,indirect,possible").arg(&program);
            command
        });
    }
}
