//! What the tests are made with: the library, compilers, and files that a person has approved of.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, Mutex};

/// Set to approve of what the tests find, rather than to compare with it.
const BLESS: &str = "IDENTIFAI_BLESS";

/// What nobody may complain about.
pub(crate) const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the C interface's source.
pub(crate) fn capi(name: &str) -> PathBuf {
    root().join("src/capi").join(name)
}

/// A file beside this one.
pub(crate) fn beside(name: &str) -> PathBuf {
    root().join("tests/capi").join(name)
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

/// The library in a form that C links to, as README says how to build it but for optimisation, and what cargo had to
/// say.
pub(crate) fn library(form: &str, arguments: &[&str]) -> (PathBuf, String) {
    // One at a time: another form replaces nothing, but other arguments do.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // With what cargo tells a test of its package, dependencies that look at it are built anew, here and by the next
    // cargo.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["rustc", "--locked", "--lib", "--features", "capi", "--crate-type", form, "--target-dir"])
        .arg(BUILT.parent().unwrap())
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let (before, after) = match form {
        "staticlib" => ("lib", ".a"),
        _ => (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX),
    };
    (BUILT.join(format!("{before}identifai{after}")), said)
}

pub(crate) fn shared_library() -> PathBuf {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| library("cdylib", &[]).0);
    LIBRARY.clone()
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
        command.args(STRICT).arg("-I").arg(capi("")).arg("-I").arg(beside(""));
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
