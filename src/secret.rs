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

/// A secret as it is, in JSON (with and without `\\/`), percent-encoded and in HTML; the plain form last, so that it does
/// not break up a longer one.
fn written_forms(secret: &str) -> impl Iterator<Item = Cow<'_, str>> {
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
    let escaped = [&php, &json].map(|json| [true, false].map(|upper| in_unicode(json, upper)));
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let percent = secret.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    let others = escaped.into_iter().flatten().chain([php, json, html, percent]).filter(move |form| form != secret);
    others.map(Cow::Owned).chain([Cow::Borrowed(secret)])
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
