//! The service in a nutshell: an embedded stand-in on loopback, for trying things out and for tests without a key.
//!
//! It behaves as the service's documentation says where that says anything, and **makes the rest up**: it looks at no
//! image, and never reaches out. URLs on the host `sandbox.test` force an outcome, whatever else is asked:
//!
//! | URL | outcome |
//! | --- | --- |
//! | `https://sandbox.test/no-credits.jpg` | 400, no credits left (text made up) |
//! | `https://sandbox.test/unsupported.txt` | 400, format not supported |
//! | `https://sandbox.test/too-large.jpg` | 400, larger than 50 MB |
//! | `https://sandbox.test/download-failed.jpg` | 400, not downloaded (text made up) |
//! | `https://sandbox.test/forbidden.jpg` | 403 |
//! | `https://sandbox.test/rate-limited.jpg` | 429 with `Retry-After: 1` |
//! | `https://sandbox.test/slow.jpg` | accepted, after 2 seconds |
//!
//! Any other URL is accepted and costs one credit of a thousand, unless it was submitted before with the same options.
//!
//! ```
//! use identifai::sandbox::Sandbox;
//! use identifai::{UrlOptions, classify_from_url};
//!
//! let sandbox = Sandbox::start()?;
//! let opts = UrlOptions::new(sandbox.api_key(), "https://example.com/cat.jpg").base_url(sandbox.base_url());
//! let id = classify_from_url(&opts)?;
//! assert_eq!(id.as_str().len(), 64);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod form;
mod service;

use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tiny_http::{Header, Request, Response, Server};

use self::service::{Answer, Call, Service};

/// The longest body that is read, in bytes.
const BODY_LIMIT: u64 = 16 * 1024 * 1024;

/// A running sandbox, on a port of its own. It stops when it is dropped.
///
/// Several may run at once; each has its own credits and submissions. A connection that a client keeps open cannot be
/// closed from here: a request on it after the sandbox was dropped gets no answer before its deadline.
pub struct Sandbox {
    base_url: String,
    inside: Arc<Inside>,
    server: Arc<Server>,
    receiving: Option<JoinHandle<()>>,
}

/// What requests share. The server is not in it, so that a request which hangs does not keep the port.
#[derive(Default)]
struct Inside {
    service: Service,
    stopped: Mutex<bool>,
    stop: Condvar,
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
        let server = Arc::new(Server::http(("127.0.0.1", port)).map_err(io::Error::other)?);
        let address = server.server_addr().to_ip().ok_or_else(|| io::Error::other("no address"))?;
        let inside = Arc::new(Inside::default());
        let (requests, share) = (Arc::clone(&server), Arc::clone(&inside));
        let receiving = spawn(move || {
            while let Ok(request) = requests.recv() {
                let inside = Arc::clone(&share);
                // Without a thread the request is dropped, which answers it with a 500.
                let _ = spawn(move || inside.answer(request));
            }
        })?;
        Ok(Self { base_url: format!("http://{address}"), inside, server, receiving: Some(receiving) })
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

    /// How many credits are left.
    pub fn credits(&self) -> u64 {
        self.inside.service.credits()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        *self.inside.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.inside.stop.notify_all();
        self.server.unblock();
        if let Some(receiving) = self.receiving.take() {
            let _ = receiving.join();
        }
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("identifai-sandbox".to_owned()).spawn(run)
}

impl Inside {
    fn answer(&self, mut request: Request) {
        let mut body = Vec::new();
        let answer = match request.as_reader().take(BODY_LIMIT + 1).read_to_end(&mut body) {
            Ok(_) if body.len() as u64 > BODY_LIMIT => Answer::too_large(),
            Ok(_) => self.service.answer(&call(&request, &body)),
            // The client went away in the middle of its request.
            Err(_) => return,
        };
        if answer.delay.is_zero() || !self.stops_within(answer.delay) {
            respond(request, &answer);
        }
    }

    fn stops_within(&self, delay: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.stop.wait_timeout_while(stopped, delay, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

fn call<'a>(request: &'a Request, body: &'a [u8]) -> Call<'a> {
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|header| header.field.equiv(name));
        found.map(|header| header.value.as_str())
    };
    Call {
        method: request.method().as_str(),
        path: request.url().split('?').next().unwrap_or_default(),
        api_key: header("X-Api-Key"),
        accept: header("Accept"),
        content_type: header("Content-Type"),
        body,
    }
}

fn respond(request: Request, answer: &Answer) {
    let mut response = Response::from_string(answer.body.as_str()).with_status_code(answer.status);
    let retry_after = answer.retry_after.map(|seconds| ("Retry-After", seconds.to_string()));
    let content_type = Some(("Content-Type", answer.content_type.to_owned()));
    for (name, value) in [content_type, retry_after].into_iter().flatten() {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // It fails if the client has gone, which is the client's business.
    let _ = request.respond(response);
}
