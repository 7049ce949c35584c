//! The program `identifai`; see the library beside this file.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    identifai_cli::main()
}
