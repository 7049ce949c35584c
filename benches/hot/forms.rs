//! Benches of building forms, compared with `memcpy`, and of parsing the response to a submit.

use divan::black_box;
use identifai::internals::form::Form;
use identifai::internals::parse::{self, Response};

use crate::{Amount, Path, run};

const MEBIBYTE: usize = 1024 * 1024;
const IDENTIFIER: &str = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";

pub(crate) const PATHS: &[Path] = &[
    Path { name: "form of 4 short fields", amount: Amount::Items(1), prepare: short_form },
    Path { name: "form of 1 MiB", amount: Amount::Bytes(MEBIBYTE), prepare: long_form },
    Path { name: "form of 1 MiB: memcpy to compare", amount: Amount::Bytes(MEBIBYTE), prepare: memcpy },
    Path { name: "response to a submit, JSON", amount: Amount::Items(1), prepare: json_response },
    Path { name: "response to a submit, text", amount: Amount::Items(1), prepare: text_response },
];

fn short_form() -> Box<dyn FnMut()> {
    let fields = [
        ("file_url", "https://example.com/cat.jpg"),
        ("ref_id", "order-17"),
        ("webhook_url", "https://example.com/hook"),
        ("with_heatmap", "true"),
    ];
    run(move || Form::of_fields(black_box(&fields)))
}

fn long_form() -> Box<dyn FnMut()> {
    let value = "x".repeat(MEBIBYTE);
    run(move || Form::of_fields(black_box(&[("ref_id", &value)])))
}

/// Copies the bytes into a new allocation.
fn memcpy() -> Box<dyn FnMut()> {
    let value = vec![b'x'; MEBIBYTE];
    run(move || black_box(&value).clone())
}

fn json_response() -> Box<dyn FnMut()> {
    let body = format!(r#"{{"identifier":"{IDENTIFIER}"}}"#).into_bytes();
    run(move || parse::submit(Response::ok("application/json", black_box(&body).clone())).unwrap())
}

fn text_response() -> Box<dyn FnMut()> {
    run(move || parse::submit(Response::ok("text/plain; charset=UTF-8", black_box(IDENTIFIER).into())).unwrap())
}
