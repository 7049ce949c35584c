//! Tests that the examples in README and in the header work.

use std::path::PathBuf;

use crate::fixture::Fixture;
use crate::tools::{capi, is_installed, program, root, run, shared_library};

/// Returns the first code block of a language in README.
fn snippet(language: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let start = format!("```{language}\n");
    readme.split_once(&start).unwrap().1.split_once("```").unwrap().0.to_owned()
}

/// Writes a file with the given name and text to a directory that contains `cat.png`.
fn write(fixture: &Fixture, name: &str, text: &str) -> PathBuf {
    let directory = shared_library().with_file_name("capi-readme");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::copy(&fixture.image, directory.join("cat.png")).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn readme_c_example_prints_verdict() {
    let (fixture, text) = (Fixture::new(), snippet("c"));
    assert!(text.lines().count() <= 20, "README says it is short");
    run_c(&fixture, "cat.c", &text);
}

#[test]
fn header_example_prints_verdict() {
    let header = std::fs::read_to_string(capi("include/identifai.h")).unwrap();
    let comment = header.split_once("*/").unwrap().0;
    let example: Vec<_> = comment.lines().map(|line| line.strip_prefix(" *     ").unwrap_or_default()).collect();
    run_c(&Fixture::new(), "header-example.c", &example.join("\n"));
}

/// Compiles and runs a C program, and checks that it prints a verdict.
fn run_c(fixture: &Fixture, name: &str, text: &str) {
    let source = write(fixture, name, text);
    let Some(program) = program(&source) else { return };
    let output = run(fixture.command(program).current_dir(source.parent().unwrap()));
    assert!(output.contains("(AverageExcludeObsolete; sandbox "), "{output}");
}

#[test]
fn readme_python_example_prints_verdict() {
    if !is_installed("python3", "README's snippet in Python") {
        return;
    }
    let (fixture, text) = (Fixture::new(), snippet("python"));
    assert!(text.lines().count() <= 15, "README says it is short");
    let release = "target/release/libidentifai.so";
    assert!(text.contains(release));
    let text = text.replace(release, shared_library().to_str().unwrap());
    let source = write(&fixture, "cat.py", &text);
    let output = run(fixture.command("python3").arg(&source).current_dir(source.parent().unwrap()));
    assert!(output.contains("(AverageExcludeObsolete; sandbox "), "{output}");
}
