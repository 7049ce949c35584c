//! The meaning of ureq's errors to a call.

use std::error::Error as StdError;

use ::ureq::Error as UreqError;

use super::connect_error::{ConnectError, source};
use super::connection::SendError;
use super::tls_error;
use crate::error::ErrorKind;
use crate::http::endpoint::Base;
use crate::http::request::Stall;
use crate::http::response::Failure;

/// Explains an error of ureq. `is_read` is `true` if the request was read to its end. `stall` is what bounds it in place
/// of a deadline.
pub(super) fn from_error(error: UreqError, is_read: bool, stall: Option<Stall>, base: &Base) -> Failure {
    let host = &base.authority;
    let error = match downcast::<ConnectError>(error) {
        // Our connector made it, so no byte of the request was sent.
        Ok(not_connected) => return not_connected.failure(base),
        Err(error) => error,
    };
    let (error, request_fully_sent) = match downcast(error) {
        Ok(SendError(error)) => (error, false),
        Err(error) => (error, is_read),
    };
    let (kind, summary) = match &error {
        UreqError::Timeout(_) => {
            let summary = match stall {
                Some(Stall { answer, .. }) if request_fully_sent => {
                    format!("no answer of {host} came within {answer:?} after the upload")
                }
                Some(Stall { sending, .. }) => format!("the upload to {host} stalled: for {sending:?} nothing moved"),
                None if request_fully_sent => format!("timed out while waiting for the answer of {host}"),
                None => format!("timed out before the request to {host} was sent"),
            };
            (ErrorKind::Timeout, summary)
        }
        // In TLS 1.3 a server may refuse the handshake when it is over for the client.
        UreqError::Io(error) => {
            let summary = format!("lost the connection to {host}");
            (ErrorKind::Disconnected, tls_error::explain(summary, &error.to_string()))
        }
        _ => {
            let hint = if base.is_https { "" } else { "; is it `https` there?" };
            (ErrorKind::UnexpectedResponse, format!("what {host} sent is not HTTP that can be understood{hint}"))
        }
    };
    Failure { request_fully_sent, source: source(error), ..Failure::new(kind, summary) }
}

/// Returns the error that we gave to ureq, or else ureq's own.
pub(super) fn downcast<E: StdError + 'static>(error: UreqError) -> Result<E, UreqError> {
    match error {
        UreqError::Other(inner) => inner.downcast().map(|downcast| *downcast).map_err(UreqError::Other),
        error => Err(error),
    }
}
