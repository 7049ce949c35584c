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

/// Returns a secret as it is, in JSON as PHP writes it, and percent-encoded.
fn written(secret: &str) -> [String; 3] {
    let json = serde_json::to_string(secret).unwrap().replace('/', "\\/");
    let units =
        |c: char| c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
    let json = json[1..json.len() - 1]
        .chars()
        .fold(String::new(), |text, c| if c.is_ascii() { text + &c.to_string() } else { text + &units(c) });
    let url = secret.bytes().fold(String::new(), |url, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url + &char::from(byte).to_string(),
        byte => url + &format!("%{byte:02X}"),
    });
    [secret.to_owned(), json, url]
}
