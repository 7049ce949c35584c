//! The public interfaces of the library and of the sandbox, which two lists hold: nothing is gone from them, and
//! nothing new in them, unseen.
//!
//! With `IDENTIFAI_BLESS=1` the lists are written anew, rather than compared.

// A test that cannot go on shall panic.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages, the features they are documented with, and their lists. Without TLS, which changes nothing of the
/// interface and takes long to build.
const LISTS: [(&str, &[&str], &str); 2] = [
    ("identifai", &["--no-default-features", "--features", "journal"], "tests/public-api.txt"),
    ("identifai-sandbox", &[], "crates/identifai-sandbox/public-api.txt"),
];

/// What stands in what rustdoc writes, if the pinned `public-api` can read it: each version of Rust may have another
/// format.
const FORMAT: &str = "\"format_version\":57";

/// Auto traits that are no promise to anyone: only compilers know them.
const INTERNAL: [&str; 2] = ["core::marker::Freeze for ", "core::marker::UnsafeUnpin for "];

/// Returns the file of what rustdoc has to say about `package`.
fn documented(package: &str, features: &[&str]) -> PathBuf {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    // A directory of its own, as dependencies are built anew whenever RUSTC_BOOTSTRAP comes or goes.
    let target = deps.parent().unwrap().parent().unwrap().join("public-api");
    let mut cargo = Command::new(env!("CARGO"));
    // So they are when what cargo tells a test of its package does.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    // The variable lets a stable rustdoc write JSON, which only a nightly one does by itself.
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
        eprintln!("SKIPPED: the public interfaces, as this rustdoc writes another format than that of Rust 1.95");
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
        "{package}: this is gone: {gone:#?}\nthis is new: {new:#?}\nwrite the list anew with IDENTIFAI_BLESS=1"
    );
}
