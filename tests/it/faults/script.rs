//! A server that misbehaves as it is told: at one point of a connection, in one way.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::SockRef;
use test_support::{Connection, Full, ID, Seen, Server, accepted, answer};

/// How far a connection comes.
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

/// What the server does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Sends no more, and listens on.
    Close,
    Reset,
    /// Does nothing.
    Stall,
    /// Goes on, a byte each 20 ms.
    Trickle,
    Garbage,
    /// More than anybody wants to read.
    TooMuch,
    /// An answer before its time.
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

    /// In words.
    pub(super) fn name(self) -> String {
        format!("{self:?}").chars().fold(String::new(), |name, c| match c {
            'A'..='Z' if name.is_empty() => c.to_lowercase().collect(),
            'A'..='Z' => name + " " + &c.to_lowercase().collect::<String>(),
            c => name + c.encode_utf8(&mut [0; 4]),
        })
    }
}

impl Deed {
    pub(super) const ALL: [Self; 7] =
        [Self::Close, Self::Reset, Self::Stall, Self::Trickle, Self::Garbage, Self::TooMuch, Self::Early];
}

/// The longest answer that the client reads.
pub(super) const LIMIT: u64 = 64 * 1024;
const TOO_MUCH: usize = 1 << 20;
/// What is missing of a body that stops in its middle, in bytes.
const BODY: usize = 10_000;
/// An identifier that nothing was submitted under.
pub(super) const STRAY: &str = "5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a5724a572a";

/// The server, whose first connections are as faulty as it is told, and all others good.
pub(super) struct Faulty {
    pub(super) base_url: String,
    server: Server,
    /// Held for as long as nobody is to be let in.
    _full: Option<Full>,
    state: Arc<State>,
}

struct State {
    start: Instant,
    /// How many connections are still to be faulty.
    faulty: AtomicUsize,
    /// Whether the deed is done, or begun at least.
    is_done: AtomicBool,
    /// Whether the cell is over.
    is_over: AtomicBool,
    connections: AtomicUsize,
    /// The numbers of the connections on which good answers went out.
    good: Mutex<Vec<usize>>,
}

impl State {
    /// Whether to go on with what has no end by itself; not for ever, as the client may be at fault.
    fn is_hostile(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst) && self.start.elapsed() < Duration::from_secs(5)
    }
}

impl Faulty {
    pub(super) fn start(point: Point, deed: Deed, faulty: usize) -> Self {
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
            let goes_on = if is_faulty {
                reach(connection, point, deed).and_then(|read| misbehave(connection, point, deed, read, &shared))
            } else {
                Some(())
            };
            while let (Some(()), Some(seen)) = (goes_on, connection.request()) {
                shared.good.lock().unwrap().push(number);
                connection.send(&good(&seen));
            }
        });
        let full = (point == Point::BeforeAccept && deed == Deed::Stall).then(Full::new);
        let base_url = match (point, &full) {
            (_, Some(full)) => format!("http://{}", full.address),
            // Where nobody listens.
            (Point::BeforeAccept, None) => "http://127.0.0.1:1".to_owned(),
            (Point::InHandshake, None) => format!("https://localhost:{}", server.address.port()),
            _ => server.base_url(),
        };
        Self { base_url, server, _full: full, state }
    }

    /// The whole requests that were taken in.
    pub(super) fn requests(&self) -> Vec<Seen> {
        self.server.requests()
    }

    /// From now on all is good; once the deed that is under way is done.
    pub(super) fn mend(&self) {
        self.state.faulty.store(0, Ordering::SeqCst);
        for _ in 0..1_000 {
            if self.state.is_done.load(Ordering::SeqCst) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the last good answer went out on a connection that was there before it was asked for.
    pub(super) fn was_used_again(&self, before: usize) -> bool {
        self.state.good.lock().unwrap().last().is_some_and(|number| *number < before)
    }

    /// How many connections there were.
    pub(super) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
    }
}

/// The right answer to a submit, a look at one submission, or at many.
fn good(seen: &Seen) -> String {
    let report =
        format!("{{\"identifier\":\"{ID}\",\"status\":\"done\",\"verdict\":{{\"classification\":\"human\"}}}}");
    match seen.head.split(' ').collect::<Vec<_>>()[..2] {
        ["POST", _] => accepted(),
        [_, path] if path.contains("identifiers[]") => answer(200, "application/json", &format!("[{report}]")),
        _ => answer(200, "application/json", &report),
    }
}

/// Lets the connection come as far as `point`, if the client goes along, and returns what was read of a request that is
/// not whole.
fn reach(connection: &mut Connection, point: Point, deed: Deed) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    match point {
        Point::BeforeAccept => {}
        // Until the client, too, knows that it was let in.
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
            let answer = good(&connection.request()?);
            // Were it not too long, it would be all right.
            let (body, len) = match deed {
                Deed::TooMuch => (answer.split_once("\r\n\r\n")?.1, TOO_MUCH),
                _ => ("{\"identifier\": {", BODY),
            };
            connection.send(&match point {
                Point::BeforeStatus => String::new(),
                Point::InHeader => "HTTP/1.1 200 OK\r\nX-Half: ".to_owned(),
                Point::InBody => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", len + body.len()),
                _ => answer,
            });
        }
    }
    Some(read)
}

/// Reads what is left of a request of which `read` was read.
fn rest_of_request(connection: &mut Connection, mut read: Vec<u8>) -> Option<()> {
    let end = b"\r\n\r\n";
    let head = loop {
        match read.windows(end.len()).position(|window| window == end) {
            Some(at) => break at + end.len(),
            None => read.extend(connection.bytes(1)?),
        }
    };
    let seen = Seen { head: String::from_utf8(read[..head].to_vec()).ok()?, body: Vec::new() };
    let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    connection.bytes(length - (read.len() - head)).map(drop)
}

/// Does the deed, after `read` of a request, and returns once what follows may be a request.
fn misbehave(connection: &mut Connection, point: Point, deed: Deed, read: Vec<u8>, state: &State) -> Option<()> {
    if point == Point::AfterBody {
        // What follows is to find the client with its answer in hand.
        std::thread::sleep(Duration::from_millis(20));
    }
    let done = || state.is_done.store(true, Ordering::SeqCst);
    let stream = connection.stream.get_ref().try_clone().unwrap();
    match deed {
        Deed::Close => {
            stream.shutdown(Shutdown::Write).unwrap();
            done();
            connection.wait_for_end();
        }
        Deed::Reset => {
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            // The last handles to the socket, so that it is closed before anybody is told.
            drop(stream);
            connection.stream = BufReader::new(nobody());
            done();
        }
        // A connection that stands and is silent after its answer is as it should be.
        Deed::Stall if point == Point::AfterBody => done(),
        Deed::Stall => {
            done();
            while state.is_hostile() {
                std::thread::sleep(Duration::from_millis(10));
            }
            return None;
        }
        Deed::Trickle => {
            let bytes = start_of(point).bytes().chain(std::iter::repeat(b'x'));
            for byte in bytes.take_while(|_| state.is_hostile()) {
                let sent = (&stream).write_all(&[byte]);
                done();
                sent.ok()?;
                std::thread::sleep(Duration::from_millis(20));
            }
            return None;
        }
        // As was promised, so that it is a whole answer.
        Deed::Garbage if point == Point::InBody => {
            (&stream).write_all(&garbage(point)).ok()?;
            done();
        }
        Deed::Garbage => send_and_listen(connection, stream, garbage(point), done),
        Deed::TooMuch => {
            let bytes = match point {
                Point::AfterAccept | Point::InRequestHead | Point::InRequestBody | Point::BeforeStatus => {
                    format!("HTTP/1.1 200 OK\r\n{}", "X-More: and more\r\n".repeat(TOO_MUCH / 18))
                }
                _ => " ".repeat(TOO_MUCH),
            };
            send_and_listen(connection, stream, bytes.into_bytes(), done);
        }
        Deed::Early if point == Point::AfterBody => {
            let stray = accepted().replace(ID, STRAY).into_bytes();
            send_and_listen(connection, stream, stray, done);
        }
        Deed::Early => {
            connection.send(&answer(413, "application/json", "{\"error\":\"Too large.\"}"));
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

/// What trickles in first.
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
        // The rest of what was promised.
        Point::InBody => b"\0\xff\xfe{]".iter().copied().cycle().take(BODY).collect(),
        _ => b"\0\xff\xfe\r\n\r\n garbage \r\n\r\n".to_vec(),
    }
}

/// Sends `bytes` while it reads all that comes, as two that only write would wait for each other.
fn send_and_listen(connection: &mut Connection, mut stream: TcpStream, bytes: Vec<u8>, done: impl Fn()) {
    let is_begun = stream.write_all(&bytes[..1]).is_ok();
    let sending = std::thread::spawn(move || is_begun && stream.write_all(&bytes[1..]).is_ok());
    done();
    connection.wait_for_end();
    let _ = sending.join();
}

/// A connection that is over.
fn nobody() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    TcpStream::connect(listener.local_addr().unwrap()).unwrap()
}
