//! Tests of the binary interface, on which programs that are already built rely.

use std::collections::BTreeSet;
use std::process::Command;

use crate::header::{FILES, generated, source};
use crate::tools::{blessed, capi, compiler, is_installed, run, shared_library};

/// Returns the declarations of functions in the header, each in one line and without its semicolon.
pub(crate) fn functions() -> Vec<String> {
    let header = generated();
    let code: Vec<_> = header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let code = code.concat();
    let code: Vec<_> = code.lines().filter(|line| !line.starts_with('#') && !line.contains(['{', '}'])).collect();
    let code = code.join("\n");
    let declarations = code.split(';').map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "));
    declarations.filter(|line| line.ends_with(')') && !line.starts_with("typedef")).collect()
}

/// Returns the name of the function in a line of [`functions`].
pub(crate) fn name(function: &str) -> &str {
    function.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap()
}

fn codes() -> Vec<String> {
    let header = generated();
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define ")).map(str::to_owned);
    defined.filter(|line| line.contains(' ') && !line.starts_with("IDENTIFAI_VERSION")).collect()
}

/// Returns the size of each type that the interface uses, as the C compiler computes it.
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
fn abi_matches_approved_list() {
    let Some(sizes) = sizes() else { return };
    let parts = [sizes, codes(), functions()];
    let found = parts.map(|lines| lines.join("\n") + "\n").join("\n");
    let approved = blessed(&capi("abi.txt"), &found);
    let (found, approved): (BTreeSet<_>, BTreeSet<_>) = (found.lines().collect(), approved.lines().collect());
    let gone: Vec<_> = approved.difference(&found).collect();
    assert!(gone.is_empty(), "removed, which would break programs that are already built: {gone:#?}");
    let new: Vec<_> = found.difference(&approved).collect();
    assert!(new.is_empty(), "added; approve it with IDENTIFAI_BLESS=1: {new:#?}");
}

#[test]
fn every_function_catches_panics() {
    let source = FILES.map(|file| std::fs::read_to_string(source(file)).unwrap()).concat();
    let functions: Vec<_> = source.split("pub unsafe extern \"C\" fn ").skip(1).collect();
    // Two functions are missing in `functions`: they take no pointer, so they are not unsafe.
    assert_eq!(functions.len() + 2, self::functions().len());
    for function in functions {
        let (signature, body) = function.split_once(" {\n").unwrap();
        let body = body.split_once("\n}\n").unwrap().0;
        let caught = ["call(", "submit(", "read(", "make(", "free(", "free_object(", "set("];
        assert!(caught.iter().any(|run| body.contains(&format!(" {run}"))), "{function}");
        // After a panic in a submit, it is not known if the submit arrived.
        let submits = signature.contains("identifier: *mut *mut c_char");
        assert_eq!(body.contains(" submit(error, "), submits, "{function}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn library_exports_header_functions_only() {
    let library = shared_library();
    if !is_installed("nm", "the exported symbols") {
        return;
    }
    let symbols = run(Command::new("nm").args(["--dynamic", "--defined-only"]).arg(&library));
    let exported: BTreeSet<_> = symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let functions = functions();
    assert_eq!(exported, functions.iter().map(|function| name(function)).collect());
}
