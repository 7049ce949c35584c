//! Converts the head of a response to a [`Response`], and determines how its body is framed.

use std::time::{Duration, SystemTime};

use ::ureq::http::Version;
use ::ureq::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use ::ureq::http::response::Parts;

use crate::api_key::ApiKey;
use crate::http::response::{RateLimitHeaders, Response};
use crate::http::retry_after;

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The framing of a body (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A length or chunks specify the end of the body.
    Delimited,
    /// The body ends with the connection.
    UntilClose,
    /// The header fields contradict each other, or some recipients do not understand them. A proxy may assume another
    /// end of the body than ureq does, so the connection must not be reused.
    Ambiguous,
}

impl Framing {
    pub(super) fn from_head(head: &Parts) -> Self {
        let has_length = head.headers.contains_key(CONTENT_LENGTH);
        let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
        match (codings.next(), codings.next()) {
            (None, _) if has_length => Self::Delimited,
            (None, _) => Self::UntilClose,
            (Some(coding), None)
                if head.version == Version::HTTP_11
                    && !has_length
                    && coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") =>
            {
                Self::Delimited
            }
            _ => Self::Ambiguous,
        }
    }
}

/// Returns the response with this head, without a body. If a field occurs several times, the first one counts.
pub(super) fn read(head: &Parts, framing: Framing, key: &ApiKey) -> Response {
    let field = |name| head.headers.get(name).map(text);
    let number = |name| field(name)?.trim().parse().ok();
    let time = |value: String, read: fn(&str, Option<&str>, SystemTime) -> Option<Duration>| {
        read(&value, field(DATE).as_deref(), SystemTime::now())
    };
    let retry_after = field(RETRY_AFTER).and_then(|value| time(value, retry_after::retry_after));
    let reset = field(RATE_LIMIT_RESET).and_then(|value| time(value, retry_after::reset));
    Response {
        status: head.status.as_u16(),
        content_type: field(CONTENT_TYPE),
        content_encoding: field(CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity")),
        // The key is masked before the URL is split, since a part of a key would not be recognized.
        location: field(LOCATION).map(|location| key.mask(&location).into_owned()),
        request_id: field(REQUEST_ID),
        retry_after,
        rate_limit: RateLimitHeaders {
            limit: number(RATE_LIMIT),
            remaining: number(RATE_LIMIT_REMAINING),
            reset: retry_after.or(reset),
        },
        length_known: framing == Framing::Delimited,
        ..Response::default()
    }
}

/// Returns the value with replacement characters for bytes that are not UTF-8.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
