//! Calls every function with every pointer NULL and every string not UTF-8, in a C program that is generated from the
//! declarations in the header.

use crate::abi::{functions, name};
use crate::fixture::Fixture;
use crate::tools::{memcheck, program, run, shared_library};

/// Returns a valid argument of a type. Every call has an invalid argument, too, so no call gets far enough to use the
/// valid ones.
fn argument(kind: &str) -> &'static str {
    match kind {
        "const identifai_client *" => "client",
        "const identifai_options *" | "identifai_options *" => "options",
        "identifai_client **" => "&a_client",
        "identifai_report **" => "&a_report",
        "identifai_error **" => "&error",
        "char **" => "&a_text",
        "uint8_t **" => "&some_bytes",
        "size_t *" => "&a_length",
        "double *" => "&a_number",
        "int32_t *" => "&a_code",
        "const char *" => "\"8d64370a\"",
        "const uint8_t *" => "(const uint8_t *)\"GIF89a\"",
        "size_t" => "6",
        "identifai_progress" => "progress",
        "int32_t" | "uint32_t" | "uint64_t" | "double" => "1",
        "void *" => "NULL",
        // Pointers to free are always NULL here.
        _ if kind.ends_with('*') => "NULL",
        _ => panic!("no argument of type {kind}"),
    }
}

/// Returns `true` if the parameter may be NULL.
fn may_be_null(function: &str, parameter: &str) -> bool {
    matches!(parameter, "error" | "user_data" | "available" | "spent")
        || (function.starts_with("identifai_submit_") && parameter == "options")
}

/// Returns the parameters of a declaration, each with its type and name.
fn parameters(function: &str) -> Vec<(&str, &str)> {
    let list = function.split_once('(').unwrap().1.trim_end_matches(')');
    let parameters = list.split(", ").filter(|parameter| *parameter != "void");
    parameters
        .map(|parameter| parameter.split_at(parameter.rfind([' ', '*']).unwrap() + 1))
        .map(|(kind, name)| (kind.trim(), name))
        .collect()
}

/// Generates statements that call a function with each of its arguments invalid, and then with all of them NULL.
fn calls(function: &str) -> String {
    let (name, parameters) = (name(function), parameters(function));
    let reads = function.contains("(const identifai_report *") || function.contains("(const identifai_error *");
    // `invalid` returns the invalid argument at an index, if there is one.
    let call = |which: &str, invalid: &dyn Fn(usize) -> Option<&'static str>| {
        let arguments =
            parameters.iter().enumerate().map(|(at, (kind, _))| invalid(at).unwrap_or_else(|| argument(kind)));
        let call = format!("{name}({})", arguments.collect::<Vec<_>>().join(", "));
        match function.split("identifai_").next() {
            Some("int32_t ") if !reads => format!("    rejected({call}, \"{which}\");\n"),
            Some("const char *") if reads => format!("    CHECK({call} == NULL);\n"),
            Some("") => format!("    identifai_options_free({call});\n"),
            _ => format!("    {call};\n"),
        }
    };
    let mut calls = String::new();
    for (at, (kind, parameter)) in parameters.iter().enumerate() {
        if kind.ends_with('*') && !may_be_null(name, parameter) {
            calls += &call(parameter, &|other| (other == at).then_some("NULL"));
        }
        if *kind == "const char *" {
            calls += &call(parameter, &|other| (other == at).then_some("\"\\xff\""));
        }
    }
    let all_null = call("", &|at| parameters[at].0.ends_with('*').then_some("NULL"));
    if parameters.is_empty() { calls } else { calls + &all_null }
}

fn source() -> String {
    let functions = functions();
    assert!(functions.len() > 70, "{functions:#?}");
    let calls: String = functions.iter().map(|function| calls(function)).collect();
    include_str!("error_codes.c").replace("/* calls */", &calls)
}

#[test]
fn invalid_arguments_are_rejected() {
    let directory = shared_library().parent().unwrap().to_owned();
    let file = directory.join("error_codes.c");
    std::fs::write(&file, source()).unwrap();
    let Some(program) = program(&file) else { return };
    let fixture = Fixture::new();
    run(&mut fixture.command(&program));
    memcheck(&program, |valgrind| run(fixture.command(valgrind.get_program()).args(valgrind.get_args())));
    assert_eq!(fixture.failing.requests().len(), 0, "nothing is sent");
}
