//! A comparison of the public APIs of the library and the sandbox with two approved lists.
//!
//! With `IDENTIFAI_BLESS=1` the test rewrites the lists before it compares.

// A test that cannot continue panics.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages, the features to document them with, and their lists. TLS is disabled, because it takes long to build
/// and does not change the API.
const LISTS: [(&str, &[&str], &str); 2] = [
    ("identifai", &["--no-default-features", "--features", "journal"], "tests/public-api.txt"),
    ("identifai-sandbox", &[], "crates/identifai-sandbox/public-api.txt"),
];

/// The version of rustdoc's JSON format that the pinned `public-api` can read. Each version of Rust may write another
/// one.
const FORMAT: &str = "\"format_version\":57";

/// The auto traits that are internal to the compiler and not part of the public API.
const INTERNAL: [&str; 2] = ["core::marker::Freeze for ", "core::marker::UnsafeUnpin for "];

/// Runs rustdoc for `package`, and returns the path of its JSON file.
fn documented(package: &str, features: &[&str]) -> PathBuf {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    // A separate target directory, because cargo rebuilds all dependencies whenever RUSTC_BOOTSTRAP changes.
    let target = deps.parent().unwrap().parent().unwrap().join("public-api");
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo also rebuilds when these variables change, which it sets for a running test.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    // JSON output of rustdoc is unstable. This variable enables it on a stable toolchain.
    cargo.env("RUSTC_BOOTSTRAP", "1").current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["rustdoc", "--locked", "--quiet", "--lib", "--package", package]).args(features);
    cargo.arg("--target-dir").arg(&target);
    cargo.args(["--", "-Z", "unstable-options", "--output-format", "json"]);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("doc").join(package.replace('-', "_") + ".json")
}

#[test]
fn public_api_matches_the_approved_lists() {
    for (package, features, list) in LISTS {
        compare(package, &documented(package, features), &Path::new(env!("CARGO_MANIFEST_DIR")).join(list));
    }
}

fn compare(package: &str, json: &Path, list: &Path) {
    if !std::fs::read_to_string(json).unwrap().contains(FORMAT) {
        eprintln!("SKIPPED: comparing the public APIs, because this rustdoc writes another format than Rust 1.95");
        return;
    }
    let api = public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).build().unwrap();
    let found: BTreeSet<_> = api.items().map(ToString::to_string).collect();
    let found: Vec<_> = found.into_iter().filter(|line| !INTERNAL.iter().any(|word| line.contains(word))).collect();
    if std::env::var_os("IDENTIFAI_BLESS").is_some() {
        std::fs::write(list, found.join("\n") + "\n").unwrap();
    }
    let approved = std::fs::read_to_string(list).unwrap();
    let (found, approved): (BTreeSet<_>, BTreeSet<_>) =
        (found.iter().map(String::as_str).collect(), approved.lines().collect());
    let gone: Vec<_> = approved.difference(&found).collect();
    let new: Vec<_> = found.difference(&approved).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "{package}: removed: {gone:#?}\nadded: {new:#?}\nset IDENTIFAI_BLESS=1 to update the list"
    );
}
