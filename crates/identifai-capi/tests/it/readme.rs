//! What README shows of the interface does what it says.

use std::path::PathBuf;

use crate::fixture::Fixture;
use crate::tools::{program, root, run, shared_library, there_is};

/// The first block of a language in README.
fn snippet(language: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let start = format!("```{language}\n");
    readme.split_once(&start).unwrap().1.split_once("```").unwrap().0.to_owned()
}

/// A file of that name with that text, in a directory that has `cat.png`.
fn written(fixture: &Fixture, name: &str, text: &str) -> PathBuf {
    let directory = shared_library().with_file_name("capi-readme");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::copy(&fixture.image, directory.join("cat.png")).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_snippet_in_c_prints_a_verdict() {
    let (fixture, text) = (Fixture::new(), snippet("c"));
    assert!(text.lines().count() <= 20, "README says it is short");
    let source = written(&fixture, "cat.c", &text);
    let Some(program) = program(&source) else { return };
    let said = run(fixture.command(program).current_dir(source.parent().unwrap()));
    assert!(said.contains("(AverageExcludeObsolete; sandbox "), "{said}");
}

#[test]
fn the_snippet_in_python_prints_a_verdict() {
    if !there_is("python3", "README's snippet in Python") {
        return;
    }
    let (fixture, text) = (Fixture::new(), snippet("python"));
    assert!(text.lines().count() <= 15, "README says it is short");
    let release = "target/release/libidentifai.so";
    assert!(text.contains(release));
    let text = text.replace(release, shared_library().to_str().unwrap());
    let source = written(&fixture, "cat.py", &text);
    let said = run(fixture.command("python3").arg(&source).current_dir(source.parent().unwrap()));
    assert!(said.contains("(AverageExcludeObsolete; sandbox "), "{said}");
}
