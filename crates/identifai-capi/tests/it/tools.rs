//! What the tests are made with: the library, compilers, and files that a person has approved of.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// Set to approve of what the tests find, rather than to compare with it.
const BLESS: &str = "IDENTIFAI_BLESS";

/// What nobody may complain about.
pub(crate) const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A file of this crate.
pub(crate) fn capi(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file beside this one.
pub(crate) fn beside(name: &str) -> PathBuf {
    capi("tests/it").join(name)
}

/// What is approved of; with `IDENTIFAI_BLESS=1` that is `new`.
pub(crate) fn blessed(path: &Path, new: &str) -> String {
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, new).unwrap();
    }
    std::fs::read_to_string(path).unwrap()
}

/// Where cargo puts what it builds without optimisation, and the programs made here.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    deps.parent().unwrap().parent().unwrap().join("debug")
});

/// Builds this crate with `command`, and returns the output of cargo.
fn cargo(command: &str, arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // With what cargo tells a test of its package, dependencies that look at it are built anew, here and by the next
    // cargo.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args([command, "--locked", "--package", "identifai-capi", "--target-dir"])
        .arg(BUILT.parent().unwrap())
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    said
}

/// The shared library, built as README says, but without `--release`.
pub(crate) fn shared_library() -> PathBuf {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        cargo("build", &[]);
        BUILT.join(format!("{DLL_PREFIX}identifai{DLL_SUFFIX}"))
    });
    LIBRARY.clone()
}

/// The static library, and what cargo prints about the libraries that it needs.
pub(crate) fn static_library() -> (PathBuf, String) {
    // Builds both libraries first. Building the shared one later, in another thread, would replace the static one while
    // it is linked to.
    shared_library();
    let said = cargo("rustc", &["--crate-type", "staticlib", "--", "--print", "native-static-libs"]);
    (BUILT.join("libidentifai.a"), said)
}

/// Whether a tool is there. If not, says that `what` is skipped.
pub(crate) fn there_is(tool: &str, what: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("SKIPPED: {what}, as there is no {tool}");
    }
    found
}

/// The compiler of a language, `c` or `c++`, if there is one; else says that `what` is skipped.
pub(crate) fn compiler(language: &str, what: &str) -> Option<Command> {
    let compiler = if language == "c" { "cc" } else { "c++" };
    there_is(compiler, what).then(|| {
        let mut command = Command::new(compiler);
        command.args(STRICT).arg("-I").arg(capi("include")).arg("-I").arg(beside(""));
        command
    })
}

/// Makes a program of a source, linked to the library, if there is a compiler.
pub(crate) fn program(source: &Path) -> Option<PathBuf> {
    let name = source.file_name().unwrap().to_str().unwrap();
    let language = if source.extension().unwrap() == "c" { "c" } else { "c++" };
    let mut command = compiler(language, name)?;
    let library = shared_library();
    let program = BUILT.join(format!("capi-{}", name.replace('.', "-")));
    // C++ as it was when it was young: what is newer is in `header.rs`.
    command.arg(if language == "c" { "-std=c99" } else { "-std=c++11" });
    let directory = library.parent().unwrap();
    command.args(["-g", "-pthread", "-o"]).arg(&program).arg(source).arg("-L").arg(directory).arg("-lidentifai");
    command.arg(format!("-Wl,-rpath,{}", directory.display()));
    run(&mut command);
    Some(program)
}

/// Runs a command that shall succeed, and returns what it said.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

/// Runs a program with an eye on its memory, if there is a tool for that.
pub(crate) fn memcheck(program: &Path, run: impl FnOnce(&Command) -> String) {
    if there_is("valgrind", &format!("{} with an eye on its memory", program.display())) {
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
        command.arg("--errors-for-leak-kinds=definite,indirect,possible");
        command.arg(format!("--suppressions={}", beside("valgrind.supp").display())).arg(program);
        run(&command);
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
