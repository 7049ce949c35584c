//! Taking secrets out of texts that others wrote.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with `mask` where `secret` stood, in whichever of its written forms a service or a proxy may echo it.
pub(crate) fn mask<'a>(text: &'a str, secret: &str, mask: &str) -> Cow<'a, str> {
    let mut masked = Cow::Borrowed(text);
    if secret.is_empty() {
        return masked;
    }
    for form in written_forms(secret) {
        if masked.contains(form.as_ref()) {
            masked = Cow::Owned(masked.replace(form.as_ref(), mask));
        }
    }
    masked
}

/// A secret in JSON, percent-encoded and in HTML, and last as it is, so that it does not break up a longer form.
pub(crate) fn written_forms(secret: &str) -> impl Iterator<Item = Cow<'_, str>> {
    // Most keys are, and no copy of them is made.
    let is_plain = secret.bytes().all(is_unreserved);
    let others = (!is_plain).then(|| escaped(secret)).into_iter().flatten().filter(move |form| form != secret);
    others.map(Cow::Owned).chain([Cow::Borrowed(secret)])
}

/// RFC 3986, section 2.3: what nobody has a reason to escape.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn escaped(secret: &str) -> impl Iterator<Item = String> {
    let json = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let php = json.replace('/', "\\/");
    // As some encoders of JSON write what has a meaning in HTML, in either case of digits.
    let in_unicode = |json: &str, upper: bool| {
        json.chars().fold(String::new(), |mut text, c| {
            let _ = match c {
                '&' | '<' | '>' | '\'' if upper => write!(text, "\\u{:04X}", u32::from(c)),
                '&' | '<' | '>' | '\'' => write!(text, "\\u{:04x}", u32::from(c)),
                c => write!(text, "{c}"),
            };
            text
        })
    };
    let both = [&php, &json].map(|json| [true, false].map(|upper| in_unicode(json, upper)));
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let percent = secret.bytes().fold(String::new(), |mut text, byte| {
        let _ = match is_unreserved(byte) {
            true => write!(text, "{}", char::from(byte)),
            false => write!(text, "%{byte:02X}"),
        };
        text
    });
    both.into_iter().flatten().chain([php, json, html, percent])
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
        assert_eq!(mask("nothing here", "a/b", "*"), "nothing here");
        assert_eq!(mask("nothing here", "", "*"), "nothing here");
    }
}
