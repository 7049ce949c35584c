//! An HTTP/1.1 server on loopback with one thread per connection. All threads end with the server.
//!
//! The sockets are handled here because the small blocking server crates have one of two faults. They cannot be stopped
//! while clients keep connections open, or idle connections can starve others. `tiny_http` 0.12 has both faults.
//! Request heads are parsed by httparse, which ureq already depends on.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::response::Response;
use super::service::Call;

/// The maximum size of a request head in bytes.
const HEAD_LIMIT: u64 = 64 * 1024;
/// The maximum size of a request body in bytes.
const BODY_LIMIT: u64 = 6 * 1024 * 1024 * 1024;
const MAX_HEADERS: usize = 100;

type Handler = Box<dyn Fn(&Call<'_>, &mut dyn Read) -> Response + Send + Sync>;

/// A request body. If the client sent `Expect: 100-continue`, the first read sends `100 Continue`.
struct Body<'a, R> {
    rest: io::Take<R>,
    waiting: Option<&'a TcpStream>,
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(mut stream) = self.waiting.take() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        self.rest.read(buffer)
    }
}

/// A listening server. It stops when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    handler: Handler,
    state: Mutex<State>,
    stop: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// The open connections by number.
    open: HashMap<u64, TcpStream>,
    accepted: u64,
}

impl Server {
    pub(super) fn start(
        port: u16,
        handler: impl Fn(&Call<'_>, &mut dyn Read) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let shared = Shared { handler: Box::new(handler), state: Mutex::default(), stop: Condvar::new() };
        let shared = Arc::new(shared);
        let accepting = {
            let shared = Arc::clone(&shared);
            spawn(move || shared.accept(&listener))?
        };
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopped = true;
        for stream in state.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.stop.notify_all();
        // This connection wakes the accepting thread, which then ends and drops the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("identifai-sandbox".to_owned()).spawn(run)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            // Accepting fails if the client has already closed the connection. The server continues.
            let Ok(stream) = stream else { continue };
            let Some(number) = self.register(&stream) else { return };
            let shared = Arc::clone(self);
            let serving = spawn(move || {
                // An error means that the connection has ended. The server does not report it.
                let _ = shared.serve(&stream);
                shared.lock().open.remove(&number);
            });
            if serving.is_err() {
                self.lock().open.remove(&number);
            }
        }
    }

    /// Registers a connection, which is closed when the server stops. Returns `None` if it has stopped.
    fn register(&self, stream: &TcpStream) -> Option<u64> {
        let mut state = self.lock();
        state.accepted += 1;
        let number = state.accepted;
        if state.stopped {
            return None;
        }
        // A connection that cannot be registered is closed now, because it could not be closed when the server stops.
        match stream.try_clone() {
            Ok(copy) => drop(state.open.insert(number, copy)),
            Err(_) => drop(stream.shutdown(Shutdown::Both)),
        }
        Some(number)
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(head) = read_head(&mut reader)? {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut request = httparse::Request::new(&mut headers);
            if !matches!(request.parse(&head), Ok(httparse::Status::Complete(_))) {
                return respond(stream, &Response::message(400, "This is not HTTP/1.1."), true);
            }
            let header = |name: &str| {
                let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                found.and_then(|header| std::str::from_utf8(header.value).ok())
            };
            let length = match (header("Content-Length"), header("Transfer-Encoding")) {
                (None, None) => 0,
                (Some(length), None) => length.parse().unwrap_or(u64::MAX),
                _ => return respond(stream, &Response::message(411, "A Content-Length is required."), true),
            };
            if length > BODY_LIMIT {
                return respond(stream, &Response::message(413, "The maximum size of a request is 6 GiB."), true);
            }
            let expects_continue =
                header("Expect").is_some_and(|expected| expected.eq_ignore_ascii_case("100-continue"));
            let mut body = Body { rest: reader.by_ref().take(length), waiting: expects_continue.then_some(stream) };
            let target = request.path.unwrap_or_default();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let call = Call {
                method: request.method.unwrap_or_default(),
                path,
                query,
                api_key: header("X-Api-Key"),
                accept: header("Accept"),
                content_type: header("Content-Type"),
                content_length: length,
            };
            let response = (self.handler)(&call, &mut body);
            let close = request.version != Some(1)
                || header("Connection").is_some_and(|option| option.eq_ignore_ascii_case("close"));
            if self.stops_within(response.delay) {
                return Ok(());
            }
            // If the client still waits for `100 Continue`, it does not send the body, so the connection is closed.
            // Otherwise the rest of the body is read, so that it is not parsed as the next request.
            let close = close || body.waiting.is_some();
            if body.waiting.is_none() {
                io::copy(&mut body, &mut io::sink())?;
            }
            respond(stream, &response, close)?;
            if close {
                return Ok(());
            }
        }
        Ok(())
    }

    fn stops_within(&self, delay: Duration) -> bool {
        let waited = self.stop.wait_timeout_while(self.lock(), delay, |state| !state.stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }
}

/// Returns the bytes up to the blank line, or `None` at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut reader = reader.take(HEAD_LIMIT);
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            return if reader.limit() == 0 { Ok(Some(head)) } else { Ok(None) };
        }
    }
    Ok(Some(head))
}

fn respond(mut stream: &TcpStream, response: &Response, close: bool) -> io::Result<()> {
    let Response { status, content_type, body, headers, .. } = response;
    let reason = if *status < 400 { "OK" } else { "Refused" };
    let connection = if close { "Connection: close\r\n" } else { "" };
    let length = body.len();
    let mut all = Vec::new();
    write!(all, "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n{connection}")?;
    for (name, value) in headers {
        write!(all, "{name}: {value}\r\n")?;
    }
    write!(all, "Content-Length: {length}\r\n\r\n")?;
    all.extend_from_slice(body);
    stream.write_all(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo() -> Server {
        let handler = |call: &Call<'_>, body: &mut dyn Read| {
            if call.path == "/unread" {
                return Response::message(401, "No.");
            }
            let mut text = String::new();
            if body.read_to_string(&mut text).is_err() || text.len() as u64 != call.content_length {
                return Response::message(400, "Cut off.");
            }
            let body = text;
            Response::message(200, &format!("{} {} {body}", call.method, call.path))
        };
        Server::start(0, handler).unwrap()
    }

    /// Sends a request, and returns everything that the server sends until it closes the connection.
    fn exchange(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn connection_serves_several_requests() {
        let one = "POST /a?q HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
        let two = "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let responses = exchange(&echo(), &format!("{one}{two}{one}"));
        assert_eq!(responses.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{responses}");
        assert!(responses.contains("POST /a hi") && responses.contains("GET /b "), "{responses}");
    }

    #[test]
    fn invalid_requests_are_refused() {
        let server = echo();
        let table = [
            ("nonsense\r\n\r\n".to_owned(), "400"),
            ("x".repeat(64 * 1024), "400"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), "411"),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".to_owned(), "413"),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(), "413"),
        ];
        for (request, status) in table {
            let response = exchange(&server, &request);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        }
        assert!(exchange(&server, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhi").contains("Cut off."));
    }

    #[test]
    fn expect_continue_sends_100_if_body_is_read() {
        let request = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
        assert!(exchange(&echo(), request).starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
        let refused = "POST /unread HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        assert!(exchange(&echo(), refused).starts_with("HTTP/1.1 401 Refused\r\n"));
        let next = "GET /b HTTP/1.1\r\n\r\n";
        let unasked = format!("POST /unread HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi{next}");
        assert!(exchange(&echo(), &unasked).contains("GET /b"), "a body that the handler has not read is skipped");
    }

    #[test]
    fn dropping_server_closes_connections() {
        let server = echo();
        let address = server.address();
        let mut idle = TcpStream::connect(address).unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(idle.read(&mut [0; 16]).unwrap() > 0, "the connection is being served");
        drop(server);
        let _ = idle.read_to_end(&mut Vec::new());
        assert!(TcpStream::connect(address).is_err());
    }
}
