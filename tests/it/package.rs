//! Checks of the published package: it has every file that users need, and no other.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// Returns the lines that a command prints, or its standard error if it fails. Returns `None` if the command does not
/// exist.
fn lines(command: &mut Command) -> Option<Result<BTreeSet<String>, String>> {
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    if !output.status.success() {
        return Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Some(Ok(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()))
}

/// Returns the files of the repository and the files of its package. Returns `None` outside of a repository, for
/// example when the tests run inside an unpacked package.
fn files() -> Option<[BTreeSet<String>; 2]> {
    let committed = match lines(Command::new("git").args(["ls-files", "--cached"])) {
        Some(Ok(committed)) if !committed.is_empty() => committed,
        _ => {
            eprintln!("SKIPPED: checking the package, because there is no git or no repository");
            return None;
        }
    };
    let arguments = ["package", "--package", "identifai", "--list", "--allow-dirty", "--offline"];
    match lines(Command::new(env!("CARGO")).args(arguments)) {
        Some(Ok(packaged)) => Some([committed, packaged]),
        Some(Err(stderr)) if !stderr.contains("you're using offline mode") => panic!("cargo package --list: {stderr}"),
        _ => {
            eprintln!("SKIPPED: checking the package, because cargo has no offline index of all dependencies");
            None
        }
    }
}

/// Resolves `path`, which `file` refers to, against the directory of `file`.
fn from_root(file: &str, path: &str) -> String {
    let mut whole = PathBuf::new();
    for component in Path::new(file).parent().unwrap().join(path).components() {
        match component {
            Component::ParentDir => assert!(whole.pop(), "{file} refers to a path outside of the package: {path}"),
            component => whole.push(component),
        }
    }
    whole.to_str().unwrap().replace('\\', "/")
}

/// Returns each part of `text` between `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: char) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn package_has_every_needed_file_and_no_other() {
    let Some([committed, packaged]) = files() else { return };
    let named = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT"];
    for file in named {
        assert!(packaged.contains(file), "{file} is not packaged");
    }

    let folders = ["docs/", "examples/", "src/", "tests/fixtures/"];
    let is_in_folder = |file: &&String| folders.iter().any(|folder| file.starts_with(folder));
    let missing: Vec<_> = committed.iter().filter(is_in_folder).filter(|file| !packaged.contains(*file)).collect();
    assert!(missing.is_empty(), "not packaged: {missing:#?}");
    let by_cargo = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
    let more = |file: &&String| {
        let at_root = named.contains(&file.as_str()) || *file == "CONTRIBUTING.md" || by_cargo.contains(&file.as_str());
        !at_root && !is_in_folder(file)
    };
    let more: Vec<_> = packaged.iter().filter(more).collect();
    assert!(more.is_empty(), "packaged, but not needed: {more:#?}");

    for file in packaged.iter().filter(|file| committed.contains(*file)) {
        let size = std::fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap().len();
        assert!(size <= 100_000, "{file} has {size} bytes");
    }
}

#[test]
fn package_links_and_includes_are_packaged() {
    let Some([_, packaged]) = files() else { return };
    for file in packaged.iter().filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "rs")) {
        let source = read(file);
        for path in between(&source, "include_str!(\"", '"') {
            let included = from_root(file, path);
            assert!(packaged.contains(&included), "{file} includes {included}");
        }
    }
    // These directories are in the repository only.
    let not_packaged = ["benches/", "crates/", "fuzz/", "tests/"];
    let is_external = |path: &str| path.contains("://") || not_packaged.iter().any(|start| path.starts_with(start));
    for file in packaged.iter().filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "md")) {
        for link in between(&read(file), "](", ')') {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || is_external(path) {
                continue;
            }
            let path = from_root(file, path);
            let found = packaged.iter().any(|file| *file == path || file.starts_with(&format!("{path}/")));
            assert!(found || is_external(&path), "{file} links to {path}");
        }
    }
}
