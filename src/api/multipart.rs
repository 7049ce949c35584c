//! `multipart/form-data` by hand (RFC 7578), text parts byte for byte, in one exact allocation.

use std::hash::{BuildHasher, RandomState};

use crate::http::request::Content;
use crate::http::upload::Upload;
use crate::model::fields::Fields;

/// What parts a form: 128 random bits. A value is not searched for it, since streamed parts cannot be searched either;
/// that chance hits upon 128 bits is out of the question.
///
/// It is kept as the end of the media type.
#[derive(Debug)]
pub(crate) struct Boundary(String);

const MEDIA_TYPE: &str = "multipart/form-data; boundary=";

impl Boundary {
    pub(crate) fn random() -> Self {
        const START: &str = "multipart/form-data; boundary=identifai-";
        let mut text = String::with_capacity(START.len().saturating_add(32));
        text.push_str(START);
        for half in [0, 1].map(|half| RandomState::new().hash_one(half)) {
            let digits = half.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
            text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        }
        Self(text)
    }

    #[cfg(any(test, feature = "_internals"))]
    pub(crate) fn fixed(text: &str) -> Self {
        Self(MEDIA_TYPE.to_owned() + text)
    }
}

const HEAD: [&str; 3] = ["--", "\r\nContent-Disposition: form-data; name=\"", "\"\r\n\r\n"];

/// Encodes a form, with `files` as the last parts, all of one name.
#[expect(clippy::arithmetic_side_effects, reason = "the parts are in memory, so their sum is a length")]
pub(crate) fn encode<'f>(
    fields: &Fields<'_>,
    boundary: Boundary,
    name: &'static str,
    files: Vec<Upload<'f>>,
) -> Content<'f> {
    let Boundary(media_type) = boundary;
    let boundary = media_type.get(MEDIA_TYPE.len()..).unwrap_or_default();
    let end = ["--", boundary, "--\r\n"];
    // What goes before a file, or before the end.
    let mut bytes = Vec::with_capacity(len(fields, boundary) + end.iter().map(|piece| piece.len()).sum::<usize>());
    for (name, value) in fields.iter() {
        for piece in [HEAD[0], boundary, HEAD[1], name, HEAD[2], value, "\r\n"] {
            bytes.extend_from_slice(piece.as_bytes());
        }
    }
    let with_head = |file: Upload<'f>| {
        bytes.extend_from_slice(file_head(boundary, name, &file.file_name, file.media_type).as_bytes());
        (std::mem::replace(&mut bytes, b"\r\n".to_vec()), file)
    };
    let files = files.into_iter().map(with_head).collect();
    for piece in end {
        bytes.extend_from_slice(piece.as_bytes());
    }
    Content { media_type, files, tail: bytes, watcher: None }
}

#[expect(clippy::arithmetic_side_effects, reason = "the parts are in memory, so their sum is a length")]
fn len(fields: &Fields<'_>, boundary: &str) -> usize {
    let head = HEAD.iter().map(|piece| piece.len()).sum::<usize>() + boundary.len();
    fields.iter().map(|(name, value)| head + name.len() + value.len() + "\r\n".len()).sum()
}

/// What goes before the bytes of a file.
fn file_head(boundary: &str, name: &str, file_name: &str, media_type: &str) -> String {
    let file_name = escaped(file_name);
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
         Content-Type: {media_type}\r\n\r\n"
    )
}

/// As browsers do it (RFC 7578, section 4.2, leaves it to them; HTML, "multipart form data"): just what would end the
/// quotes or the line is replaced.
pub(super) fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::medium::Image;

    #[test]
    fn form_of_fields_is_one_exact_allocation() {
        for value in ["", "x", "\u{1f408}", &"\r\n--x".repeat(1 << 18)] {
            let mut fields = Fields::default();
            fields.text("a", value);
            fields.text(escaped("b\""), value);
            fields.text("c", "");
            let Content { tail, .. } = encode(&fields, Boundary::random(), "", Vec::new());
            assert_eq!(tail.len(), tail.capacity(), "{} bytes", value.len());
        }
    }

    #[test]
    fn the_parts_of_files_in_their_golden_bytes() {
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
    fn boundaries_differ_and_are_long() {
        let (one, two) = (Boundary::random().0, Boundary::random().0);
        assert_ne!(one, two);
        let boundary = one.strip_prefix(MEDIA_TYPE).unwrap();
        let bits = boundary.strip_prefix("identifai-").unwrap();
        assert!(bits.len() == 32 && bits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(boundary.len() <= 70, "RFC 2046, section 5.1.1");
    }
}
