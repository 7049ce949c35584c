//! The artefacts, as `docs/c.md` says how to build and link them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::Fixture;
use crate::tools::{capi, compiler, root, run, shared_library, static_library};

/// The documented command that links what is in `cat.c` to a library.
fn documented(library: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs/c.md")).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("cc -I crates/identifai-capi/include cat.c "));
    lines.into_iter().find(|line| line.contains(library)).unwrap().to_owned()
}

/// Does what is documented, but for the C program that does everything, and what is built without optimisation; and
/// runs that from elsewhere.
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
fn the_shared_library_is_linked_as_documented() {
    link("-lidentifai", shared_library().parent().unwrap());
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_static_library_needs_what_is_documented_and_no_more() {
    let (archive, said) = static_library();
    let needed = said.lines().find_map(|line| line.split_once("native-static-libs: ")).expect(&said).1;
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
fn what_cargo_c_installs_is_there() {
    let manifest = std::fs::read_to_string(capi("Cargo.toml")).unwrap();
    assert!(manifest.contains("from = \"include/identifai.h\"") && capi("include/identifai.h").is_file());
    assert!(manifest.contains("\ncapi = []\n"), "cargo-c skips packages without this feature");
}
