//! The binary interface: what a program that was built yesterday relies on.

use std::collections::BTreeSet;
use std::process::Command;

use crate::header::{FILES, generated, source};
use crate::tools::{blessed, capi, compiler, run, shared_library, there_is};

/// The declarations of functions in the header, each in one line and without its semicolon.
pub(crate) fn functions() -> Vec<String> {
    let header = generated();
    let code: Vec<_> = header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let code = code.concat();
    let code: Vec<_> = code.lines().filter(|line| !line.starts_with('#') && !line.contains(['{', '}'])).collect();
    let code = code.join("\n");
    let declarations = code.split(';').map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "));
    declarations.filter(|line| line.ends_with(')') && !line.starts_with("typedef")).collect()
}

/// The name of what a line of [`functions`] declares.
pub(crate) fn name(function: &str) -> &str {
    function.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap()
}

fn codes() -> Vec<String> {
    let header = generated();
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define ")).map(str::to_owned);
    defined.filter(|line| line.contains(' ') && !line.starts_with("IDENTIFAI_VERSION")).collect()
}

/// What an `sizeof` makes of each type that crosses.
fn sizes() -> Option<Vec<String>> {
    let types = ["void *", "identifai_progress", "size_t", "int32_t", "uint32_t", "int64_t", "uint64_t", "double"];
    let print = types.map(|name| format!("printf(\"sizeof({name}) %d\\n\", (int)sizeof({name}));\n")).concat();
    let source = format!("#include \"identifai.h\"\n#include <stdio.h>\nint main(void) {{\n{print}return 0;\n}}\n");
    let directory = shared_library().parent().unwrap().to_owned();
    let (file, program) = (directory.join("capi-sizes.c"), directory.join("capi-sizes"));
    std::fs::write(&file, source).unwrap();
    run(compiler("c", "the ABI")?.arg("-o").arg(&program).arg(&file));
    Some(run(&mut Command::new(&program)).lines().map(str::to_owned).collect())
}

#[test]
#[cfg(target_pointer_width = "64")]
fn it_is_what_was_approved_of() {
    let Some(sizes) = sizes() else { return };
    let parts = [sizes, codes(), functions()];
    let found = parts.map(|lines| lines.join("\n") + "\n").join("\n");
    let approved = blessed(&capi("abi.txt"), &found);
    let (found, approved): (BTreeSet<_>, BTreeSet<_>) = (found.lines().collect(), approved.lines().collect());
    let gone: Vec<_> = approved.difference(&found).collect();
    assert!(gone.is_empty(), "programs that are built would break, as this is gone: {gone:#?}");
    let new: Vec<_> = found.difference(&approved).collect();
    assert!(new.is_empty(), "this is new; approve of it with IDENTIFAI_BLESS=1: {new:#?}");
}

#[test]
fn every_function_runs_where_panics_are_caught() {
    let source = FILES.map(|file| std::fs::read_to_string(source(file)).unwrap()).concat();
    let functions: Vec<_> = source.split("pub unsafe extern \"C\" fn ").skip(1).collect();
    // All but two, which take no pointer.
    assert_eq!(functions.len() + 2, self::functions().len());
    for function in functions {
        let (signature, body) = function.split_once(" {\n").unwrap();
        let body = body.split_once("\n}\n").unwrap().0;
        let caught = ["call(", "submit(", "read(", "make(", "free(", "free_object(", "set("];
        assert!(caught.iter().any(|run| body.contains(&format!(" {run}"))), "{function}");
        // Of a submit nobody knows after a panic whether it arrived.
        let submits = signature.contains("identifier: *mut *mut c_char");
        assert_eq!(body.contains(" submit(error, "), submits, "{function}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_else_is_exported() {
    let library = shared_library();
    if !there_is("nm", "the exported symbols") {
        return;
    }
    let symbols = run(Command::new("nm").args(["--dynamic", "--defined-only"]).arg(&library));
    let exported: BTreeSet<_> = symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let functions = functions();
    assert_eq!(exported, functions.iter().map(|function| name(function)).collect());
}
