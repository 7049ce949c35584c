//! Tests that an independent parser reads forms of text fields.

// A test that cannot continue panics.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

use std::io::Read;

use identifai::internals::form::Form;
use oracles::independent;
use proptest::prelude::*;

proptest! {
    // All forms fit into 8 KiB, because the parser fails if its buffer ends between a line break and a boundary.
    #[test]
    fn form_of_any_values_parses_back(values in proptest::collection::vec("(?s).{0,200}", 1..9)) {
        round_trip(&values.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn form_of_values_like_boundaries_parses_back() {
    let mebibyte = "\r\n--x\r\n\u{1f408}".repeat((1 << 20) / 11);
    round_trip(&["", "\0", "\"quoted\"; name=\"x\"", "\r\n", "\r", "\n", "--", "\r\n--\r\n", "\u{1f408}", &mebibyte]);
    round_trip(&["--identifai-", "\r\n--identifai-", "a\r\n\r\nb"]);
}

fn round_trip(values: &[&str]) {
    const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let fields: Vec<_> = NAMES.into_iter().zip(values.iter().copied()).collect();
    let form = Form::of_fields(&fields);
    let mut body = Vec::new();
    form.open().unwrap().read_to_end(&mut body).unwrap();
    assert_eq!(body.len() as u64, form.content_length());
    let boundary = form.media_type().strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected: Vec<_> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), None, value.as_bytes().to_vec())).collect();
    assert_eq!(independent::form(boundary, &body), expected);
}
