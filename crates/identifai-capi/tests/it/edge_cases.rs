//! What a program in C may do within the header's rules, and hardly any does.

use crate::fixture::Fixture;
use crate::tools::{beside, memcheck, program, run};

#[test]
#[cfg(unix)]
fn odd_uses_work() {
    let Some(program) = program(&beside("edge_cases.c")) else { return };
    run(&mut Fixture::new().command(&program));
    memcheck(&program, |valgrind| run(Fixture::new().command(valgrind.get_program()).args(valgrind.get_args())));
}
