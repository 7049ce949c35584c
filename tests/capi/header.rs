//! The header: made of the source, never stale, and good C and C++.

use crate::tools::{blessed, capi};

/// The header as cbindgen makes it of the source, with its version.
fn generated() -> String {
    let mut config = cbindgen::Config::from_file(capi("cbindgen.toml")).unwrap();
    config.after_includes = Some(format!(
        "\n/**\n * The version of this header; that of the library is `identifai_version()`.\n */\n\
         #define IDENTIFAI_VERSION \"{}\"\n#define IDENTIFAI_VERSION_MAJOR {}\n\
         #define IDENTIFAI_VERSION_MINOR {}\n#define IDENTIFAI_VERSION_PATCH {}",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ));
    // In the order in which they are read best.
    let files = ["library.rs", "failure.rs", "options.rs", "setters.rs", "submission.rs", "calls.rs", "report.rs"];
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = files.iter().fold(builder, |builder, file| builder.with_src(capi(file)));
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn the_header_is_that_of_the_source() {
    assert_eq!(generated(), blessed(&capi("identifai.h"), &generated()), "identifai.h is stale");
}
