//! The methods of HTTP that the API uses.

/// A method of HTTP that an endpoint may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}
