//! Standard input as a temporary file: a form states the length of its file before the content.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};

use identifai::Format;

/// The maximum size of a file of any medium: 5 GiB.
const MAX_LEN: u64 = 5 << 30;

/// Checks that at most one of the inputs is standard input.
pub(crate) fn check_given_once(inputs: &[OsString]) -> Result<(), String> {
    if inputs.iter().filter(|input| *input == "-").count() > 1 {
        return Err("`-` can be given only once, as standard input can be read only once".to_owned());
    }
    Ok(())
}

/// The content of standard input, in a temporary file.
pub(crate) struct Spooled {
    /// The file has no name, so it is removed even if the program is killed.
    pub(crate) file: File,
    pub(crate) len: u64,
    /// The file name in the upload.
    pub(crate) name: String,
    pub(crate) format: Option<Format>,
}

impl Spooled {
    /// Reads standard input to its end. Reading stops one byte after [`MAX_LEN`], because a longer file is refused
    /// anyway.
    pub(crate) fn new() -> Result<Self, String> {
        Self::read().map_err(|error| format!("cannot copy standard input to a temporary file: {error}"))
    }

    fn read() -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let len = io::copy(&mut io::stdin().lock().take(MAX_LEN + 1), &mut file)?;
        let format = Format::from_file(&mut file, "")?;
        let name = format!("stdin.{}", format.map_or("bin", |format| format.extension()));
        Ok(Self { file, len, name, format })
    }
}
