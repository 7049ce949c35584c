//! The oracle of redaction: secrets in texts of the service.

use identifai::internals::redact;

use crate::Input;

/// Checks the redaction of a secret in a text.
pub fn redaction(data: &[u8]) {
    let mut input = Input(data);
    let (secret, before, after) = (input.text(), input.text(), input.text());
    // No secret contains the mask, so a replacement cannot create another occurrence of the secret.
    let mask = "\u{1}";
    if secret.is_empty() || secret.contains(|c: char| c.is_control()) {
        return;
    }
    let encodings = encodings(&secret);
    for encoding in &encodings {
        let redacted = redact(&format!("{before}{encoding}{after}"), &secret, mask);
        assert!(redacted.contains(mask), "{encoding} in {redacted}");
        for encoding in &encodings {
            assert!(!redacted.contains(encoding.as_str()), "{encoding} in {redacted}");
        }
        assert_eq!(redact(&redacted, &secret, mask), redacted);
    }
    if !encodings.iter().any(|encoding| before.contains(encoding.as_str())) {
        assert_eq!(redact(&before, &secret, mask), before, "the rest of the text is unchanged");
    }
}

/// Returns a secret as plain text, escaped in JSON as PHP writes it, and percent-encoded.
fn encodings(secret: &str) -> [String; 3] {
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
