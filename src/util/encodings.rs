//! The encodings in which a secret may be echoed, and their replacement in a text.

use std::borrow::Cow;

/// `text` with `mask` where `secret` stood, in whichever of its written forms a service or a proxy may echo it.
pub(crate) fn mask<'a>(text: &'a str, secret: &str, mask: &str) -> Cow<'a, str> {
    let others = other_encodings(secret);
    mask_encodings(text, encodings(secret, &others), mask)
}

/// `text` with `mask` where one of `forms` stood.
pub(crate) fn mask_encodings<'a, 'b>(text: &'a str, forms: impl Iterator<Item = &'b str>, mask: &str) -> Cow<'a, str> {
    let mut masked = Cow::Borrowed(text);
    for form in forms.filter(|form| !form.is_empty()) {
        if masked.contains(form) {
            masked = Cow::Owned(masked.replace(form, mask));
        }
    }
    masked
}

/// A secret in its [other forms](other_encodings), and last as it is, so that it does not break up a longer one.
pub(crate) fn encodings<'a>(secret: &'a str, others: &'a [String]) -> impl Iterator<Item = &'a str> {
    others.iter().map(String::as_str).chain([secret])
}

/// A secret in JSON, percent-encoded and in HTML, as far as that is not how it is.
pub(crate) fn other_encodings(secret: &str) -> Vec<String> {
    // Most keys are, and no copy of them is made.
    if secret.bytes().all(is_unreserved) {
        return Vec::new();
    }
    let mut forms = escaped(secret);
    forms.retain(|form| form != secret);
    forms.dedup();
    forms
}

/// RFC 3986, section 2.3: what nobody has a reason to escape.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn escaped(secret: &str) -> Vec<String> {
    let json = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let php = json.replace('/', "\\/");
    // As some encoders of JSON write what has a meaning in HTML, in either case of digits, or is not ASCII.
    let in_html = |c| matches!(c, '&' | '<' | '>' | '\'');
    let upper = |c| format!("\\u{:04X}", u32::from(c));
    let mut forms = Vec::new();
    for json in [php, json] {
        forms.push(rewritten(&json, in_html, upper));
        forms.push(rewritten(&json, in_html, in_unicode));
        forms.push(rewritten(&json, |c| !c.is_ascii(), in_unicode));
        forms.push(json);
    }
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    forms.extend(["'", "&#39;", "&#039;"].map(|quote| html.replace('\'', quote)));
    forms.extend([percent_encoded(secret), percent(secret, |byte| format!("%{byte:02x}"))]);
    forms
}

/// Whether a text that may be secret is looked for in others: what is shorter is found in many a word.
pub(crate) fn is_long_enough(secret: &str) -> bool {
    secret.len() >= 4
}

/// Returns the `values` that are long enough to be looked for in other texts.
pub(crate) fn redactable<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    values.filter(|value| is_long_enough(value)).collect()
}

/// RFC 3986, section 2.1, with all escaped that may be.
pub(crate) fn percent_encoded(text: &str) -> String {
    percent(text, |byte| format!("%{byte:02X}"))
}

fn percent(text: &str, digits: fn(u8) -> String) -> String {
    let one = |byte| if is_unreserved(byte) { char::from(byte).to_string() } else { digits(byte) };
    text.bytes().map(one).collect()
}

fn in_unicode(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
}

fn rewritten(text: &str, is_odd: impl Fn(char) -> bool, write: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if is_odd(c) { write(c) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_is_masked() {
        for echo in [
            "a\\/b\\\"c\\u0026d",
            "a/b\\\"c\\u0026d",
            "a/b\"c&d",
            "a/b\\\"c&d",
            "a\\/b\\\"c&d",
            "a%2Fb%22c%26d",
            "a/b&quot;c&amp;d",
        ] {
            assert_eq!(mask(&format!("<{echo}>"), "a/b\"c&d", "*"), "<*>");
        }
        for echo in ["d\u{e9}j\u{e0}/vu?", "d\\u00e9j\\u00e0\\/vu?", "d%c3%a9j%c3%a0%2fvu%3f", "d%C3%A9j%C3%A0%2Fvu%3F"]
        {
            assert_eq!(mask(&format!("<{echo}>"), "d\u{e9}j\u{e0}/vu?", "*"), "<*>");
        }
        for echo in ["it's", "it&#39;s", "it&#039;s", "it\\u0027s"] {
            assert_eq!(mask(&format!("<{echo}>"), "it's", "*"), "<*>");
        }
        assert_eq!(mask("nothing here", "a/b", "*"), "nothing here");
        assert_eq!(mask("nothing here", "", "*"), "nothing here");
    }
}
