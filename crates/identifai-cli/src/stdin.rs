//! Standard input as a file: a form states the length of its file before the content.

use std::fs::File;
use std::io::{self, Read as _};

use identifai::Format;

/// The largest file that any medium may be: 5 GiB.
const LARGEST: u64 = 5 << 30;

/// The content of standard input, in a temporary file.
pub(crate) struct Spooled {
    /// It has no name, so that it is gone however the program ends.
    pub(crate) file: File,
    pub(crate) len: u64,
    /// The name that it is uploaded under.
    pub(crate) name: String,
    pub(crate) format: Option<Format>,
}

impl Spooled {
    /// Reads standard input to its end, or to a length that is refused anyway.
    pub(crate) fn new() -> Result<Self, String> {
        Self::read().map_err(|error| format!("cannot read standard input into a temporary file: {error}"))
    }

    fn read() -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let len = io::copy(&mut io::stdin().lock().take(LARGEST + 1), &mut file)?;
        let format = Format::from_file(&mut file, "")?;
        let name = format!("stdin.{}", format.map_or("bin", |format| format.extension()));
        Ok(Self { file, len, name, format })
    }
}
