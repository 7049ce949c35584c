//! Pictures in the page of a batch: small image files and heatmaps.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use identifai::{Client, ErrorKind, Format, Identifier, Submitted};
use serde::Serialize;

use crate::error_text;

/// The maximum size of a file to embed, in bytes.
const MAX_FILE_LEN: u64 = 256 << 10;
/// The maximum size of a heatmap, in bytes.
const MAX_HEATMAP_LEN: usize = 1 << 20;
/// The maximum size of all pictures of a page together, in bytes.
const MAX_TOTAL_LEN: usize = 32 << 20;

/// A picture in a page.
#[derive(Serialize)]
pub(super) struct Picture {
    alt: &'static str,
    format: &'static str,
    /// The bytes of the picture in base64.
    data: String,
}

impl Picture {
    fn new(alt: &'static str, format: &'static str, bytes: &[u8]) -> Self {
        Self { alt, format, data: BASE64.encode(bytes) }
    }
}

/// A source of pictures, up to the maximum size of all pictures of a page.
pub(super) struct Pictures<'a> {
    client: &'a Client,
    should_continue: &'a dyn Fn() -> bool,
    /// The number of bytes left for pictures.
    left: usize,
    /// The reason why no more heatmaps are fetched.
    stop_reason: Option<String>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(client: &'a Client, should_continue: &'a dyn Fn() -> bool) -> Self {
        Self { client, should_continue, left: MAX_TOTAL_LEN, stop_reason: None }
    }

    /// Returns a file as a picture, if it is small enough and of a format that browsers display.
    pub(super) fn file(&mut self, path: &Path) -> Option<Picture> {
        let (format, bytes) = read(path)?;
        self.left = self.left.checked_sub(bytes.len())?;
        Some(Picture::new("", format, &bytes))
    }

    /// Fetches a heatmap, or returns the reason why it is missing.
    pub(super) fn heatmap(&mut self, identifier: &Identifier) -> Result<Picture, String> {
        if !(self.should_continue)() {
            return Err("not fetched, because the run was interrupted".to_owned());
        }
        if let Some(reason) = &self.stop_reason {
            return Err(reason.clone());
        }
        let heatmap = self.client.heatmap(&Submitted::new(identifier.clone())).map_err(|error| {
            // An error that does not concern this heatmap would repeat with the next one, perhaps after a timeout.
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedResponse) {
                self.stop_reason = Some("not fetched, because an earlier one failed".to_owned());
            }
            error_text::to_cli_text(&error)
        })?;
        let bytes = heatmap.as_bytes();
        if bytes.len() > MAX_HEATMAP_LEN {
            return Err(format!("larger than {} MiB", MAX_HEATMAP_LEN >> 20));
        }
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            let full = format!("left out, because a page has at most {} MiB of pictures", MAX_TOTAL_LEN >> 20);
            return Err(self.stop_reason.insert(full).clone());
        };
        self.left = left;
        Ok(Picture::new("heatmap", "png", bytes))
    }
}

/// Reads a small file, and detects its format from its content.
fn read(path: &Path) -> Option<(&'static str, Vec<u8>)> {
    // Only regular files are opened, because opening a pipe would block.
    if !path.metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_FILE_LEN) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_FILE_LEN).read_to_end(&mut bytes).ok()?;
    let format = match Format::from_bytes(&bytes)?.extension() {
        "png" => "png",
        "jpg" | "jpeg" => "jpeg",
        "gif" => "gif",
        "webp" => "webp",
        _ => return None,
    };
    Some((format, bytes))
}
