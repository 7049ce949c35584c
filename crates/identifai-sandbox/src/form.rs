//! A strict parser of `multipart/form-data` (RFC 7578) that uses constant memory. It rejects everything that a lenient
//! parser tolerates, so that a form that it accepts is accepted by every service.

use std::io::Read;

use sha2::{Digest, Sha256};

/// The number of bytes that are read at a time.
const BLOCK: usize = 64 * 1024;
/// The maximum size of a part's headers.
const HEADERS_MAX: usize = 32 * 1024;
/// The maximum total size of all text fields.
const TEXTS_MAX: usize = 16 * 1024 * 1024;
/// The maximum number of files.
const FILES_MAX: usize = 1_000;
/// The number of bytes that are kept of each file.
const HEAD: usize = identifai::Format::PROBE_LEN;

/// A form: its text fields and its files, each in the order in which they were sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) fields: Vec<(String, String)>,
    pub(super) files: Vec<File>,
}

/// A file of a form. Its content is not kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The name of the field.
    pub(super) field: String,
    pub(super) name: String,
    pub(super) len: u64,
    /// The SHA-256 of the content.
    pub(super) hash: String,
    /// The first bytes of the content.
    pub(super) head: Vec<u8>,
}

/// Reads a form to its end. The error is the reason why it is rejected.
pub(super) fn read(content_type: &str, body: &mut dyn Read) -> Result<Form, String> {
    let boundary = boundary(content_type)?;
    let mut input = Input { body, buffer: Vec::new() };
    let mut form = Form::default();
    if input.take(boundary.len() + 2)? != format!("--{boundary}").as_bytes() {
        return Err("it does not begin with the boundary".to_owned());
    }
    let delimiter = format!("\r\n--{boundary}");
    let mut text_bytes_left = TEXTS_MAX;
    loop {
        match input.take(2)?.as_slice() {
            b"\r\n" => {}
            b"--" => break,
            _ => return Err("a boundary is not followed by a line break, or by -- and the end".to_owned()),
        }
        let mut headers = Vec::new();
        input.until(b"\r\n\r\n", |bytes| append(&mut headers, bytes, HEADERS_MAX))?;
        let part = PartHeaders::parse(&headers)?;
        if let Some(name) = part.file_name {
            if form.files.len() >= FILES_MAX {
                return Err(format!("it has more than {FILES_MAX} files"));
            }
            let (mut len, mut hash, mut head) = (0, Sha256::new(), Vec::new());
            input.until(delimiter.as_bytes(), |bytes| {
                len += bytes.len() as u64;
                hash.update(bytes);
                head.extend(bytes.iter().take(HEAD.saturating_sub(head.len())));
                Ok(())
            })?;
            form.files.push(File { field: part.name, name, len, hash: format!("{:x}", hash.finalize()), head });
        } else {
            let mut text = Vec::new();
            input.until(delimiter.as_bytes(), |bytes| append(&mut text, bytes, text_bytes_left))?;
            text_bytes_left -= text.len();
            let text = String::from_utf8(text).map_err(|_| "a field's value is not UTF-8")?;
            form.fields.push((part.name, text));
        }
    }
    match input.rest().as_slice() {
        b"" | b"\r\n" => Ok(form),
        _ => Err("something follows its end".to_owned()),
    }
}

fn append(all: &mut Vec<u8>, bytes: &[u8], max: usize) -> Result<(), String> {
    if all.len() + bytes.len() > max {
        return Err(format!("its texts or a part's headers are longer than {max} bytes"));
    }
    all.extend_from_slice(bytes);
    Ok(())
}

/// A body, with the bytes that have been read but not consumed.
struct Input<'a> {
    body: &'a mut dyn Read,
    buffer: Vec<u8>,
}

impl Input<'_> {
    /// Reads another block. Fails at the end of the body.
    fn fill(&mut self) -> Result<(), String> {
        let before = self.buffer.len();
        let read = self.body.take(BLOCK as u64).read_to_end(&mut self.buffer);
        match read {
            Ok(_) if self.buffer.len() > before => Ok(()),
            _ => Err("it breaks off".to_owned()),
        }
    }

    fn take(&mut self, len: usize) -> Result<Vec<u8>, String> {
        while self.buffer.len() < len {
            self.fill()?;
        }
        Ok(self.buffer.drain(..len).collect())
    }

    /// Passes the bytes before `end` to `consume`, and consumes `end`.
    fn until(&mut self, end: &[u8], mut consume: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        loop {
            if let Some(at) = find(&self.buffer, end) {
                consume(self.buffer.get(..at).unwrap_or_default())?;
                self.buffer.drain(..at + end.len());
                return Ok(());
            }
            // The last bytes may be the beginning of `end`, so they stay in the buffer.
            let safe_len = (self.buffer.len() + 1).saturating_sub(end.len());
            consume(self.buffer.get(..safe_len).unwrap_or_default())?;
            self.buffer.drain(..safe_len);
            self.fill()?;
        }
    }

    /// Returns the first bytes of the rest, enough to see if it is only a line break.
    fn rest(mut self) -> Vec<u8> {
        while self.buffer.len() < 3 {
            if self.fill().is_err() {
                break;
            }
        }
        self.buffer
    }
}

/// Returns the position of `pattern`, which must start with a line break.
fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let mut line_breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\r').map(|(at, _)| at);
    line_breaks.find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(pattern)))
}

fn boundary(content_type: &str) -> Result<&str, String> {
    let (media_type, parameter) = content_type.split_once(';').ok_or("the content type names no boundary")?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err("the content type is not multipart/form-data".to_owned());
    }
    let boundary = parameter.trim().strip_prefix("boundary=").ok_or("the content type names no boundary")?;
    let boundary = boundary.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(boundary);
    // RFC 2046, section 5.1.1.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    if (1..=70).contains(&boundary.len()) && boundary.bytes().all(allowed) {
        Ok(boundary)
    } else {
        Err("the boundary is not 1 to 70 characters of those that RFC 2046 allows".to_owned())
    }
}

struct PartHeaders {
    name: String,
    file_name: Option<String>,
}

impl PartHeaders {
    fn parse(headers: &[u8]) -> Result<Self, String> {
        let headers = std::str::from_utf8(headers).map_err(|_| "a part's headers are not UTF-8")?;
        let invalid =
            "a part has other headers than a Content-Disposition with a name, and a Content-Type if it is a file";
        let mut lines = headers.split("\r\n");
        let disposition =
            lines.next().and_then(|line| line.strip_prefix("Content-Disposition: form-data; ")).ok_or(invalid)?;
        let name = disposition.strip_prefix("name=\"").and_then(|rest| rest.strip_suffix('"')).ok_or(invalid)?;
        let (name, file_name) = match name.split_once("\"; filename=\"") {
            Some((name, file_name)) => (name, Some(file_name)),
            None => (name, None),
        };
        let has_type = lines.next().map(|line| line.starts_with("Content-Type: "));
        let is_quoted = |text: &str| !text.contains(['"', '\r', '\n']);
        let is_valid = !name.is_empty() && is_quoted(name) && file_name.is_none_or(is_quoted);
        if !is_valid
            || has_type.is_some_and(|is| !is)
            || has_type.is_some() != file_name.is_some()
            || lines.next().is_some()
        {
            return Err(invalid.to_owned());
        }
        let unescape = |text: &str| text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
        Ok(Self { name: unescape(name), file_name: file_name.map(unescape) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=B";

    /// A reader that returns one byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = buffer.len().min(1);
            self.0.read(&mut buffer[..len])
        }
    }

    fn parse(content_type: &str, mut body: &[u8]) -> Result<Form, String> {
        let form = read(content_type, &mut Trickle(body));
        assert_eq!(form, read(content_type, &mut body), "the size of reads makes no difference");
        form
    }

    #[test]
    fn form_fields_keep_order_and_bytes() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\nx\r\n\r\n--B\r\n\
            Content-Disposition: form-data; name=\"b%22\"\r\n\r\n\r\n--B--\r\n";
        let form = parse(TYPE, body.as_bytes()).unwrap();
        assert_eq!(form.fields, [("a".to_owned(), "\r\nx\r\n".to_owned()), ("b\"".to_owned(), String::new())]);
        assert_eq!(form.files, []);
    }

    #[test]
    fn form_file_is_hashed_and_counted() {
        let file = [&[0xff, b'\r', b'\n', b'-', b'-'][..], &vec![7; 200_000]].concat();
        let head = "--B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a%22;\\.png\"\r\n\
            Content-Type: image/png\r\n\r\n";
        let body =
            [head.as_bytes(), &file, b"\r\n--B\r\nContent-Disposition: form-data; name=\"r\"\r\n\r\nx\r\n--B--\r\n"]
                .concat();
        let form = parse(TYPE, &body).unwrap();
        assert_eq!(form.fields, [("r".to_owned(), "x".to_owned())]);
        let [found] = form.files.try_into().unwrap();
        assert_eq!((found.field.as_str(), found.name.as_str(), found.len), ("image", "a\";\\.png", 200_005));
        assert_eq!((found.head.as_slice(), found.hash), (&file[..HEAD], format!("{:x}", Sha256::digest(&file))));
    }

    #[test]
    fn malformed_form_is_rejected() {
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nx";
        let file = "Content-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: x/y\r\n\r\nx";
        for body in [
            String::new(),
            format!("\r\n--B\r\n{part}\r\n--B--\r\n"),
            format!("--B\n{part}\r\n--B--\r\n"),
            format!("--B\r\n{part}\r\n--B"),
            format!("--B\r\n{part}\r\n--B--\r\nmore"),
            format!("--B\r\n{part}\r\n--B--x"),
            format!("--B\r\n{part}"),
            format!("--B\r\nX: y\r\n{part}\r\n--B--\r\n"),
            "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nx\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: x/y\r\n\r\nx\r\n--B--\r\n".to_owned(),
            format!("--B\r\n{}: x\r\n\r\nx\r\n--B--\r\n", "h".repeat(HEADERS_MAX)),
        ] {
            assert!(parse(TYPE, body.as_bytes()).is_err(), "{body:?}");
        }
        for body in [
            format!("--B\r\n{part}\r\n--B--\r\n"),
            format!("--B\r\n{part}\r\n--B--"),
            format!("--B\r\n{file}\r\n--B--\r\n"),
            format!("--B\r\n{file}\r\n--B\r\n{file}\r\n--B--\r\n"),
        ] {
            assert!(parse(TYPE, body.as_bytes()).is_ok());
        }
        for content_type in
            ["", "multipart/form-data", "multipart/mixed; boundary=B", "multipart/form-data; boundary=a b"]
        {
            assert!(parse(content_type, format!("--B\r\n{part}\r\n--B--\r\n").as_bytes()).is_err(), "{content_type}");
        }
    }
}
