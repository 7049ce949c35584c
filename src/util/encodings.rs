//! The encodings in which a service may echo a secret, and the replacement of all of them in a text.

use std::borrow::Cow;

/// Replaces `secret` in `text` with `mask`, in each encoding in which a service or a proxy may echo it.
pub(crate) fn mask<'a>(text: &'a str, secret: &str, mask: &str) -> Cow<'a, str> {
    let others = other_encodings(secret);
    mask_encodings(text, encodings(secret, &others), mask)
}

/// Replaces each of `forms` in `text` with `mask`. Empty forms are ignored.
pub(crate) fn mask_encodings<'a, 'b>(text: &'a str, forms: impl Iterator<Item = &'b str>, mask: &str) -> Cow<'a, str> {
    let mut masked = Cow::Borrowed(text);
    for form in forms.filter(|form| !form.is_empty()) {
        if masked.contains(form) {
            masked = Cow::Owned(masked.replace(form, mask));
        }
    }
    masked
}

/// Returns the [other encodings](other_encodings) of a secret, followed by the secret itself.
///
/// The secret comes last because it may be a part of a longer encoding. If it were replaced first, the rest of that
/// encoding would no longer be recognized.
pub(crate) fn encodings<'a>(secret: &'a str, others: &'a [String]) -> impl Iterator<Item = &'a str> {
    others.iter().map(String::as_str).chain([secret])
}

/// Returns the secret as escaped in JSON and as percent-encoded. Returns nothing if no encoding changes it.
pub(crate) fn other_encodings(secret: &str) -> Vec<String> {
    // Most keys contain only unreserved characters. No copies of them are created.
    if secret.bytes().all(is_unreserved) {
        return Vec::new();
    }
    vec![json_escaped(secret), percent_encoded(secret)]
}

/// Returns `true` for the bytes that are never percent-encoded (RFC 3986, section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Escapes `text` in the same way as `json_encode` of PHP, which the service uses. It also escapes slashes and
/// characters that are not ASCII.
fn json_escaped(text: &str) -> String {
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\' | b'/')) => escaped.extend(['\\', byte.into()]),
            Ok(byte) if byte.is_ascii() => escaped.push(byte.into()),
            _ => escaped.extend(format!("\\u{unit:04x}").chars()),
        }
    }
    escaped
}

/// Returns the `values` that are long enough to be redacted in other texts, which takes 4 bytes. A shorter value occurs
/// in many ordinary words.
pub(crate) fn redactable<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    values.filter(|value| value.len() >= 4).collect()
}

/// Percent-encodes every byte that is not unreserved (RFC 3986, section 2.1).
pub(crate) fn percent_encoded(text: &str) -> String {
    let encode = |byte| if is_unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_in_each_encoding_is_replaced() {
        for echo in ["a/b\"c&d\u{e9}", "a\\/b\\\"c&d\\u00e9", "a%2Fb%22c%26d%C3%A9"] {
            assert_eq!(mask(&format!("<{echo}>"), "a/b\"c&d\u{e9}", "*"), "<*>");
        }
        assert_eq!(mask("nothing here", "a/b", "*"), "nothing here");
        assert_eq!(mask("nothing here", "", "*"), "nothing here");
    }
}
