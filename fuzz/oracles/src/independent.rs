//! Independent parsers, which check the output of the library.

use std::io::Read;

use http::Uri;
use multipart::server::Multipart;

/// A part of a form: its name, its file name for a file, and its content.
pub type Part = (String, Option<String>, Vec<u8>);

/// Splits a form into its parts.
pub fn form(boundary: &str, body: &[u8]) -> Vec<Part> {
    let mut parser = Multipart::with_body(body, boundary);
    let mut parts = Vec::new();
    while let Some(mut part) = parser.read_entry().unwrap() {
        let mut content = Vec::new();
        part.data.read_to_end(&mut content).unwrap();
        parts.push((part.headers.name.to_string(), part.headers.filename, content));
    }
    parts
}

/// Returns host, port and path of a URL.
pub fn url(url: &str) -> Option<(String, Option<u16>, String)> {
    let url: Uri = url.parse().ok()?;
    Some((url.host()?.to_owned(), url.port_u16(), url.path().to_owned()))
}
