//! Test secrets, a server script that echoes them, and an assertion that a text contains none of them.

use crate::{Connection, KEY, accepted, response_with};

/// A URL with a password and a signature.
pub const SIGNED_URL: &str =
    "https://user:pl4nted-password@files.test/cat.jpg?X-Expires=99&X-Signature=pl4nted/signature";
/// The part of the secrets in [`SIGNED_URL`] that no text may contain.
pub const PLANTED: &str = "pl4nted";

/// Answers requests with one error response for each of `statuses`, and then with successful responses.
///
/// An error response echoes the whole request and the text `before`: as plain text for status 500, and as a JSON string
/// for all others.
pub fn echo(connection: &mut Connection, statuses: &[u16], before: &str) {
    for status in statuses {
        let Some(request) = connection.request() else { return };
        let text = format!("{}{} {before}", request.head, String::from_utf8_lossy(&request.body));
        let json = serde_json::json!({ "error": text }).to_string().replace('/', "\\/");
        let key = request.header("x-api-key").unwrap();
        let headers = format!("X-Request-Id: {key}\r\nLocation: https://x.test/{key}\r\n");
        connection.send(&response_with(*status, &headers, if *status == 500 { &text } else { &json }));
    }
    while connection.request().is_some() {
        connection.send(&accepted());
    }
}

/// Panics if `text` contains the test key or one of its halves.
pub fn assert_no_key(text: &str) {
    assert!(!text.contains(KEY), "{text}");
    // Truncation before redaction could leave half of the key.
    assert!(!text.contains(&KEY[..12]) && !text.contains(&KEY[8..]), "{text}");
}
