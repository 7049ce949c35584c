//! A fake identifAI service on loopback, for tests without an API key and for experiments.
//!
//! It follows the service's documentation. Everything that the documentation leaves open **is made up**. The sandbox
//! does not analyse the content of files, and never connects to another host. A URL on the host `sandbox.test` forces
//! an outcome, regardless of the other options:
//!
//! | URL | outcome |
//! | --- | --- |
//! | `https://sandbox.test/no-credits.jpg` | 400, no credits left (text made up) |
//! | `https://sandbox.test/unsupported.txt` | 400, unsupported format |
//! | `https://sandbox.test/too-large.jpg` | 400, larger than 50 MB |
//! | `https://sandbox.test/download-failed.jpg` | 400, cannot be downloaded (text made up) |
//! | `https://sandbox.test/forbidden.jpg` | 403 |
//! | `https://sandbox.test/rate-limited.jpg` | 429 with `Retry-After: 1`, regardless of the limits |
//! | `https://sandbox.test/slow.jpg` | accepted after 2 seconds |
//! | `https://sandbox.test/errored.jpg` | accepted, then the analysis fails (text made up) |
//! | `https://sandbox.test/c2pa.jpg` | accepted; its C2PA metadata force `artificial` unless that is prevented |
//!
//! Any other URL is accepted and costs one credit. It is free if it was submitted before with the same options. The
//! account starts with 1,000 credits, which [`set_credits`](Sandbox::set_credits) changes.
//!
//! The rate limits of the key are those that the service documents: 30 submits per minute and 1 per second, 60 reads
//! per minute and 2 per second. Requests beyond that are refused with a 429. Limits are counted, and the 429 is worded,
//! as in the framework that the backend seems to use: each window of a minute or a second begins with its first
//! request, and refused requests do not count. A client stays within the limits by default. Tests run faster if they
//! lift the limits with [`set_limits`](Sandbox::set_limits) and disable the rate limit of the client with
//! [`RateLimit::unlimited`].
//!
//! Uploads are read to their end and hashed, and their content is not kept. A file that is larger than the documented
//! maximum, or of another format than the documented ones, is refused.
//!
//! The status of a result is `new` for 1 second, or for the time that was set with
//! [`set_analysis_time`](Sandbox::set_analysis_time). After that, it has a verdict by a model named `sandbox`, which is
//! made up from the file's hash. For a URL, the hash of the URL is used instead.
//!
//! ```
//! use identifai::{Client, Image, Submitted, UrlOptions, classify_from_url};
//! use identifai_sandbox::Sandbox;
//! use std::time::Duration;
//!
//! let sandbox = Sandbox::start()?;
//! let opts = UrlOptions::new(sandbox.api_key(), "https://example.com/cat.jpg").base_url(sandbox.base_url());
//! let id = classify_from_url(&opts)?;
//! assert_eq!(id.as_str().len(), 64);
//!
//! sandbox.set_analysis_time(Duration::ZERO);
//! let client = Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).build()?;
//! let report = client.result(&Submitted::<Image>::new(id))?;
//! assert!(report.is_artificial().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
// The numbers are counts of objects in memory, which do not overflow.
#![allow(clippy::arithmetic_side_effects)]

mod analysis;
mod endpoint;
mod form;
mod limits;
mod medium;
mod method;
mod partner;
mod response;
mod server;
mod service;
mod submit;
mod tickets;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use identifai::RateLimit;

use self::server::Server;
use self::service::Service;

/// A running sandbox, on its own port. When it is dropped, it stops and closes its connections.
///
/// Several sandboxes may run at the same time. Each has its own limits, credits and submissions.
pub struct Sandbox {
    base_url: String,
    service: Arc<Service>,
    _server: Server,
}

impl Sandbox {
    /// Starts a sandbox on any free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Fails if it cannot listen on a port or start a thread.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Starts a sandbox on `port` of 127.0.0.1. 0 stands for any free port.
    ///
    /// # Errors
    ///
    /// Fails if it cannot listen on the port or start a thread.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let service = Arc::new(Service::default());
        let handler = Arc::clone(&service);
        let server = Server::start(port, move |call, body| handler.handle(call, body))?;
        Ok(Self { base_url: format!("http://{}", server.address()), service, _server: server })
    }

    /// Returns the base URL to pass to a client.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the key that the sandbox accepts: `sandbox`.
    #[allow(clippy::unused_self)] // The key belongs to a sandbox, although all sandboxes have the same one.
    pub fn api_key(&self) -> &'static str {
        service::API_KEY
    }

    /// Sets the time that analyses take, including those that are running. Defaults to 1 second.
    pub fn set_analysis_time(&self, time: Duration) {
        self.service.set_analysis_time(time);
    }

    /// Sets the rate limits of the key. Requests that were made before are no longer counted.
    ///
    /// An override counts as a submit. With [`RateLimit::unlimited`], any number of requests is accepted. With 0 per
    /// minute, none is accepted. Defaults to `RateLimit::default()`, the documented limits: 30 submits and 60 reads per
    /// minute.
    ///
    /// ```
    /// use identifai::{Client, ErrorKind, Image, RateLimit};
    /// use identifai_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start()?;
    /// let builder = Client::builder(sandbox.api_key()).base_url(sandbox.base_url());
    /// let client = builder.rate_limit(RateLimit::unlimited()).retries(0).build()?;
    /// let image = Image::from_url("https://example.com/cat.jpg");
    /// sandbox.set_limits(RateLimit::per_minute(1, 60));
    /// client.submit(&image)?;
    /// assert_eq!(client.submit(&image).unwrap_err().kind(), ErrorKind::RateLimited);
    ///
    /// sandbox.set_limits(RateLimit::unlimited());
    /// client.submit(&image)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_limits(&self, limits: RateLimit) {
        self.service.set_limits(limits);
    }

    /// Returns the number of credits left.
    pub fn credits(&self) -> u64 {
        self.service.credits()
    }

    /// Sets the number of credits left. Defaults to 1,000.
    pub fn set_credits(&self, credits: u64) {
        self.service.set_credits(credits);
    }

    /// Returns the number of accepted submits. Submits that were free, because they were made before, are included.
    /// Overrides are not.
    pub fn submits(&self) -> u64 {
        self.service.submits()
    }

    /// Returns the number of requests that were refused because they exceeded the [limits](Self::set_limits).
    pub fn refusals(&self) -> u64 {
        self.service.refusals()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
