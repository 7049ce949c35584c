//! A fake of the service on loopback, for trying things out and for tests without a key.
//!
//! It behaves as the service's documentation says where that says anything, and **makes the rest up**: it looks into no
//! file, and never reaches out. URLs on the host `sandbox.test` force an outcome, whatever else is asked:
//!
//! | URL | outcome |
//! | --- | --- |
//! | `https://sandbox.test/no-credits.jpg` | 400, no credits left (text made up) |
//! | `https://sandbox.test/unsupported.txt` | 400, format not supported |
//! | `https://sandbox.test/too-large.jpg` | 400, larger than 50 MB |
//! | `https://sandbox.test/download-failed.jpg` | 400, not downloaded (text made up) |
//! | `https://sandbox.test/forbidden.jpg` | 403 |
//! | `https://sandbox.test/rate-limited.jpg` | 429 with `Retry-After: 1`, whatever the limits |
//! | `https://sandbox.test/slow.jpg` | accepted, after 2 seconds |
//! | `https://sandbox.test/errored.jpg` | accepted; the analysis fails (text made up) |
//! | `https://sandbox.test/c2pa.jpg` | accepted; has C2PA metadata, which force `artificial` unless that is prevented |
//!
//! Any other URL is accepted and costs one credit of a thousand, or of as many as [`set_credits`](Sandbox::set_credits)
//! says, unless it was submitted before with the same options.
//!
//! The key may be used as fast as is documented: 30 submits a minute and one a second, 60 reads a minute and two a
//! second. More is a 429, worded and counted as the framework does that the backend seems to run on: minutes and
//! seconds begin with their first request, and refusals do not count. A client keeps within that by itself; tests
//! rather lift the limits with [`set_limits`](Sandbox::set_limits), and turn the client's [`RateLimit`] off.
//!
//! Uploads are read to their end, hashed, and forgotten; those that are larger than documented, or of another format,
//! are refused.
//!
//! Results are `new` for a second, or as long as [`set_analysis_time`](Sandbox::set_analysis_time) says. Then they have
//! a verdict by a model named `sandbox`, made up from the file's hash; the hash of a URL stands for that of its file.
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
// Counts of what is in memory.
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

/// A running sandbox, on a port of its own. It stops when it is dropped, and closes its connections.
///
/// Several may run at once; each has its own limits, credits and submissions.
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
    /// If no port can be listened on, or no thread started.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Starts a sandbox on `port` of 127.0.0.1; 0 is any free one.
    ///
    /// # Errors
    ///
    /// If the port cannot be listened on, or no thread started.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let service = Arc::new(Service::default());
        let answering = Arc::clone(&service);
        let server = Server::start(port, move |call, body| answering.answer(call, body))?;
        Ok(Self { base_url: format!("http://{}", server.address()), service, _server: server })
    }

    /// What to give a client as its base URL.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key that the sandbox takes: `sandbox`.
    #[allow(clippy::unused_self)] // The key is this sandbox's, even if all have the same.
    pub fn api_key(&self) -> &'static str {
        service::API_KEY
    }

    /// How long analyses take from now on, those under way included. Default: 1 second.
    pub fn set_analysis_time(&self, time: Duration) {
        self.service.set_analysis_time(time);
    }

    /// How fast the key may be used from now on; an override counts as a submit. What was sent before counts no more.
    /// `RateLimit::unlimited()` takes any number, and 0 a minute none. Default: `RateLimit::default()`, 30 submits and
    /// 60 reads a minute, as documented.
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

    /// How many credits are left.
    pub fn credits(&self) -> u64 {
        self.service.credits()
    }

    /// How many credits are left from now on. Default: 1,000.
    pub fn set_credits(&self, credits: u64) {
        self.service.set_credits(credits);
    }

    /// How many submits were accepted so far, those included that cost nothing because they were submitted before.
    /// Overrides are none.
    pub fn submits(&self) -> u64 {
        self.service.submits()
    }

    /// How many requests were refused so far because the key was used faster than its [limits](Self::set_limits) allow.
    pub fn refusals(&self) -> u64 {
        self.service.refusals()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
