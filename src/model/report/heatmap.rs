//! The heatmap of an image, as a PNG that was checked for completeness.

use std::fmt;
use std::io::{self, Write};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A heatmap of an image, as a PNG. It marks the regions that look artificial.
///
/// The signature, the header and the end of the PNG were checked, so this is neither an error page nor a truncated
/// file. The data between them was not decoded. A heatmap serializes as its width, height and number of bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Heatmap {
    png: Vec<u8>,
    width: u32,
    height: u32,
}

/// The signature of a PNG (PNG specification, third edition, section 5.2).
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The length and the type of the first chunk (section 11.2.1). The chunk has 13 bytes of data.
const HEADER: &[u8] = b"\0\0\0\x0dIHDR";
/// The last chunk with its checksum (section 11.2.5).
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

impl Heatmap {
    /// Checks that `png` is a complete PNG. The error consists of the reason and the bytes.
    pub(crate) fn read(png: Vec<u8>) -> Result<Self, (&'static str, Vec<u8>)> {
        match size(&png) {
            Ok((width, height)) => Ok(Self { png, width, height }),
            Err(reason) => Err((reason, png)),
        }
    }

    /// Returns the bytes of the PNG.
    pub fn as_bytes(&self) -> &[u8] {
        &self.png
    }

    /// Returns the bytes of the PNG without copying them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.png
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Writes the PNG to a writer, such as a file, and flushes the writer.
    ///
    /// # Errors
    ///
    /// The errors of the writer.
    pub fn write_to(&self, mut writer: impl Write) -> io::Result<()> {
        writer.write_all(&self.png)?;
        writer.flush()
    }
}

/// Returns the width and height of a complete PNG. The error is the reason why it is not one.
fn size(png: &[u8]) -> Result<(u32, u32), &'static str> {
    let rest = png.strip_prefix(SIGNATURE).ok_or("not a PNG")?;
    let header = rest.strip_prefix(HEADER).ok_or("a PNG without a header")?;
    let (width, rest) = header.split_first_chunk().ok_or("a PNG without a size")?;
    let height = rest.first_chunk().ok_or("a PNG without a size")?;
    let size = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
    // Whitespace after the end does no harm, so it is accepted.
    if png.trim_ascii_end().ends_with(END) { Ok(size) } else { Err("a truncated PNG") }
}

impl AsRef<[u8]> for Heatmap {
    fn as_ref(&self) -> &[u8] {
        &self.png
    }
}

/// Serializes the width, the height and the number of bytes, but not the PNG itself.
impl Serialize for Heatmap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Heatmap", 3)?;
        fields.serialize_field("width", &self.width)?;
        fields.serialize_field("height", &self.height)?;
        fields.serialize_field("bytes", &self.png.len())?;
        fields.end()
    }
}

impl fmt::Debug for Heatmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { png, width, height } = self;
        f.debug_struct("Heatmap").field("width", width).field("height", height).field("bytes", &png.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heatmap_must_be_a_complete_png() {
        let header = [&b"\0\0\0\x10\0\0\0\x09"[..], b"\x08\x02\0\0\0crc_"].concat();
        let png = [SIGNATURE, HEADER, &header, b"data", END].concat();
        let heatmap = Heatmap::read(png.clone()).unwrap();
        assert_eq!((heatmap.width(), heatmap.height(), heatmap.as_bytes()), (16, 9, png.as_slice()));
        assert_eq!(heatmap.as_ref(), heatmap.as_bytes());
        assert_eq!(format!("{heatmap:?}"), format!("Heatmap {{ width: 16, height: 9, bytes: {} }}", png.len()));
        let json = format!(r#"{{"width":16,"height":9,"bytes":{}}}"#, png.len());
        assert_eq!(serde_json::to_string(&heatmap).unwrap(), json);
        let mut written = Vec::new();
        heatmap.write_to(&mut written).unwrap();
        assert_eq!((written, heatmap.into_bytes()), (png.clone(), png.clone()));
        assert!(Heatmap::read([png.as_slice(), b"\n"].concat()).is_ok());
        let table = [
            (b"".to_vec(), "not a PNG"),
            (b"<html>".to_vec(), "not a PNG"),
            (b"\xff\xd8\xff\xe0".to_vec(), "not a PNG"),
            (SIGNATURE.to_vec(), "PNG without a header"),
            ([SIGNATURE, HEADER, b"\0\0\0"].concat(), "without a size"),
            (png[..png.len() - 1].to_vec(), "a truncated PNG"),
        ];
        for (bytes, reason) in table {
            assert!(Heatmap::read(bytes).unwrap_err().0.contains(reason), "{reason}");
        }
    }
}
