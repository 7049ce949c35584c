//! Responses of a hostile server: whatever comes, each call ends soon, as what it is, and the next one is not its
//! victim.

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

/// Far more than any call takes that does not wait.
const SOON: Duration = Duration::from_secs(10);
/// For calls that end by their deadline.
const DEADLINE: Duration = Duration::from_millis(250);

/// The calls that read answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Submit,
    Result,
    Results,
    Heatmap,
    Override,
}

const CALLS: [Call; 5] = [Call::Submit, Call::Result, Call::Results, Call::Override, Call::Heatmap];

/// What tells answers apart.
type Mark = u32;
/// On the hostile answer, on one that follows on its connection, and on those of later connections.
const FIRST: Mark = 1;
const SAME: Mark = 2;
const FRESH: Mark = 3;
/// That of a report without a word.
const NONE: Mark = 0;

/// Does the same with each call, at once.
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
    /// The body of a good answer.
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

    /// A good answer.
    fn good(self, mark: Mark) -> Vec<u8> {
        fill(b"HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}", &self.body(mark))
    }

    /// Makes the call, and returns the mark of the answer where there is room for one.
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

/// `template` with the body, its length, and that in hexadecimal digits.
fn fill(template: &[u8], body: &[u8]) -> Vec<u8> {
    let (len, hex) = (body.len().to_string(), format!("{:x}", body.len()));
    let places = [(&b"{len}"[..], len.as_bytes()), (b"{hex}", hex.as_bytes()), (b"{body}", body)];
    let (mut filled, mut rest) = (Vec::new(), template);
    while let Some((first, others)) = rest.split_first() {
        if let Some((place, value)) = places.iter().find(|(place, _)| rest.starts_with(place)) {
            filled.extend_from_slice(value);
            rest = &rest[place.len()..];
        } else {
            filled.push(*first);
            rest = others;
        }
    }
    filled
}

/// A server whose first connection is `hostile`'s business, once its first request is read, and then takes good
/// answers; later ones take nothing else.
fn after(call: Call, hostile: impl Fn(&mut Connection) + Send + Sync + 'static) -> Server {
    let first = AtomicBool::new(true);
    Server::start(move |connection| {
        let mut mark = FRESH;
        if first.swap(false, Ordering::SeqCst) {
            connection.request();
            hostile(connection);
            mark = SAME;
        }
        while connection.request().is_some() {
            connection.send(&call.good(mark));
        }
    })
}

/// What a hostile answer comes to.
#[derive(Clone, Copy, Debug)]
enum Comes {
    /// To what its body says.
    Good,
    /// To that, too; but its connection is not used again.
    GoodOnce,
    /// To an error, which tells the identifier of a submit if it is in there.
    Bad(ErrorKind),
    /// To an error, in front of which nothing of the body is read.
    BadInFront(ErrorKind),
    /// To an error, unless it is the response to a submit: the identifier arrived, so the submit succeeded.
    BadBehind(ErrorKind),
}

/// Every call ends as `expected` if the server answers with `template`, once: by one request, within `limit`, and the
/// next call gets the answer that is its own.
fn comes_to(template: &[u8], limit: Duration, expected: Comes) {
    let shown = String::from_utf8_lossy(&template[..template.len().min(200)]).into_owned();
    let known = String::from_utf8_lossy(template).contains("{body}").then_some(FIRST);
    with_each_call(|call| {
        let answer = fill(template, &call.body(FIRST));
        let server = after(call, move |connection| connection.send(&answer));
        let client = server.builder().timeout(limit).build().unwrap();
        let start = Instant::now();
        let outcome = call.make(&client);
        assert!(start.elapsed() < SOON, "{call:?} {shown:?}: {:?}", start.elapsed());
        assert_eq!(server.requests().len(), 1, "{call:?} {shown:?}");
        match (expected, outcome) {
            (Comes::Good | Comes::GoodOnce, Ok(mark)) => {
                assert!(mark.is_none_or(|mark| mark == FIRST), "{call:?} {shown:?}");
            }
            (Comes::BadBehind(_), Ok(Some(FIRST))) if call == Call::Submit => {}
            (Comes::Bad(kind), Err(error)) => is_told(call, kind, known, &error, &shown),
            (Comes::BadInFront(kind), Err(error)) => is_told(call, kind, None, &error, &shown),
            (Comes::BadBehind(kind), Err(error)) if call != Call::Submit => is_told(call, kind, None, &error, &shown),
            (expected, outcome) => panic!("{call:?} {shown:?} comes to {outcome:?}, not {expected:?}"),
        }
        let is_kept = matches!(expected, Comes::Good);
        let next = call.make(&client.with_timeout(SOON)).unwrap();
        let from = if is_kept { SAME } else { FRESH };
        assert!(next.is_none_or(|mark| mark == from), "{call:?} {shown:?}: the next answer is {next:?}");
        assert_eq!(
            (server.requests().len(), server.connections()),
            (2, if is_kept { 1 } else { 2 }),
            "{call:?} {shown:?}"
        );
    });
}

/// An error after a 2xx, or after no HTTP at all.
fn is_told(call: Call, kind: ErrorKind, known: Option<Mark>, error: &Error, shown: &str) {
    let is_submit = call == Call::Submit;
    assert_eq!((error.kind(), error.may_have_been_sent()), (kind, is_submit), "{call:?} {shown:?}: {error}");
    let identifier = match call {
        Call::Submit => known.map(marked),
        Call::Result | Call::Heatmap => Some(ID.to_owned()),
        Call::Results | Call::Override => None,
    };
    assert_eq!(error.identifier().map(Identifier::to_string), identifier, "{call:?} {shown:?}: {error}");
}
