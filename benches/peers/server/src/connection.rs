//! A connection of the server. It checks each request, reads a body of any framing, and sends the response in one
//! write.

use std::io::{Error, ErrorKind, Read, Result, Write};

use memchr::memmem::find;

use crate::counts::Counts;

/// The buffer size. It holds a whole submit, and is large enough for fast uploads.
const BUFFER: usize = 256 * 1024;
const SUBMIT: &str = "/api/image_fromurl";
const RESPONSE: &str = r#"{"identifier":"8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0"}"#;
/// The fields that every form must have, and their values.
const FIELDS: [(&str, &str); 4] = [
    ("name=\"file_url\"", "\r\n\r\nhttps://example.com/cat.jpg\r\n"),
    ("name=\"ref_id\"", "\r\n\r\norder-17\r\n"),
    ("name=\"with_heatmap\"", "\r\n\r\ntrue\r\n"),
    ("name=\"with_nsfw\"", "\r\n\r\ntrue\r\n"),
];

/// Answers requests until the client closes the connection, or until `close_after` responses were sent.
pub fn serve(mut stream: impl Read + Write, counts: &Counts, close_after: usize) {
    let mut input = Input { buffer: vec![0; BUFFER], start: 0, end: 0 };
    for sent in 1..=close_after {
        if respond(&mut stream, &mut input, counts, sent, close_after).is_err() {
            return;
        }
    }
}

fn respond(
    stream: &mut (impl Read + Write),
    input: &mut Input,
    counts: &Counts,
    sent: usize,
    close_after: usize,
) -> Result<()> {
    let head = input.head(stream)?;
    if head.target != Target::Counts {
        counts.requests.add();
        if sent == 1 {
            counts.connections.add();
        }
    }
    if head.expects_continue {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let is_form = input.body(stream, &head)?;
    let counts = if head.target == Target::Counts { counts.json() } else { String::new() };
    let (status, body) = match head.target {
        Target::Counts => ("200 OK", counts.as_str()),
        Target::Submit if !is_form => ("400 Bad Request", r#"{"error":"not the expected form"}"#),
        Target::Submit | Target::Upload => ("200 OK", RESPONSE),
        Target::Unknown => ("400 Bad Request", r#"{"error":"not the expected request"}"#),
    };
    let close = if sent == close_after { "Connection: close\r\n" } else { "" };
    let length = body.len();
    let response =
        format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{close}Content-Length: {length}\r\n\r\n{body}");
    stream.write_all(response.as_bytes())?;
    stream.flush()
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Submit,
    Upload,
    Counts,
    Unknown,
}

enum Framing {
    Length(u64),
    Chunked,
}

struct Head {
    target: Target,
    framing: Framing,
    expects_continue: bool,
}

/// The bytes that were received and not yet parsed: `buffer[start..end]`.
struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    fn unused(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads once, and appends to the unparsed bytes.
    fn more(&mut self, stream: &mut impl Read) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let read = stream.read(&mut self.buffer[self.end..])?;
        self.end += read;
        if read == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn head(&mut self, stream: &mut impl Read) -> Result<Head> {
        loop {
            if let Some((length, head)) = parse(self.unused())? {
                self.start += length;
                return Ok(head);
            }
            self.more(stream)?;
        }
    }

    /// Reads a whole body. Returns `true` if it is the expected form. The body of an upload is discarded.
    fn body(&mut self, stream: &mut impl Read, head: &Head) -> Result<bool> {
        let mut form = Vec::new();
        let keep = head.target == Target::Submit;
        match head.framing {
            Framing::Length(length) => {
                // A body that is already in the buffer is checked without a copy.
                if let Some(whole) = usize::try_from(length).ok().and_then(|length| self.unused().get(..length)) {
                    let is_form = is_form(whole);
                    self.start += whole.len();
                    return Ok(is_form);
                }
                self.take(stream, length, keep.then_some(&mut form))?;
            }
            Framing::Chunked => loop {
                let length = self.chunk_size(stream)?;
                self.take(stream, length, keep.then_some(&mut form))?;
                self.take(stream, 2, None)?;
                if length == 0 {
                    break;
                }
            },
        }
        Ok(is_form(&form))
    }

    fn take(&mut self, stream: &mut impl Read, mut length: u64, mut keep: Option<&mut Vec<u8>>) -> Result<()> {
        while length > 0 {
            if self.unused().is_empty() {
                self.more(stream)?;
            }
            let part = self.unused();
            let part = &part[..part.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
            if let Some(keep) = &mut keep {
                keep.extend_from_slice(part);
            }
            let taken = part.len();
            self.start += taken;
            length -= taken as u64;
        }
        Ok(())
    }

    fn chunk_size(&mut self, stream: &mut impl Read) -> Result<u64> {
        loop {
            match httparse::parse_chunk_size(self.unused()) {
                Ok(httparse::Status::Complete((used, length))) => {
                    self.start += used;
                    return Ok(length);
                }
                Ok(httparse::Status::Partial) => self.more(stream)?,
                Err(_) => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }
}

fn is_form(body: &[u8]) -> bool {
    FIELDS.iter().all(|(name, value)| {
        let at = find(body, name.as_bytes());
        at.is_some_and(|at| find(&body[at..], value.as_bytes()).is_some())
    })
}

/// Parses the head of the first request. Returns it and its length, or `None` if it is incomplete.
fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(bytes).map_err(Error::other)? else { return Ok(None) };
    let value = |name: &str| {
        let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let is_submit = value("X-Api-Key").is_some_and(|key| key.len() == 40)
        && value("Accept").is_some_and(|accept| accept.starts_with("application/json"))
        && value("Content-Type").is_some_and(|medium| medium.starts_with("multipart/form-data; boundary="));
    let target = match (request.method, request.path) {
        (Some("GET"), Some("/counts")) => Target::Counts,
        (Some("POST"), Some(SUBMIT)) if is_submit => Target::Submit,
        (Some("POST"), Some(path)) if path != SUBMIT => Target::Upload,
        (Some("PUT"), _) => Target::Upload,
        _ => Target::Unknown,
    };
    let framing = match value("Content-Length") {
        Some(length) => Framing::Length(length.parse().map_err(Error::other)?),
        None if value("Transfer-Encoding").is_some() => Framing::Chunked,
        None => Framing::Length(0),
    };
    let expects_continue = value("Expect").is_some_and(|expected| expected.eq_ignore_ascii_case("100-continue"));
    Ok(Some((length, Head { target, framing, expects_continue })))
}
