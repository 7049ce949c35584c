//! Tests of Base64, and of the status line of a proxy.

use super::*;

#[test]
fn base64_matches_examples_of_rfc_4648() {
    let table = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (len, expected) in table.into_iter().enumerate() {
        assert_eq!(base64(&b"foobar"[..len]), expected);
    }
    assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
}

#[test]
fn base64_of_all_bytes_matches_the_base64_crate() {
    use ::base64::Engine;
    let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    for start in 0..bytes.len() {
        let bytes = &bytes[start..];
        assert_eq!(base64(bytes), ::base64::prelude::BASE64_STANDARD.encode(bytes));
    }
}

#[test]
fn status_line_with_or_without_reason_is_parsed() {
    for (line, expected) in [
        ("HTTP/1.1 200 Connection established\r\n", Some((200, "200 Connection established"))),
        ("HTTP/1.0 200\n", Some((200, "200"))),
        ("HTTP/1.1 403 \r\n", Some((403, "403"))),
        ("HTTP/1.1 599 a\u{1b}[2J\u{202e}b\r\n", Some((599, "599 a\\u{1b}[2J\\u{202e}b"))),
        ("HTTP/1.1 407 hello user\r\n", Some((407, "407"))),
        ("HTTP/1.1 407 dXNlcjpwYSRzcw==\r\n", Some((407, "407"))),
        ("HTTP/1.2 200 OK\r\n", None),
        ("HTTP/2 200\r\n", None),
        ("HTTP/1.1 20 OK\r\n", None),
        ("HTTP/1.1 2000 OK\r\n", None),
        ("HTTP/1.1 +20 OK\r\n", None),
        ("HTTP/1.1 099 OK\r\n", None),
        ("HTTP/1.1  200 OK\r\n", None),
        ("HTTP/1.1 \r\n", None),
        ("ICY 200 OK\r\n", None),
        ("\r\n", None),
    ] {
        let proxy = Proxy::new("http://user:pa$ss@p").unwrap();
        let status = Status::parse(line.as_bytes());
        let shown = status.map(|status| (status.code, status.display(Credentials::from_proxy(&proxy).as_ref())));
        assert_eq!(shown.as_ref().map(|(code, text)| (*code, text.as_str())), expected, "{line:?}");
    }
    let long = Status { code: 500, reason: "x".repeat(10_000) };
    assert_eq!(long.display(None).len(), "500 ".len() + REASON_MAX);
}
