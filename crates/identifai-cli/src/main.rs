//! The program `identifai`. Its code is in the library of this crate.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    identifai_cli::main()
}
