//! Tests of the header: it matches the source, every function is documented, and it is valid C and C++.

use std::path::PathBuf;

use crate::tools::{blessed, capi, compiler, run};

/// The files that the header is generated from, in the order in which it is read best.
pub(crate) const FILES: [&str; 7] =
    ["library.rs", "failure.rs", "options.rs", "setters.rs", "submission.rs", "calls.rs", "report.rs"];

/// Returns the path of a source file.
pub(crate) fn source(file: &str) -> PathBuf {
    capi("src").join(file)
}

/// Generates the header with cbindgen, including the version constants.
pub(crate) fn generated() -> String {
    let mut config = cbindgen::Config::from_file(capi("cbindgen.toml")).unwrap();
    config.after_includes = Some(format!(
        "\n/**\n * The version of this header. `identifai_version` returns the version of the library.\n */\n\
         #define IDENTIFAI_VERSION \"{}\"\n#define IDENTIFAI_VERSION_MAJOR {}\n\
         #define IDENTIFAI_VERSION_MINOR {}\n#define IDENTIFAI_VERSION_PATCH {}",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ));
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = FILES.iter().fold(builder, |builder, file| builder.with_src(source(file)));
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn header_matches_source() {
    let generated = generated();
    let committed = blessed(&capi("include/identifai.h"), &generated);
    assert!(generated == committed, "include/identifai.h is stale: regenerate it with IDENTIFAI_BLESS=1");
}

#[test]
fn header_documents_every_function() {
    let header = generated();
    let lines: Vec<_> = header.lines().collect();
    let declares = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains("identifai_");
    let undocumented = lines.windows(2).find(|pair| declares(pair[1]) && pair[0] != " */");
    assert_eq!(undocumented, None);
}

#[test]
fn header_is_valid_c_and_cpp() {
    for (language, standards) in [("c", &["c99", "c11", "c17"][..]), ("c++", &["c++11", "c++14", "c++17", "c++20"][..])]
    {
        for standard in standards {
            let Some(mut compiler) = compiler(language, &format!("the header as {standard}")) else { continue };
            compiler.arg(format!("-std={standard}")).args(["-fsyntax-only", "-x", language]);
            run(compiler.arg(capi("include/identifai.h")).arg("-Wno-pragma-once-outside-header"));
        }
    }
}
