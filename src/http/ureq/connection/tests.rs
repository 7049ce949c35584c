//! Tests of interim responses and of socket errors.

use ::ureq::unversioned::transport::LazyBuffers;

use super::*;
use crate::error::ErrorKind;
use crate::http::endpoint::Base;
use crate::http::ureq::failure::{downcast, from_error};

/// Returns `input` without its interim responses, and the number of bytes that were removed.
fn take(input: &[u8]) -> (String, usize) {
    let mut buffers = LazyBuffers::new(96, 96);
    buffers.input_append_buf()[..input.len()].copy_from_slice(input);
    buffers.input_appended(input.len());
    let removed = take_interim(&mut buffers);
    (String::from_utf8(buffers.input().to_vec()).unwrap(), removed)
}

#[test]
fn interim_responses_except_plain_100_are_removed() {
    for (input, left) in [
        ("HTTP/1.1 100 Go\r\nA: b\r\n\r\nrest", "HTTP/1.1 100\n\nrest"),
        ("HTTP/1.1 100\n\nrest", "HTTP/1.1 100\n\nrest"),
        ("HTTP/1.1 103 E\r\nA: b\r\n\r\n", ""),
        ("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 413 L\r\n", "HTTP/1.1 413 L\r\n"),
        ("HTTP/1.1 100\r\n\r\nHTTP/1.1 100\r\nA: b\r\n\r\nHTTP/1.1 1", "HTTP/1.1 100\n\nHTTP/1.1 1"),
    ] {
        let (found, removed) = take(input.as_bytes());
        assert_eq!(found, left);
        assert_eq!(removed, input.len() - left.trim_start_matches("HTTP/1.1 100\n\n").len(), "{input}");
    }
    for final_or_part in ["HTTP/1.1 401 U\r\nA: b\r\n\r\n", "HTTP/1.1 100 Go\r\nA: b\r\n", "HTTP/1.1 101 S\r\n\r\n", ""]
    {
        assert_eq!(take(final_or_part.as_bytes()), (final_or_part.to_owned(), 0));
    }
    let full = ["HTTP/1.1 100\n\n", &"x".repeat(82)].concat();
    assert_eq!(take(full.as_bytes()).0, full, "a full buffer with the shortest form stays unchanged");
}

#[test]
fn write_error_without_tls_is_known_as_unsent() {
    let error = || UreqError::Io(std::io::ErrorKind::BrokenPipe.into());
    let is_unsent = |is_tls| match downcast(SendError::unless_in_tls(error(), is_tls)) {
        Ok(SendError(UreqError::Io(_))) => true,
        Err(UreqError::Io(_)) => false,
        other => panic!("{other:?}"),
    };
    assert_eq!((is_unsent(false), is_unsent(true)), (true, false));
    assert!(downcast::<SendError>(UreqError::Other("other".into())).is_err());
    // The content of the submit was read to its end.
    let base = Base::parse("http://127.0.0.1").unwrap();
    let outcome = |error| {
        let failure = from_error(error, true, None, &base);
        (failure.kind, failure.request_fully_sent)
    };
    assert_eq!(outcome(error()), (ErrorKind::Disconnected, true));
    assert_eq!(outcome(SendError::unless_in_tls(error(), false)), (ErrorKind::Disconnected, false));
    let timeout = UreqError::Timeout(::ureq::Timeout::Global);
    assert_eq!(outcome(SendError::unless_in_tls(timeout, false)), (ErrorKind::Timeout, false));
}
