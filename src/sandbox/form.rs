//! A strict reader of `multipart/form-data` (RFC 7578): what a lenient one lets pass, this one refuses, so that a form
//! which it takes is a form that every service takes.

/// The fields of a form in their order, or what is wrong with it.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, String> {
    let boundary = boundary(content_type)?;
    let delimiter = format!("--{boundary}");
    let mut rest = body.strip_prefix(delimiter.as_bytes()).ok_or("it does not begin with the boundary")?;
    let mut fields = Vec::new();
    let delimiter = format!("\r\n{delimiter}");
    loop {
        if rest == b"--\r\n" || rest == b"--" {
            return Ok(fields);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break, or by -- and the end")?;
        let end = find(rest, delimiter.as_bytes()).ok_or("a part is not ended by the boundary")?;
        let (part, after) = rest.split_at(end);
        fields.push(field(part)?);
        rest = &after[delimiter.len()..];
    }
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

fn field(part: &[u8]) -> Result<(String, String), String> {
    let end = find(part, b"\r\n\r\n").ok_or("a part has no blank line after its headers")?;
    let headers = std::str::from_utf8(&part[..end]).map_err(|_| "a part's headers are not UTF-8")?;
    let value = std::str::from_utf8(&part[end + 4..]).map_err(|_| "a field's value is not UTF-8")?;
    let name = match headers.split("\r\n").collect::<Vec<_>>().as_slice() {
        [one] => one.strip_prefix("Content-Disposition: form-data; name=\"").and_then(|name| name.strip_suffix('"')),
        _ => None,
    };
    let name = name.filter(|name| !name.is_empty() && !name.contains(['"', '\r', '\n']));
    let name = name.ok_or("a part has other headers than a Content-Disposition with a name")?;
    Ok((name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"), value.to_owned()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=B";

    #[test]
    fn a_form_is_read_in_order_and_byte_for_byte() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\nx\r\n\r\n--B\r\n\
            Content-Disposition: form-data; name=\"b%22\"\r\n\r\n\r\n--B--\r\n";
        let fields = parse(TYPE, body.as_bytes()).unwrap();
        assert_eq!(fields, [("a".to_owned(), "\r\nx\r\n".to_owned()), ("b\"".to_owned(), String::new())]);
    }

    #[test]
    fn whatever_is_not_exact_is_refused() {
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nx";
        for body in [
            String::new(),
            format!("\r\n--B\r\n{part}\r\n--B--\r\n"),
            format!("--B\n{part}\r\n--B--\r\n"),
            format!("--B\r\n{part}\r\n--B"),
            format!("--B\r\n{part}\r\n--B--\r\nmore"),
            format!("--B\r\n{part}"),
            format!("--B\r\nX: y\r\n{part}\r\n--B--\r\n"),
            "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nx\r\n--B--\r\n".to_owned(),
        ] {
            assert!(parse(TYPE, body.as_bytes()).is_err(), "{body:?}");
        }
        let body = format!("--B\r\n{part}\r\n--B--\r\n");
        assert!(parse(TYPE, body.as_bytes()).is_ok());
        for content_type in
            ["", "multipart/form-data", "multipart/mixed; boundary=B", "multipart/form-data; boundary=a b"]
        {
            assert!(parse(content_type, body.as_bytes()).is_err(), "{content_type}");
        }
    }
}
