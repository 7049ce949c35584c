//! Helpers for the tests of all crates: a scripted server, a function that runs a test in its own process, and the
//! modules below.

#![forbid(unsafe_code)]
// A test that cannot continue panics.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::new_without_default,
    clippy::panic,
    clippy::print_stderr,
    clippy::return_self_not_must_use,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod directory;
pub mod form;
pub mod log;
pub mod secrets;
pub mod tls;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use identifai::{Client, ClientBuilder, Image, RateLimit, Submitted, UrlOptions};
use serde_json::json;

pub use self::directory::{Directory, files_in};

/// The API key of the test clients.
pub const KEY: &str = "planted-KEY-0f3a/9+x";
/// The identifier in [`accepted`].
pub const ID: &str = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";
/// The URL of an image to submit.
pub const CAT: &str = "https://example.com/cat.jpg";

/// The read and write timeout of a server's connections.
pub const IO_TIMEOUT: Duration = Duration::from_secs(20);

/// A request that a server received.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line and the headers, including the blank line.
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns the identifiers in the query of a request for image results, still percent-encoded.
    pub fn requested_ids(&self) -> Vec<String> {
        let target = self.head.split(' ').nth(1).unwrap();
        let query = target.strip_prefix("/api/classifications?").unwrap();
        query.split('&').map(|pair| pair.strip_prefix("identifiers[]=").unwrap().to_owned()).collect()
    }
}

/// A server on loopback that handles each connection with a closure.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    /// `true` once a closure has panicked. The panic itself stays in the connection's thread.
    failed: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// A connection of a [`Server`], or a stream inside it such as a TLS session.
pub struct Connection<S = TcpStream> {
    pub stream: BufReader<S>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server on a free port. It runs `serve` for each connection, in a new thread. If `serve` panics,
    /// dropping the server panics as well.
    pub fn start(serve: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::<AtomicUsize>::default(), Arc::default());
        let (stop, failed) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let shared = (Arc::clone(&connections), Arc::clone(&requests), Arc::clone(&stop), Arc::clone(&failed));
        let serve = Arc::new(serve);
        let accepting = std::thread::spawn(move || {
            let (connections, requests, stop, failed) = shared;
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                // A client that hangs then fails its own test instead of blocking the whole test run.
                stream.set_read_timeout(Some(IO_TIMEOUT)).unwrap();
                stream.set_write_timeout(Some(IO_TIMEOUT)).unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                let mut connection = Connection { stream: BufReader::new(stream), requests: Arc::clone(&requests) };
                let (serve, failed) = (Arc::clone(&serve), Arc::clone(&failed));
                std::thread::spawn(move || {
                    if catch_unwind(AssertUnwindSafe(|| serve(&mut connection))).is_err() {
                        failed.store(true, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { address, connections, requests, stop, failed, accepting: Some(accepting) }
    }

    /// Starts a server that answers every request on every connection with the same bytes.
    pub fn responding(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |connection| {
            while connection.request().is_some() {
                connection.send(&response);
            }
        })
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Returns the complete requests so far, of all connections.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns options for a call to this server, without retries.
    pub fn options(&self) -> UrlOptions {
        UrlOptions::new(KEY, CAT).base_url(self.base_url()).rate_limit(RateLimit::unlimited()).retries(0)
    }

    /// Builds a client of this server, without retries.
    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder(KEY).base_url(self.base_url()).rate_limit(RateLimit::unlimited()).retries(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The accepting thread blocks in `accept`. A connection wakes it, and it then sees `stop`.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let failed = self.failed.load(Ordering::SeqCst) && !std::thread::panicking();
        assert!(!failed, "a connection handler of the server panicked, see above");
    }
}

impl<S: Read + Write> Connection<S> {
    /// Wraps the stream of this connection, for example in TLS. Requests read from the wrapped stream are recorded by
    /// the server as well.
    pub fn wrap<'a, T: Read>(&'a mut self, wrap: impl FnOnce(&'a mut S) -> T) -> Connection<T> {
        let requests = Arc::clone(&self.requests);
        Connection { stream: BufReader::new(wrap(self.stream.get_mut())), requests }
    }

    /// Reads one request. Returns `None` if the client sends no further request.
    pub fn request(&mut self) -> Option<Request> {
        let head = self.head()?;
        let mut request = Request { head, body: Vec::new() };
        request.body = self.bytes(request.header("content-length").map_or(0, |length| length.parse().unwrap()))?;
        self.requests.lock().unwrap().push(request.clone());
        Some(request)
    }

    /// Reads up to and including the blank line.
    pub fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        Some(head)
    }

    /// Reads exactly `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.stream.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    pub fn send(&mut self, response: &(impl AsRef<[u8]> + ?Sized)) {
        // In many tests the client has closed the connection on purpose, so errors are ignored.
        let _ = self.stream.get_mut().write_all(response.as_ref());
    }

    /// Sends one byte every 20 ms until the client closes the connection.
    pub fn trickle(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            if self.stream.get_mut().write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the client has closed the connection.
    pub fn wait_for_end(&mut self) {
        let _ = std::io::copy(&mut self.stream, &mut std::io::sink());
    }
}

/// A listener whose backlog is full. On Linux, a further connection attempt then gets no reply.
pub struct FullListener {
    pub address: SocketAddr,
    _held: (TcpListener, Vec<TcpStream>),
}

impl FullListener {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(10)) {
            held.push(stream);
            assert!(held.len() < 10_000);
        }
        Self { address, _held: (listener, held) }
    }
}

/// Builds a complete response with a Content-Length.
pub fn response(status: u16, content_type: &str, body: &str) -> String {
    response_with(status, &format!("Content-Type: {content_type}\r\n"), body)
}

/// Builds a 200 response with a JSON body.
pub fn json(body: &str) -> String {
    response(200, "application/json", body)
}

/// Builds a complete response with these headers and a Content-Length. Each header ends with `\r\n`.
pub fn response_with(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// Builds a response with a finished report for each identifier.
pub fn done_reports(identifiers: &[String]) -> String {
    let report = |id| json!({"identifier": id, "status": "done", "verdict": {"classification": "human"}});
    json(&identifiers.iter().map(report).collect::<serde_json::Value>().to_string())
}

pub fn submitted(identifier: &str) -> Submitted<Image> {
    Submitted::new(identifier.parse().unwrap())
}

/// Builds the response to an accepted submit.
pub fn accepted() -> String {
    json(&format!("{{\"identifier\":\"{ID}\"}}"))
}

const SUBPROCESS: &str = "IDENTIFAI_TEST_SUBPROCESS";

/// Runs the test `name` again in its own process, with the environment variables `env`.
///
/// In the new process this function returns `None`, and the test continues. In the original process it returns the output
/// of the new process, and the test returns. Used by tests of process-wide state: threads, environment variables,
/// forks.
pub fn run_in_subprocess(name: &str, env: &[(&str, &str)]) -> Option<Output> {
    if std::env::var_os(SUBPROCESS).is_some() {
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(SUBPROCESS, "1")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{name} in its own process:\n{text}");
    Some(output)
}

/// Returns a number from `/proc/self/status`. For example, `VmHWM` is the peak memory use of this process in KiB.
#[cfg(target_os = "linux")]
pub fn process_status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Returns `true` if `run` starts no thread, not even one that ends at once.
#[cfg(target_os = "linux")]
pub fn starts_no_thread(run: impl Fn()) -> bool {
    // The kernel numbers threads consecutively. A thread that has started and ended leaves a gap in the numbers.
    let number_of_a_new_thread = || -> u32 {
        let id = std::thread::spawn(|| std::fs::read_link("/proc/thread-self").unwrap()).join().unwrap();
        id.file_name().unwrap().to_str().unwrap().parse().unwrap()
    };
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    // Threads of other processes also leave gaps, so one run of 20 without a gap is enough.
    (0..20).any(|_| {
        let before = (number_of_a_new_thread(), threads());
        run();
        (number_of_a_new_thread(), threads()) == (before.0 + 1, before.1)
    })
}
