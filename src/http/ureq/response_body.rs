//! Reads the body of a response, up to its end or the size limit.

use std::io::{self, Read};

use ::ureq::Body;

use super::limits::INPUT;
use super::{failure, request_context};
use crate::error::ErrorKind;
use crate::http::endpoint::Base;
use crate::http::response::{Failure, Response};

/// Reads the body, up to `limit` bytes or the first error, and adds it to `response`.
pub(super) fn read(response: Response, mut body: Body, limit: u64, base: &Base) -> Response {
    // Reserve the declared length, and a few bytes more to detect the end. Otherwise `read_to_end` would fill blocks of
    // 16 KiB with zeros, which costs 8,000 instructions for a small body.
    let declared = body.content_length().and_then(|len| usize::try_from(len).ok()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(declared.min(INPUT).saturating_add(64));
    // Read up to the limit even if the declared length exceeds it, since the beginning may contain an identifier.
    let outcome = read_to_end(body.as_reader().take(limit.saturating_add(1)), &mut bytes);
    // If the first chunk is malformed, ureq decodes nothing. Dropping the body also drops the connection, which passes
    // the received bytes to the request context.
    drop(body);
    if outcome.is_err() && bytes.is_empty() {
        bytes = request_context::take_received();
    }
    let is_over_limit = bytes.len() as u64 > limit;
    let truncated = match outcome {
        Ok(()) if is_over_limit => Some(too_long(limit)),
        Ok(()) => None,
        Err(error) => Some(failure::from_error(error.into(), true, None, base)),
    };
    Response { body: bytes, is_over_limit, truncated, ..response }
}

/// Reads to the end, and keeps the bytes before an error.
///
/// ureq decodes as many chunks at a time as fit into the buffer. If a malformed chunk follows, ureq returns only the
/// error, but the buffer contains the decoded bytes, followed by the zeros with which it was filled before. So after an
/// error, the bytes up to the last one that is not zero are kept.
fn read_to_end(mut reader: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let start = bytes.len();
        let block_len = match bytes.capacity().saturating_sub(start) {
            0 => INPUT,
            spare => spare.min(INPUT),
        };
        bytes.resize(start.saturating_add(block_len), 0);
        let block = bytes.get_mut(start..).unwrap_or_default();
        let (len, outcome) = match reader.read(block) {
            Ok(0) => (0, Some(Ok(()))),
            Ok(len) => (len, None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (0, None),
            Err(error) => {
                (block.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1)), Some(Err(error)))
            }
        };
        bytes.truncate(start.saturating_add(len));
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

fn too_long(limit: u64) -> Failure {
    let summary = format!("the response exceeds the limit of {limit} bytes");
    Failure::new(ErrorKind::UnexpectedResponse, summary).with_request_fully_sent(true)
}
