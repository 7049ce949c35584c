//! An encoder for `multipart/form-data` (RFC 7578). Text values are written unchanged.

use std::hash::{BuildHasher, RandomState};

use crate::http::request::Content;
use crate::http::upload::Upload;
use crate::model::fields::Fields;

/// The delimiter between the parts of a form, with 128 random bits.
///
/// The values are not searched for the delimiter, since streamed files could not be searched either. The probability
/// that a value contains 128 random bits by accident is negligible.
#[derive(Debug)]
pub(crate) struct Boundary(String);

impl Boundary {
    pub(crate) fn random() -> Self {
        let [one, other] = [0, 1].map(|half| u128::from(RandomState::new().hash_one(half)));
        Self(format!("identifai-{:032x}", one << 64 | other))
    }

    #[cfg(any(test, feature = "_internals"))]
    pub(crate) fn fixed(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Encodes a form without files.
pub(super) fn form(fields: &Fields<'_>) -> Content<'static> {
    encode(fields, Boundary::random(), "", Vec::new())
}

const HEAD: &str = "\r\nContent-Disposition: form-data; name=\"";

/// Encodes a form. The `files` are its last parts, and all have the field name `name`.
pub(crate) fn encode<'f>(
    fields: &Fields<'_>,
    Boundary(boundary): Boundary,
    name: &'static str,
    files: Vec<Upload<'f>>,
) -> Content<'f> {
    // The bytes before the next file, or before the end of the form. Values may be large, so space is reserved for each
    // of them and for the lines around it.
    let reserved = fields.iter().map(|(_, value)| value.len().saturating_add(160)).sum();
    let mut bytes = Vec::with_capacity(reserved);
    for (name, value) in fields.iter() {
        extend(&mut bytes, ["--", &boundary, HEAD, name, "\"\r\n\r\n", value, "\r\n"]);
    }
    let with_head = |file: Upload<'f>| {
        let file_name = escaped(&file.file_name);
        extend(&mut bytes, ["--", &boundary, HEAD, name, "\"; filename=\"", &file_name]);
        extend(&mut bytes, ["\"\r\nContent-Type: ", file.media_type, "\r\n\r\n"]);
        (std::mem::replace(&mut bytes, b"\r\n".to_vec()), file)
    };
    let files = files.into_iter().map(with_head).collect();
    extend(&mut bytes, ["--", &boundary, "--\r\n"]);
    let media_type = ["multipart/form-data; boundary=", &boundary].concat();
    Content { media_type, files, tail: bytes, watcher: None }
}

fn extend<const N: usize>(bytes: &mut Vec<u8>, pieces: [&str; N]) {
    for piece in pieces {
        bytes.extend_from_slice(piece.as_bytes());
    }
}

/// Replaces the characters that would end the quoted name or its line, in the way that browsers do.
///
/// RFC 7578, section 4.2, does not specify the replacement. The HTML standard does, in "multipart form data".
pub(super) fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::medium::Image;

    #[test]
    fn form_with_files_matches_golden_bytes() {
        let mut fields = Fields::default();
        fields.text("ref_id", "r");
        let one = Image::from_bytes(*b"\x89PNG\r\n\x1a\n").any_format(true).file_name("a \"b\"\r\n\\;\u{1f408}.png");
        let two = Image::from_bytes(*b"GIF89a");
        let files = [&one, &two].map(|file| file.as_any().upload().unwrap().unwrap());
        let Content { files, tail, .. } = encode(&fields, Boundary::fixed("B"), "image", files.into());
        let mut body = Vec::new();
        for (before, file) in files {
            body.extend(before);
            body.extend(format!("<{} bytes>", file.len).into_bytes());
        }
        body.extend(tail);
        let expected = "--B\r\nContent-Disposition: form-data; name=\"ref_id\"\r\n\r\nr\r\n\
            --B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a %22b%22%0D%0A\\;\u{1f408}.png\"\r\n\
            Content-Type: image/png\r\n\r\n<8 bytes>\r\n\
            --B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"image.gif\"\r\n\
            Content-Type: image/gif\r\n\r\n<6 bytes>\r\n--B--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn random_boundaries_differ_in_all_128_bits() {
        let (boundary, other) = (Boundary::random().0, Boundary::random().0);
        let [bits, others] = [&boundary, &other].map(|text| text.strip_prefix("identifai-").unwrap());
        assert!(bits.len() == 32 && bits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(bits[..16] != others[..16] && bits[16..] != others[16..], "all 128 bits are random");
        assert!(boundary.len() <= 70, "RFC 2046, section 5.1.1");
    }
}
