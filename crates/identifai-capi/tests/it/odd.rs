//! What a program in C may do within the header's rules, and hardly any does.

use crate::tools::{beside, memcheck, program, run};
use crate::world::World;

#[test]
#[cfg(unix)]
fn odd_uses_work() {
    let Some(program) = program(&beside("odd.c")) else { return };
    run(&mut World::new().command(&program));
    memcheck(&program, |valgrind| run(World::new().command(valgrind.get_program()).args(valgrind.get_args())));
}
