//! Tests of the libraries: they are built and linked as `docs/c.md` documents.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::Fixture;
use crate::tools::{capi, compiler, root, run, shared_library, static_library};

/// Returns the documented command that links `cat.c` to a library.
fn documented(library: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs/c.md")).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("cc -I crates/identifai-capi/include cat.c "));
    lines.into_iter().find(|line| line.contains(library)).unwrap().to_owned()
}

/// Runs the documented command, with two changes: it compiles `program.c`, and it links to the library that is built
/// without optimization. Then runs the program from another directory.
fn link(library: &str, directory: &Path) -> Option<PathBuf> {
    compiler("c", &format!("linking to {library}"))?;
    let program = directory.join(format!("capi-linked-{}", library.trim_start_matches('-')));
    let command = documented(library)
        .replace("$PWD/target/release", directory.to_str().unwrap())
        .replace("target/release", directory.to_str().unwrap())
        .replace("cat.c", "crates/identifai-capi/tests/it/program.c")
        .replace("-o cat", &format!("-o '{}'", program.display()));
    run(Command::new("sh").arg("-c").arg(command).current_dir(root()));
    run(Fixture::new().command(&program).current_dir("/"));
    Some(program)
}

#[test]
fn shared_library_links_as_documented() {
    link("-lidentifai", shared_library().parent().unwrap());
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn static_library_needs_documented_libraries() {
    let (archive, output) = static_library();
    let needed = output.lines().find_map(|line| line.split_once("native-static-libs: ")).expect(&output).1;
    let mut needed: Vec<_> = needed.split_whitespace().map(str::to_owned).collect();
    let documented = documented("libidentifai.a");
    let mut documented: Vec<_> =
        documented.split(' ').filter(|word| word.starts_with("-l")).map(str::to_owned).collect();
    for libraries in [&mut needed, &mut documented] {
        libraries.sort();
        libraries.dedup();
    }
    assert_eq!(needed, documented);

    let Some(program) = link("libidentifai.a", archive.parent().unwrap()) else { return };
    let linked = run(Command::new("ldd").arg(&program));
    assert!(!linked.contains("libidentifai"), "{linked}");
}

#[test]
fn cargo_c_files_exist() {
    let manifest = std::fs::read_to_string(capi("Cargo.toml")).unwrap();
    assert!(manifest.contains("from = \"include/identifai.h\"") && capi("include/identifai.h").is_file());
    assert!(manifest.contains("\ncapi = []\n"), "cargo-c skips packages without this feature");
}
