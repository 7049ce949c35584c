//! What the head of an answer says.

use std::time::SystemTime;

use ::ureq::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use ::ureq::http::response::Parts;
use ::ureq::http::{HeaderMap, Version};

use crate::api_key::ApiKey;
use crate::http::response::{RateLimitHeaders, Response};
use crate::http::retry_after;

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How a message tells where its body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By a length, or by chunks.
    RateLimitHeaders,
    /// By the end of the connection.
    UntilClose,
    /// Not everybody on the way may see the same end.
    Ambiguous,
}

impl Framing {
    pub(super) fn from_head(head: &Parts) -> Self {
        let has_length = head.headers.contains_key(CONTENT_LENGTH);
        let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
        match (codings.next(), codings.next()) {
            (None, _) if has_length => Self::RateLimitHeaders,
            (None, _) => Self::UntilClose,
            (Some(content_encoding), None)
                if head.version == Version::HTTP_11
                    && !has_length
                    && content_encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") =>
            {
                Self::RateLimitHeaders
            }
            _ => Self::Ambiguous,
        }
    }
}

/// The answer with this head, but for its body.
pub(super) fn read(head: &Parts, framing: Framing, key: &ApiKey) -> Response {
    let fields = Fields::from_headers(&head.headers);
    let (now, date) = (SystemTime::now(), fields.date.map(text));
    let retry_after = fields.retry_after.and_then(|value| retry_after::retry_after(&text(value), date.as_deref(), now));
    let reset = fields.rate_limit_reset.and_then(|value| retry_after::reset(&text(value), date.as_deref(), now));
    Response {
        status: head.status.as_u16(),
        content_type: fields.content_type.map(text),
        content_encoding: fields
            .content_encoding
            .map(text)
            .filter(|content_encoding| !content_encoding.eq_ignore_ascii_case("identity")),
        // Masked here, before it is taken apart: half a key would not be recognized.
        location: fields.location.map(|location| key.mask(&text(location)).into_owned()),
        request_id: fields.request_id.map(text),
        retry_after,
        rate_limit: RateLimitHeaders {
            limit: fields.rate_limit.and_then(number),
            remaining: fields.rate_limit_remaining.and_then(number),
            reset: retry_after.or(reset),
        },
        length_known: framing == Framing::RateLimitHeaders,
        ..Response::default()
    }
}

/// The fields that matter here; of several with one name, the first.
#[derive(Default)]
struct Fields<'a> {
    content_type: Option<&'a HeaderValue>,
    content_encoding: Option<&'a HeaderValue>,
    date: Option<&'a HeaderValue>,
    location: Option<&'a HeaderValue>,
    rate_limit: Option<&'a HeaderValue>,
    rate_limit_remaining: Option<&'a HeaderValue>,
    rate_limit_reset: Option<&'a HeaderValue>,
    request_id: Option<&'a HeaderValue>,
    retry_after: Option<&'a HeaderValue>,
}

impl<'a> Fields<'a> {
    /// In one pass, as most answers have few fields, and most of these are looked for in vain.
    fn from_headers(headers: &'a HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            let field = match name {
                name if *name == CONTENT_TYPE => &mut fields.content_type,
                name if *name == CONTENT_ENCODING => &mut fields.content_encoding,
                name if *name == DATE => &mut fields.date,
                name if *name == LOCATION => &mut fields.location,
                name if *name == RETRY_AFTER => &mut fields.retry_after,
                name if *name == RATE_LIMIT => &mut fields.rate_limit,
                name if *name == RATE_LIMIT_REMAINING => &mut fields.rate_limit_remaining,
                name if *name == RATE_LIMIT_RESET => &mut fields.rate_limit_reset,
                name if *name == REQUEST_ID => &mut fields.request_id,
                _ => continue,
            };
            field.get_or_insert(value);
        }
        fields
    }
}

/// What is not UTF-8 in it is replaced.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn number(value: &HeaderValue) -> Option<u32> {
    value.to_str().ok()?.trim().parse().ok()
}
