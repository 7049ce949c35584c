//! Planted secrets, servers that echo them, and the assertion that a text shows none of them.

use crate::{Connection, KEY, accepted, answer_with};

/// A URL with a password and a signature, and what no text may hold of it.
pub const SIGNED: &str = "https://user:pl4nted-password@files.test/cat.jpg?X-Expires=99&X-Signature=pl4nted/signature";
pub const PLANTED: &str = "pl4nted";

/// Sends back the whole request and what was submitted `before`, as it came and as JSON has it: one answer for each of
/// `statuses`, and if there are no more, the right one.
pub fn echo(connection: &mut Connection, statuses: &[u16], before: &str) {
    for status in statuses {
        let Some(seen) = connection.request() else { return };
        let text = format!("{}{} {before}", seen.head, String::from_utf8_lossy(&seen.body));
        let json = serde_json::json!({ "error": text }).to_string().replace('/', "\\/");
        let key = seen.header("x-api-key").unwrap();
        let headers = format!("X-Request-Id: {key}\r\nLocation: https://x.test/{key}\r\n");
        connection.send(&answer_with(*status, &headers, if *status == 500 { &text } else { &json }));
    }
    while connection.request().is_some() {
        connection.send(&accepted());
    }
}

/// Panics if `text` has the planted key or half of it.
pub fn shows_nothing(text: &str) {
    assert!(!text.contains(KEY), "{text}");
    // Nor half of it, as a cut in the wrong place would leave.
    assert!(!text.contains(&KEY[..12]) && !text.contains(&KEY[8..]), "{text}");
}
