//! Converts the errors of ureq to a [`Failure`].

use std::error::Error as StdError;

use ::ureq::Error as UreqError;

use super::connect_error::{ConnectError, source};
use super::connection::SendError;
use super::tls_error;
use crate::error::ErrorKind;
use crate::http::endpoint::Base;
use crate::http::request::Stall;
use crate::http::response::Failure;

/// Converts an error of ureq. `is_read` is `true` if the content of the request was read to its end. `stall` has the
/// limits of an upload without a deadline.
pub(super) fn from_error(error: UreqError, is_read: bool, stall: Option<Stall>, base: &Base) -> Failure {
    let host = &base.authority;
    let error = match downcast::<ConnectError>(error) {
        // The error comes from `Connect`, so no byte of the request was sent.
        Ok(connect_error) => return connect_error.failure(base),
        Err(error) => error,
    };
    let (error, request_fully_sent) = match downcast(error) {
        Ok(SendError(error)) => (error, false),
        Err(error) => (error, is_read),
    };
    let (kind, summary) = match &error {
        UreqError::Timeout(_) => {
            let summary = match stall {
                Some(Stall { response, .. }) if request_fully_sent => {
                    format!("no response from {host} within {response:?} after the upload")
                }
                Some(Stall { sending, .. }) => format!("the upload to {host} stalled: no data sent for {sending:?}"),
                None if request_fully_sent => format!("timed out while waiting for the response from {host}"),
                None => format!("timed out while sending the request to {host}"),
            };
            (ErrorKind::Timeout, summary)
        }
        // In TLS 1.3, the handshake may be complete for the client before the server rejects it. The alert then
        // arrives as an I/O error of the open connection.
        UreqError::Io(error) => {
            let summary = format!("lost the connection to {host}");
            (ErrorKind::Disconnected, tls_error::explain(summary, &error.to_string()))
        }
        _ => {
            let hint = if base.is_https { "" } else { "; use https if the server expects TLS" };
            (ErrorKind::UnexpectedResponse, format!("invalid HTTP response from {host}{hint}"))
        }
    };
    Failure { request_fully_sent, source: source(error), ..Failure::new(kind, summary) }
}

/// Returns the error of type `E` that this crate passed through ureq, or else the unchanged error.
pub(super) fn downcast<E: StdError + 'static>(error: UreqError) -> Result<E, UreqError> {
    match error {
        UreqError::Other(inner) => inner.downcast().map(|downcast| *downcast).map_err(UreqError::Other),
        error => Err(error),
    }
}
