//! Programs in C, C++ and Python, each of which does everything and meets every error.

use std::process::Command;

use crate::tools::{beside, compiler, program, run, there_is};
use crate::world::World;

/// What each program prints.
const SAID: &str = "artificial, confidence 1 (AverageExcludeObsolete; sandbox 1)\n";

/// What a program says, in a world of its own.
fn said(make: impl FnOnce(&World) -> Command) -> String {
    let world = World::new();
    run(&mut make(&world))
}

/// A program that is compiled does it, also with an eye on its memory.
fn does_everything(source: &str) {
    let Some(program) = program(&beside(source)) else { return };
    assert_eq!(said(|world| world.command(&program)), SAID);
    if there_is("valgrind", &format!("{source} with an eye on its memory")) {
        said(|world| {
            let mut command = world.command("valgrind");
            command.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
            command.arg(format!("--suppressions={}", beside("valgrind.supp").display()));
            command.arg("--errors-for-leak-kinds=definite,indirect,possible").arg(&program);
            command
        });
    }
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
    for standard in ["c++11", "c++14", "c++17", "c++20"] {
        let Some(mut compiler) = compiler("c++", &format!("identifai.hpp as {standard}")) else { return };
        run(compiler.arg(format!("-std={standard}")).arg("-fsyntax-only").arg(beside("program.cpp")));
    }
}

#[test]
fn python_does_everything_and_meets_every_error() {
    if there_is("python3", "the Python program") {
        assert_eq!(
            said(|world| {
                let mut command = world.command("python3");
                command.args(["-B", "-X", "dev", "-W", "error"]).arg(beside("program.py"));
                command
            }),
            SAID
        );
    }
}
