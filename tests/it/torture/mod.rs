//! Tests of invalid and hostile responses: each call ends soon with the right result, and the next call is not
//! affected.

mod bodies;
mod desync;
mod framing;
mod heads;
#[cfg(target_os = "linux")]
mod memory;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use identifai::{Classification, Client, Error, ErrorKind, Identifier, Image, ImageReport, MediaType, Report};
use test_support::{CAT, Connection, ID, Server, submitted};

/// A timeout far above the duration of any call that does not wait.
const SOON: Duration = Duration::from_secs(10);
/// The timeout of calls that are expected to time out.
const DEADLINE: Duration = Duration::from_millis(250);

/// The kinds of calls that read a response.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Submit,
    Result,
    Results,
    Heatmap,
    Override,
}

const CALLS: [Call; 5] = [Call::Submit, Call::Result, Call::Results, Call::Override, Call::Heatmap];

/// A number inside a response. It shows which response a call has read.
type Mark = u32;
/// The mark of the hostile response.
const FIRST: Mark = 1;
/// The mark of later responses on the connection of the hostile response.
const SAME_CONNECTION: Mark = 2;
/// The mark of responses on later connections.
const NEW_CONNECTION: Mark = 3;
/// The mark of a report without a name.
const NONE: Mark = 0;

/// Runs `run` for each kind of call, in parallel.
fn with_each_call(run: impl Fn(Call) + Sync) {
    std::thread::scope(|scope| {
        for call in CALLS {
            let run = &run;
            scope.spawn(move || run(call));
        }
    });
}

fn marked(mark: Mark) -> String {
    format!("{mark:064}")
}

impl Call {
    /// Builds the body of a correct response.
    fn body(self, mark: Mark) -> Vec<u8> {
        let report = format!(
            "{{\"identifier\":\"{ID}\",\"status\":\"done\",\"name\":\"{mark}\",\"verdict\":{{\"confidence\":1}}}}"
        );
        match self {
            Self::Submit => format!("{{\"identifier\":\"{}\"}}", marked(mark)).into(),
            Self::Result => report.into(),
            Self::Results => format!("[{report}]").into(),
            Self::Heatmap => [
                &b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..],
                &mark.to_be_bytes(),
                b"\0\0\0\x03\x08\x02\0\0\0crc_\0\0\0\0IEND\xae\x42\x60\x82",
            ]
            .concat(),
            Self::Override => b"{\"classification\":\"human\"}".into(),
        }
    }

    /// Builds a correct response.
    fn good(self, mark: Mark) -> Vec<u8> {
        fill(b"HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}", &self.body(mark))
    }

    /// Makes the call. Returns the mark of the response, or `None` for a call whose response has no mark.
    fn make(self, client: &Client) -> Result<Option<Mark>, Error> {
        let name = |report: Option<&ImageReport>| {
            Some(report.and_then(Report::name).map_or(NONE, |name| name.parse().unwrap()))
        };
        match self {
            Self::Submit => {
                client.submit(&Image::from_url(CAT)).map(|sent| Some(sent.identifier().as_str().parse().unwrap()))
            }
            Self::Result => client.result(&submitted(ID)).map(|report| name(Some(&report))),
            Self::Results => client.results(&[submitted(ID)]).map(|reports| name(reports[0].as_ref())),
            Self::Heatmap => client.heatmap(&submitted(ID)).map(|heatmap| Some(heatmap.width())),
            Self::Override => client.override_verdict(MediaType::Image, ID, &Classification::Human).map(|()| None),
        }
    }
}

/// Replaces `{body}`, `{len}` and `{hex}` in `template` with the body, its length, and its length in hexadecimal
/// digits.
fn fill(template: &[u8], body: &[u8]) -> Vec<u8> {
    let (len, hex) = (body.len().to_string(), format!("{:x}", body.len()));
    let placeholders = [(&b"{len}"[..], len.as_bytes()), (b"{hex}", hex.as_bytes()), (b"{body}", body)];
    let (mut filled, mut rest) = (Vec::new(), template);
    while let Some((first, others)) = rest.split_first() {
        if let Some((placeholder, value)) = placeholders.iter().find(|(placeholder, _)| rest.starts_with(placeholder)) {
            filled.extend_from_slice(value);
            rest = &rest[placeholder.len()..];
        } else {
            filled.push(*first);
            rest = others;
        }
    }
    filled
}

/// Starts a server that runs `hostile` after the first request of its first connection. All other requests get a
/// correct response.
fn hostile_server(call: Call, hostile: impl Fn(&mut Connection) + Send + Sync + 'static) -> Server {
    let first = AtomicBool::new(true);
    Server::start(move |connection| {
        let mut mark = NEW_CONNECTION;
        if first.swap(false, Ordering::SeqCst) {
            connection.request();
            hostile(connection);
            mark = SAME_CONNECTION;
        }
        while connection.request().is_some() {
            connection.send(&call.good(mark));
        }
    })
}

/// The expected result of a hostile response.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The content of its body.
    Good,
    /// The content of its body. The connection is not reused.
    GoodOnce,
    /// An error. For a submit, it has the identifier if the body contains one.
    Bad(ErrorKind),
    /// An error before any part of the body is read.
    BadBeforeBody(ErrorKind),
    /// An error. A submit succeeds nevertheless, because the identifier has arrived.
    BadAfterIdentifier(ErrorKind),
}

/// Asserts that every kind of call ends as `expected` if the server's first response is `template`. Each call sends one
/// request and ends within `limit`, and the next call gets its own response.
fn assert_outcome(template: &[u8], limit: Duration, expected: Expected) {
    let shown = String::from_utf8_lossy(&template[..template.len().min(200)]).into_owned();
    let known = String::from_utf8_lossy(template).contains("{body}").then_some(FIRST);
    with_each_call(|call| {
        let response = fill(template, &call.body(FIRST));
        let server = hostile_server(call, move |connection| connection.send(&response));
        let client = server.builder().timeout(limit).build().unwrap();
        let start = Instant::now();
        let outcome = call.make(&client);
        assert!(start.elapsed() < SOON, "{call:?} {shown:?}: {:?}", start.elapsed());
        assert_eq!(server.requests().len(), 1, "{call:?} {shown:?}");
        match (expected, outcome) {
            (Expected::Good | Expected::GoodOnce, Ok(mark)) => {
                assert!(mark.is_none_or(|mark| mark == FIRST), "{call:?} {shown:?}");
            }
            (Expected::BadAfterIdentifier(_), Ok(Some(FIRST))) if call == Call::Submit => {}
            (Expected::Bad(kind), Err(error)) => assert_error(call, kind, known, &error, &shown),
            (Expected::BadBeforeBody(kind), Err(error)) => assert_error(call, kind, None, &error, &shown),
            (Expected::BadAfterIdentifier(kind), Err(error)) if call != Call::Submit => {
                assert_error(call, kind, None, &error, &shown);
            }
            (expected, outcome) => panic!("{call:?} {shown:?}: {outcome:?} instead of {expected:?}"),
        }
        let is_kept = matches!(expected, Expected::Good);
        let next = call.make(&client.with_timeout(SOON)).unwrap();
        let expected = if is_kept { SAME_CONNECTION } else { NEW_CONNECTION };
        assert!(next.is_none_or(|mark| mark == expected), "{call:?} {shown:?}: the next response is {next:?}");
        assert_eq!(
            (server.requests().len(), server.connections()),
            (2, if is_kept { 1 } else { 2 }),
            "{call:?} {shown:?}"
        );
    });
}

/// Asserts the properties of an error after a 2xx response or invalid HTTP: its kind, that a submit may have been sent,
/// and its identifier. For a submit, the identifier is the one of the mark `known`.
fn assert_error(call: Call, kind: ErrorKind, known: Option<Mark>, error: &Error, shown: &str) {
    let is_submit = call == Call::Submit;
    assert_eq!((error.kind(), error.may_have_been_sent()), (kind, is_submit), "{call:?} {shown:?}: {error}");
    let identifier = match call {
        Call::Submit => known.map(marked),
        Call::Result | Call::Heatmap => Some(ID.to_owned()),
        Call::Results | Call::Override => None,
    };
    assert_eq!(error.identifier().map(Identifier::to_string), identifier, "{call:?} {shown:?}: {error}");
}
