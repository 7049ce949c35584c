//! Helpers of the tests: the library, compilers, and approved files.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The environment variable that approves what the tests find, instead of comparing it.
const BLESS: &str = "IDENTIFAI_BLESS";

/// The warnings that must not occur.
pub(crate) const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// Returns the root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns the path of a file of this crate.
pub(crate) fn capi(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the path of a file in this directory.
pub(crate) fn test_file(name: &str) -> PathBuf {
    capi("tests/it").join(name)
}

/// Returns the approved content of a file. With `IDENTIFAI_BLESS=1` it writes and returns `new`.
pub(crate) fn blessed(path: &Path, new: &str) -> String {
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, new).unwrap();
    }
    std::fs::read_to_string(path).unwrap()
}

/// The directory of cargo's unoptimized builds, and of the programs that the tests compile.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    deps.parent().unwrap().parent().unwrap().join("debug")
});

/// Builds this crate with `command`, and returns the output of cargo.
fn cargo(command: &str, arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // cargo sets these variables for tests. Dependencies that read them would be rebuilt here, and again by the next
    // cargo command.
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
    let output_text = text(&output);
    assert!(output.status.success(), "{output_text}");
    output_text
}

/// Builds the shared library as README documents, but without `--release`, and returns its path.
pub(crate) fn shared_library() -> PathBuf {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        cargo("build", &[]);
        BUILT.join(format!("{DLL_PREFIX}identifai{DLL_SUFFIX}"))
    });
    LIBRARY.clone()
}

/// Builds the static library. Returns its path and cargo's list of the libraries that it needs.
pub(crate) fn static_library() -> (PathBuf, String) {
    // This builds both libraries. If another test built the shared library later, it would replace the static library
    // while a program is being linked to it.
    shared_library();
    let output_text = cargo("rustc", &["--crate-type", "staticlib", "--", "--print", "native-static-libs"]);
    (BUILT.join("libidentifai.a"), output_text)
}

/// Returns `true` if a tool is installed. Otherwise prints that `what` is skipped.
pub(crate) fn is_installed(tool: &str, what: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("SKIPPED: {what}, because {tool} is not installed");
    }
    found
}

/// Returns the compiler of a language, `c` or `c++`, if it is installed. Otherwise prints that `what` is skipped.
pub(crate) fn compiler(language: &str, what: &str) -> Option<Command> {
    let compiler = if language == "c" { "cc" } else { "c++" };
    is_installed(compiler, what).then(|| {
        let mut command = Command::new(compiler);
        command.args(STRICT).arg("-I").arg(capi("include")).arg("-I").arg(test_file(""));
        command
    })
}

/// Compiles a program and links it to the shared library, if there is a compiler.
pub(crate) fn program(source: &Path) -> Option<PathBuf> {
    let name = source.file_name().unwrap().to_str().unwrap();
    let language = if source.extension().unwrap() == "c" { "c" } else { "c++" };
    let mut command = compiler(language, name)?;
    let library = shared_library();
    let program = BUILT.join(format!("capi-{}", name.replace('.', "-")));
    // The oldest supported standards. `header.rs` tests the newer ones.
    command.arg(if language == "c" { "-std=c99" } else { "-std=c++11" });
    let directory = library.parent().unwrap();
    command.args(["-g", "-pthread", "-o"]).arg(&program).arg(source).arg("-L").arg(directory).arg("-lidentifai");
    command.arg(format!("-Wl,-rpath,{}", directory.display()));
    run(&mut command);
    Some(program)
}

/// Runs a command that must succeed, and returns its output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let output_text = text(&output);
    assert!(output.status.success(), "{command:?}: {}\n{output_text}", output.status);
    output_text
}

/// Runs a program under valgrind if it is installed, and fails on leaks and memory errors.
pub(crate) fn memcheck(program: &Path, run: impl FnOnce(&Command) -> String) {
    if is_installed("valgrind", &format!("{} under valgrind", program.display())) {
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
        command.arg("--errors-for-leak-kinds=definite,indirect,possible");
        command.arg(format!("--suppressions={}", test_file("valgrind.supp").display())).arg(program);
        run(&command);
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
