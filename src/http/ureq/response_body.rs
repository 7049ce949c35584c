//! The body of a response, read to its end or its limit.

use std::io::{self, Read};

use ::ureq::Body;

use super::limits::INPUT;
use super::{failure, request_context};
use crate::error::ErrorKind;
use crate::http::endpoint::Base;
use crate::http::response::{Failure, Response};

/// Adds the body to `response`, as far as it arrives and `limit` allows.
pub(super) fn read(response: Response, mut body: Body, limit: u64, base: &Base) -> Response {
    // Room for the declared length, and some more to see the end. Without it, whole pieces are filled with zeros, at 8,000
    // instructions for a small body.
    let declared = body.content_length().and_then(|len| usize::try_from(len).ok()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(declared.min(INPUT).saturating_add(64));
    // Read up to the limit even if the declared length is over it, as the beginning may hold an identifier.
    let outcome = read_to_end(body.as_reader().take(limit.saturating_add(1)), &mut bytes);
    // If the first chunk is malformed, nothing is decoded. Dropping the body drops the connection, which then hands
    // over the bytes that it had received.
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

/// Reads to the end, and keeps the bytes that came before an error.
///
/// ureq decodes as many chunks at a time as the buffer has room for. If a malformed chunk follows them, it returns the
/// error alone, but the decoded bytes are in the buffer, in front of the zeros that it was filled with.
fn read_to_end(mut reader: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let start = bytes.len();
        let room = match bytes.capacity().saturating_sub(start) {
            0 => INPUT,
            spare => spare.min(INPUT),
        };
        bytes.resize(start.saturating_add(room), 0);
        let piece = bytes.get_mut(start..).unwrap_or_default();
        let (len, outcome) = match reader.read(piece) {
            Ok(0) => (0, Some(Ok(()))),
            Ok(len) => (len, None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (0, None),
            Err(error) => {
                (piece.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1)), Some(Err(error)))
            }
        };
        bytes.truncate(start.saturating_add(len));
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

fn too_long(limit: u64) -> Failure {
    let summary = format!("the answer is longer than the limit of {limit} bytes");
    Failure::new(ErrorKind::UnexpectedResponse, summary).with_request_fully_sent(true)
}
