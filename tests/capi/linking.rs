//! The artefacts, as README says how to build and link them.

use std::process::Command;

use crate::tools::{beside, capi, compiler, library, root, run};
use crate::world::World;

/// What README says a program is linked with beside the static library.
fn documented() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let line = readme.lines().find(|line| line.contains("libidentifai.a -l")).expect("README's static link line");
    line.split_whitespace().filter(|word| word.starts_with("-l")).map(str::to_owned).collect()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_static_library_needs_what_readme_says_and_no_more() {
    let (archive, said) = library("staticlib", &["--", "--print", "native-static-libs"]);
    let needed = said.lines().find_map(|line| line.split_once("native-static-libs: ")).expect(&said).1;
    let mut needed: Vec<_> = needed.split_whitespace().map(str::to_owned).collect();
    let mut documented = documented();
    for libraries in [&mut needed, &mut documented] {
        libraries.sort();
        libraries.dedup();
    }
    assert_eq!(needed, documented);

    let Some(mut compiler) = compiler("c", "the static library") else { return };
    let program = archive.with_file_name("capi-static");
    compiler.args(["-std=c99", "-o"]).arg(&program).arg(beside("program.c")).arg(&archive);
    run(compiler.args(&documented));
    run(&mut World::new().command(&program));
    let linked = run(Command::new("ldd").arg(&program));
    assert!(!linked.contains("libidentifai"), "{linked}");
}

#[test]
fn what_cargo_c_installs_is_there() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("from = \"src/capi/identifai.h\"") && capi("identifai.h").is_file());
}
