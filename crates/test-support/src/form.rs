//! Parsing of received forms with independent parsers.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use multipart::server::Multipart;
use serde_json::{Value, json};

use super::Request;
use super::Server;

/// The name, file name, media type and value of each part of a form.
pub type Parts = Vec<(String, Option<String>, Option<String>, Vec<u8>)>;

fn content_type(request: &Request) -> &str {
    request.header("content-type").unwrap()
}

pub fn boundary(request: &Request) -> &str {
    content_type(request).strip_prefix("multipart/form-data; boundary=").unwrap()
}

/// Parses a form with the crate `multipart`.
pub fn parse_multipart(request: &Request) -> Parts {
    let mut parser = Multipart::with_body(request.body.as_slice(), boundary(request));
    let mut parts = Vec::new();
    while let Some(mut entry) = parser.read_entry().unwrap() {
        let mut value = Vec::new();
        entry.data.read_to_end(&mut value).unwrap();
        let media_type = entry.headers.content_type.map(|media_type| media_type.to_string());
        parts.push((entry.headers.name.to_string(), entry.headers.filename, media_type, value));
    }
    parts
}

/// Returns the fields of the form in the request number `request`, as text.
pub fn fields(server: &Server, request: usize) -> Vec<(String, String)> {
    let parts = parse_multipart(&server.requests()[request]).into_iter();
    parts.map(|(name, _, _, value)| (name, String::from_utf8(value).unwrap())).collect()
}

pub fn has_field(fields: &[(String, String)], name: &str, value: &str) -> bool {
    fields.contains(&(name.to_owned(), value.to_owned()))
}

/// Parses `forms` with a script that `program` runs. One process parses all of them. Returns `None` if `program` is not
/// installed.
pub fn parse_with_program<'a>(
    program: &str,
    script: &str,
    forms: impl IntoIterator<Item = &'a Request>,
) -> Option<Vec<Parts>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("forms").join(script);
    let child = Command::new(program).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: parsing forms with {program}, which is not installed");
        return None;
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let lines = forms.into_iter().map(|request| json!([content_type(request), hex(&request.body)]).to_string() + "\n");
    child.stdin.take().unwrap().write_all(lines.collect::<String>().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", output.status);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let bytes =
        |hex: &str| (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    let part = |[name, file, kind, hex]: [Value; 4]| {
        (text(&name).unwrap(), text(&file), text(&kind), bytes(hex.as_str().unwrap()))
    };
    let lines = String::from_utf8(output.stdout).unwrap();
    let forms = lines.lines().map(|line| serde_json::from_str::<Vec<[Value; 4]>>(line).unwrap());
    Some(forms.map(|parts| parts.into_iter().map(part).collect()).collect())
}
