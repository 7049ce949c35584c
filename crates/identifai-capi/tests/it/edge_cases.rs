//! Unusual uses that the header allows, in a C program.

use crate::fixture::Fixture;
use crate::tools::{memcheck, program, run, test_file};

#[test]
#[cfg(unix)]
fn unusual_uses_succeed() {
    let Some(program) = program(&test_file("edge_cases.c")) else { return };
    run(&mut Fixture::new().command(&program));
    memcheck(&program, |valgrind| run(Fixture::new().command(valgrind.get_program()).args(valgrind.get_args())));
}
