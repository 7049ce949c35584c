//! A server with a given fault at a given point of a connection.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::SockRef;
use test_support::{Connection, FullListener, ID, Request, Server, accepted, response};

/// The point of a connection at which the fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    BeforeAccept,
    AfterAccept,
    InHandshake,
    InRequestHead,
    InRequestBody,
    BeforeStatus,
    InHeader,
    InBody,
    AfterBody,
}

/// The fault that the server causes at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Closes the sending side, and reads on.
    Close,
    Reset,
    /// Does nothing.
    Stall,
    /// Continues with one byte every 20 ms.
    Trickle,
    Garbage,
    /// Sends more than the client's limit.
    TooMuch,
    /// Sends a response too early.
    Early,
}

impl Point {
    pub(super) const ALL: [Self; 9] = [
        Self::BeforeAccept,
        Self::AfterAccept,
        Self::InHandshake,
        Self::InRequestHead,
        Self::InRequestBody,
        Self::BeforeStatus,
        Self::InHeader,
        Self::InBody,
        Self::AfterBody,
    ];

    /// Returns the name of the point's row in the tables.
    pub(super) fn name(self) -> String {
        format!("{self:?}").chars().fold(String::new(), |name, c| match c {
            'A'..='Z' if name.is_empty() => c.to_lowercase().collect(),
            'A'..='Z' => name + " " + &c.to_lowercase().collect::<String>(),
            c => name + c.encode_utf8(&mut [0; 4]),
        })
    }
}

impl Fault {
    pub(super) const ALL: [Self; 7] =
        [Self::Close, Self::Reset, Self::Stall, Self::Trickle, Self::Garbage, Self::TooMuch, Self::Early];
}

/// The response limit of the client, in bytes.
pub(super) const LIMIT: u64 = 64 * 1024;
const TOO_MUCH: usize = 1 << 20;
/// The number of bytes that are missing from a body that stops in the middle.
const MISSING: usize = 10_000;
/// An identifier that belongs to no submission.
pub(super) const STRAY: &str = "5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a572a";

/// A server with a given number of faulty connections. All later connections work correctly.
pub(super) struct Faulty {
    pub(super) base_url: String,
    server: Server,
    /// The listener of a server that accepts no connection.
    _full: Option<FullListener>,
    state: Arc<State>,
}

struct State {
    start: Instant,
    /// The number of further connections that will be faulty.
    faulty: AtomicUsize,
    /// `true` once the fault has happened, or has begun.
    is_done: AtomicBool,
    /// `true` once the test of this cell has ended.
    is_over: AtomicBool,
    connections: AtomicUsize,
    /// The number of the connection of each correct response.
    good: Mutex<Vec<usize>>,
}

impl State {
    /// Returns `true` while an endless fault continues. It ends after 5 seconds, in case the client hangs.
    fn is_hostile(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst) && self.start.elapsed() < Duration::from_secs(5)
    }
}

impl Faulty {
    pub(super) fn start(point: Point, fault: Fault, faulty: usize) -> Self {
        let state = Arc::new(State {
            start: Instant::now(),
            faulty: faulty.into(),
            is_done: false.into(),
            is_over: false.into(),
            connections: 0.into(),
            good: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let server = Server::start(move |connection| {
            let number = shared.connections.fetch_add(1, Ordering::SeqCst);
            let take = |left: usize| left.checked_sub(1);
            let is_faulty = shared.faulty.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok();
            let continues = if is_faulty {
                reach(connection, point, fault).and_then(|read| inject(connection, point, fault, read, &shared))
            } else {
                Some(())
            };
            while let (Some(()), Some(request)) = (continues, connection.request()) {
                shared.good.lock().unwrap().push(number);
                connection.send(&good(&request));
            }
        });
        let full = (point == Point::BeforeAccept && fault == Fault::Stall).then(FullListener::new);
        let base_url = match (point, &full) {
            (_, Some(full)) => format!("http://{}", full.address),
            // A port without a listener.
            (Point::BeforeAccept, None) => "http://127.0.0.1:1".to_owned(),
            (Point::InHandshake, None) => format!("https://localhost:{}", server.address.port()),
            _ => server.base_url(),
        };
        Self { base_url, server, _full: full, state }
    }

    /// Returns the complete requests that the server has received.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// Ends the faults: new connections work correctly from now on. Waits until a current fault has happened.
    pub(super) fn repair(&self) {
        self.state.faulty.store(0, Ordering::SeqCst);
        for _ in 0..1_000 {
            if self.state.is_done.load(Ordering::SeqCst) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns `true` if the last correct response was sent on one of the first `before` connections.
    pub(super) fn was_reused(&self, before: usize) -> bool {
        self.state.good.lock().unwrap().last().is_some_and(|number| *number < before)
    }

    /// Returns the number of connections so far.
    pub(super) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
    }
}

/// Builds the correct response to a submit, or to a poll of one or several submissions.
fn good(request: &Request) -> String {
    let report =
        format!("{{\"identifier\":\"{ID}\",\"status\":\"done\",\"verdict\":{{\"classification\":\"human\"}}}}");
    match request.head.split(' ').collect::<Vec<_>>()[..2] {
        ["POST", _] => accepted(),
        [_, path] if path.contains("identifiers[]") => response(200, "application/json", &format!("[{report}]")),
        _ => response(200, "application/json", &report),
    }
}

/// Serves the connection up to `point`. Returns the bytes of an incomplete request that were read, or `None` if the
/// client closes the connection first.
fn reach(connection: &mut Connection, point: Point, fault: Fault) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    match point {
        Point::BeforeAccept => {}
        // Gives the client time to notice that the connection is open.
        Point::AfterAccept => std::thread::sleep(Duration::from_millis(20)),
        Point::InHandshake => read = connection.bytes(64)?,
        Point::InRequestHead => read = connection.bytes(20)?,
        Point::InRequestBody => {
            let head = connection.head()?;
            if head.contains("expect: 100-continue") {
                connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            }
            read = [head.into_bytes(), connection.bytes(10)?].concat();
        }
        Point::BeforeStatus | Point::InHeader | Point::InBody | Point::AfterBody => {
            let response = good(&connection.request()?);
            // With `TooMuch`, the body starts with a correct report.
            let (body, len) = match fault {
                Fault::TooMuch => (response.split_once("\r\n\r\n")?.1, TOO_MUCH),
                _ => ("{\"identifier\": {", MISSING),
            };
            connection.send(&match point {
                Point::BeforeStatus => String::new(),
                Point::InHeader => "HTTP/1.1 200 OK\r\nX-Half: ".to_owned(),
                Point::InBody => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", len + body.len()),
                _ => response,
            });
        }
    }
    Some(read)
}

/// Reads the rest of a request whose first bytes are `read`.
fn rest_of_request(connection: &mut Connection, mut read: Vec<u8>) -> Option<()> {
    let end = b"\r\n\r\n";
    let head = loop {
        match read.windows(end.len()).position(|window| window == end) {
            Some(at) => break at + end.len(),
            None => read.extend(connection.bytes(1)?),
        }
    };
    let request = Request { head: String::from_utf8(read[..head].to_vec()).ok()?, body: Vec::new() };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    connection.bytes(length - (read.len() - head)).map(drop)
}

/// Causes the fault after `read` was read of a request. Returns `Some` if a further request may follow on this
/// connection.
fn inject(connection: &mut Connection, point: Point, fault: Fault, read: Vec<u8>, state: &State) -> Option<()> {
    if point == Point::AfterBody {
        // Lets the client finish reading its response first.
        std::thread::sleep(Duration::from_millis(20));
    }
    let done = || state.is_done.store(true, Ordering::SeqCst);
    let stream = connection.stream.get_ref().try_clone().unwrap();
    match fault {
        Fault::Close => {
            stream.shutdown(Shutdown::Write).unwrap();
            done();
            connection.wait_for_end();
        }
        Fault::Reset => {
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            // Drops both handles to the socket, so that the socket is closed before `done` is called.
            drop(stream);
            connection.stream = BufReader::new(dead_connection());
            done();
        }
        // An open connection that is silent after the response is not a fault.
        Fault::Stall if point == Point::AfterBody => done(),
        Fault::Stall => {
            done();
            while state.is_hostile() {
                std::thread::sleep(Duration::from_millis(10));
            }
            return None;
        }
        Fault::Trickle => {
            let bytes = start_of(point).bytes().chain(std::iter::repeat(b'x'));
            for byte in bytes.take_while(|_| state.is_hostile()) {
                let sent = (&stream).write_all(&[byte]);
                done();
                sent.ok()?;
                std::thread::sleep(Duration::from_millis(20));
            }
            return None;
        }
        // As many bytes as Content-Length announced, so the response is complete.
        Fault::Garbage if point == Point::InBody => {
            (&stream).write_all(&garbage(point)).ok()?;
            done();
        }
        Fault::Garbage => send_and_listen(connection, stream, garbage(point), done),
        Fault::TooMuch => {
            let bytes = match point {
                Point::AfterAccept | Point::InRequestHead | Point::InRequestBody | Point::BeforeStatus => {
                    format!("HTTP/1.1 200 OK\r\n{}", "X-More: and more\r\n".repeat(TOO_MUCH / 18))
                }
                _ => " ".repeat(TOO_MUCH),
            };
            send_and_listen(connection, stream, bytes.into_bytes(), done);
        }
        Fault::Early if point == Point::AfterBody => {
            let stray = accepted().replace(ID, STRAY).into_bytes();
            send_and_listen(connection, stream, stray, done);
        }
        Fault::Early => {
            connection.send(&response(413, "application/json", "{\"error\":\"Too large.\"}"));
            done();
            if point == Point::InHandshake {
                connection.wait_for_end();
            } else {
                rest_of_request(connection, read)?;
            }
        }
    }
    Some(())
}

/// Returns the first bytes that `Trickle` sends.
fn start_of(point: Point) -> &'static str {
    match point {
        Point::InHandshake => "\x16\x03\x03\x40\x00",
        Point::InHeader | Point::InBody | Point::AfterBody => "",
        _ => "HTTP/1.1 200 OK\r\nX-Slow: ",
    }
}

fn garbage(point: Point) -> Vec<u8> {
    match point {
        Point::InHeader => b"\0\xff\r\n\x01: \xfe\r\n: \r\n\r\n".to_vec(),
        // The rest of the announced body.
        Point::InBody => b"\0\xff\xfe{]".iter().copied().cycle().take(MISSING).collect(),
        _ => b"\0\xff\xfe\r\n\r\n garbage \r\n\r\n".to_vec(),
    }
}

/// Sends `bytes` and reads at the same time. If both ends only wrote, both would block once the socket buffers are
/// full.
fn send_and_listen(connection: &mut Connection, mut stream: TcpStream, bytes: Vec<u8>, done: impl Fn()) {
    let is_started = stream.write_all(&bytes[..1]).is_ok();
    let sending = std::thread::spawn(move || is_started && stream.write_all(&bytes[1..]).is_ok());
    done();
    connection.wait_for_end();
    let _ = sending.join();
}

/// Returns a connection whose other end is closed.
fn dead_connection() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    TcpStream::connect(listener.local_addr().unwrap()).unwrap()
}
