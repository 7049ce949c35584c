//! Secrets in texts of the service.

use identifai::internals::redact;

use crate::Input;

/// Checks a text with a secret in it.
pub fn mask(data: &[u8]) {
    let mut input = Input(data);
    let (secret, before, after) = (input.text(), input.text(), input.text());
    // No secret contains the mask, so masking cannot make a new one.
    let mask = "\u{1}";
    if secret.is_empty() || secret.contains(|c: char| c.is_control()) {
        return;
    }
    let written = written(&secret);
    for form in &written {
        let masked = redact(&format!("{before}{form}{after}"), &secret, mask);
        assert!(masked.contains(mask), "{form} in {masked}");
        for form in &written {
            assert!(!masked.contains(form.as_str()), "{form} in {masked}");
        }
        assert_eq!(redact(&masked, &secret, mask), masked);
    }
    if !written.iter().any(|form| before.contains(form.as_str())) {
        assert_eq!(redact(&before, &secret, mask), before, "nothing else is touched");
    }
}

/// Returns a secret as it is, and in the encodings of JSON, HTML and URLs.
fn written(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let php = json.replace('/', "\\/");
    let in_html = |text: &str, digits: fn(u32) -> String| {
        text.chars().fold(String::new(), |text, c| match c {
            '<' | '>' | '&' | '\'' => text + "\\u" + &digits(c.into()),
            c => text + &c.to_string(),
        })
    };
    let escaped = [&json, &php]
        .into_iter()
        .flat_map(|text| [in_html(text, |unit| format!("{unit:04x}")), in_html(text, |unit| format!("{unit:04X}"))]);
    let html = secret.chars().fold(String::new(), |html, c| match c {
        '<' => html + "&lt;",
        '>' => html + "&gt;",
        '&' => html + "&amp;",
        '"' => html + "&quot;",
        c => html + &c.to_string(),
    });
    let quotes = ["&#39;", "&#039;"].map(|quote| html.replace('\'', quote));
    let url = |digits: fn(u8) -> String| {
        secret.bytes().fold(String::new(), |url, byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url + &char::from(byte).to_string(),
            byte => url + "%" + &digits(byte),
        })
    };
    let urls = [url(|byte| format!("{byte:02X}")), url(|byte| format!("{byte:02x}"))];
    let ascii = [&json, &php].map(|text| {
        let units = |c: char| {
            c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
        };
        text.chars().fold(String::new(), |text, c| if c.is_ascii() { text + &c.to_string() } else { text + &units(c) })
    });
    let others = [secret.to_owned(), json.clone(), php.clone(), html];
    escaped.chain(ascii).chain(quotes).chain(urls).chain(others).collect()
}
