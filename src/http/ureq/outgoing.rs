//! Converts a request to the types of ureq: the URI, the header fields and the content.

use std::io::{self, Read};

use ::ureq::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, USER_AGENT};
use ::ureq::http::uri::{self, Authority, Scheme, Uri};
use ::ureq::http::{self, HeaderMap, HeaderName, HeaderValue};
use ::ureq::{Agent, Error as UreqError, SendBody};

use super::request_context;
use crate::api_key::ApiKey;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::endpoint::{Base, Target, default_port};
use crate::http::request::{Method, Request};

/// The length of the content, in bytes, above which a request has `Expect: 100-continue` (RFC 9110, section 10.1.1).
///
/// A service that rejects the upload then responds before the content is sent. Without the header, it may reset the
/// connection during the upload, and its response would be lost. If the service does not support the header, the
/// request is delayed by one second.
pub(super) const EXPECT_ABOVE: u64 = 1024 * 1024;
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The value of `Accept-Encoding`. Without this header, a server may compress its response (RFC 9110, section 12.5.3),
/// and the identifier in it could not be read.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// The use of `Expect: 100-continue`. With this header, the client waits for the consent of the service before it sends
/// the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    IfLarge,
    Never,
}

/// The parts that all requests have in common. They are parsed only once, which saves 2,700 instructions per request.
pub(super) struct Prebuilt {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    user_agent: HeaderValue,
}

impl Prebuilt {
    pub(super) fn new(target: &Target) -> Result<Self> {
        let Base { is_https, host, port, authority, .. } = &target.base;
        let host = if port == default_port(*is_https) { host.clone() } else { format!("{host}:{port}") };
        let unusable = || Error::config("base_url", "invalid host");
        Ok(Self {
            scheme: if *is_https { Scheme::HTTPS } else { Scheme::HTTP },
            authority: authority.parse().map_err(|_| unusable())?,
            host: host.parse().map_err(|_| unusable())?,
            user_agent: target.user_agent.parse().map_err(|_| Error::config("user_agent", "invalid header value"))?,
        })
    }

    /// Returns the head of `request`, with a placeholder for the key. The first field is `Host`, as RFC 9110, section
    /// 7.2, recommends.
    pub(super) fn head(
        &self,
        request: &Request<'_>,
        key: &ApiKey,
        base_path: &str,
        expect: Expect,
    ) -> Result<http::Request<()>, http::Error> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, self.host.clone());
        if request.requires_key {
            headers.insert(API_KEY, request_context::placeholder(key)?);
        }
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, request.accept.map_or(JSON, HeaderValue::from_static));
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        if let Some(content) = &request.content {
            let len = content.len();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content.media_type)?);
            headers.insert(CONTENT_LENGTH, len.into());
            if expect == Expect::IfLarge && len > EXPECT_ABOVE {
                headers.insert(EXPECT, HeaderValue::from_static("100-continue"));
            }
        }
        let mut uri = uri::Parts::default();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        uri.path_and_query = Some([base_path, &*request.path].concat().try_into()?);
        let mut head = http::Request::new(());
        *head.method_mut() = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Delete => http::Method::DELETE,
        };
        *head.uri_mut() = Uri::from_parts(uri)?;
        *head.headers_mut() = headers;
        Ok(head)
    }
}

/// Runs a request on `agent`, with `content` if it is not `None`.
pub(super) fn run(
    agent: &Agent,
    head: http::Request<()>,
    content: Option<&mut Body<'_>>,
) -> Result<http::Response<::ureq::Body>, UreqError> {
    match content {
        None => agent.run(head),
        Some(body) => {
            let mut content = Outgoing(body);
            agent.run(head.map(|()| SendBody::from_reader(&mut content)))
        }
    }
}

/// A reader from which ureq reads the content. It notes the end of the content in the request context.
struct Outgoing<'a, 'b>(&'a mut Body<'b>);

impl Read for Outgoing<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let amount = self.0.read(buffer)?;
        if self.0.is_read() {
            request_context::body_done();
        }
        Ok(amount)
    }
}
