//! Parsers that nobody here wrote, as judges of what we write. The fuzz targets include this file.

use std::io::Read;

use multipart::server::Multipart;

/// A part of a form: its name, its file's name if it is one, and what it holds.
pub(crate) type Part = (String, Option<String>, Vec<u8>);

/// The parts of a form.
pub(crate) fn form(boundary: &str, body: &[u8]) -> Vec<Part> {
    let mut parser = Multipart::with_body(body, boundary);
    let mut parts = Vec::new();
    while let Some(mut part) = parser.read_entry().unwrap() {
        let mut content = Vec::new();
        part.data.read_to_end(&mut content).unwrap();
        parts.push((part.headers.name.to_string(), part.headers.filename, content));
    }
    parts
}

/// Host, port and path of a URL, as the HTTP library reads them.
pub(crate) fn place(url: &str) -> Option<(String, Option<u16>, String)> {
    let url: http::Uri = url.parse().ok()?;
    Some((url.host()?.to_owned(), url.port_u16(), url.path().to_owned()))
}
