//! Endpoints: which method, which path, which body.

use std::borrow::Cow;
use std::time::Duration;

use super::identifier::{self, Field};
use super::multipart::{Boundary, Form};
use crate::error::Result;
use crate::identifier::Identifier;
use crate::media::{Image, Medium, Submission, Upload, Watcher, sealed};
use crate::secret::percent_encoded;

/// The service downloads the file before it answers, so a submit by URL takes its time.
const SUBMIT_TIMEOUT: Duration = Duration::from_secs(120);
/// How long an upload takes depends on the file and the line, so it may go on for as long as it moves.
const UPLOAD_TIMEOUT: Timeout =
    Timeout::Stall(Stall { sending: Duration::from_secs(60), answer: Duration::from_secs(120) });
/// For what asks or sets, with all its tries.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// For one try of it, so that there is time for another one.
const READ_TRY_TIMEOUT: Duration = Duration::from_secs(10);

const JSON_LIMIT: u64 = 4 * 1024 * 1024;
const HEATMAP_LIMIT: u64 = 64 * 1024 * 1024;

const TICKETS: &str = "/api/v2/tampering/tickets";

/// How many submissions one request may ask for: documented.
const PAGE_MAX: usize = 100;
/// How long a request line may be, in bytes: servers commonly take 8 KiB (RFC 9112, section 3, recommends 8,000).
const REQUEST_LINE_MAX: usize = 8_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// A request as it goes out, but for host and key.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Begins with a slash; with the query.
    pub(crate) path: Cow<'static, str>,
    /// What is accepted, if not JSON.
    pub(crate) accept: Option<&'static str>,
    pub(crate) content: Option<Content<'a>>,
    /// What a refusal may quote of it, and nobody else shall see.
    pub(crate) secrets: Vec<&'a str>,
    /// Whether doing it twice comes to the same as doing it once (RFC 9110, section 9.2.2): it may then be repeated
    /// whatever became of the try before.
    pub(crate) is_idempotent: bool,
    /// Returns `true` if the bytes that came in response name a submission, so that it was accepted even if the status
    /// code says otherwise, or if they are not HTTP. It is then final, and never sent again.
    pub(crate) is_accepted: fn(&[u8]) -> bool,
    /// Whether nobody needs a key for it: none goes out then, and it counts for no rate.
    pub(crate) is_open: bool,
    /// How long the whole call may take if the caller does not say.
    pub(crate) timeout: Timeout,
    /// How long one try may take.
    pub(crate) try_timeout: Duration,
    /// How long the answer may be if the caller does not say, in bytes.
    pub(crate) response_limit: u64,
}

/// What bounds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// So much time for all of it.
    Whole(Duration),
    /// As long as something moves.
    Stall(Stall),
}

/// How long nothing may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    /// While the request goes out.
    pub(crate) sending: Duration,
    /// From its last byte to the answer.
    pub(crate) answer: Duration,
}

/// The content of a request, with its type.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    pub(crate) media_type: String,
    /// Files, each with what goes before it.
    pub(crate) files: Vec<(Vec<u8>, Upload<'a>)>,
    /// What goes behind the last file, or all of it.
    pub(crate) tail: Vec<u8>,
    pub(crate) watcher: Option<&'a Watcher>,
}

impl Content<'_> {
    pub(crate) fn len(&self) -> u64 {
        let before = self.files.iter().map(|(before, _)| before.len() as u64);
        before.fold(self.files_len().saturating_add(self.tail.len() as u64), u64::saturating_add)
    }

    /// How long the files are.
    pub(crate) fn files_len(&self) -> u64 {
        self.files.iter().map(|(_, file)| file.len).fold(0, u64::saturating_add)
    }
}

impl Request<'_> {
    /// Whether it cannot be sent a second time, as its file can be read once only.
    pub(crate) fn is_one_shot(&self) -> bool {
        let files = self.content.iter().flat_map(|content| &content.files);
        files.into_iter().any(|(_, file)| file.is_one_shot())
    }
}

/// `POST /api/image_fromurl`, `POST /api/classification` and their like. It fails if the submission is unusable.
pub(crate) fn submit<M: Medium>(job: &Submission<M>) -> Result<Request<'_>> {
    submit_with(job, Boundary::random())
}

pub(crate) fn submit_with<M: Medium>(job: &Submission<M>, boundary: Boundary) -> Result<Request<'_>> {
    let upload = job.upload()?;
    let mut form = Form::default();
    job.fill(&mut form);
    let is_upload = upload.is_some();
    let content = form.encode(boundary, M::NAME, upload.into_iter().collect());
    Ok(Request {
        method: Method::Post,
        path: if is_upload { M::RESULT } else { M::FROM_URL }.into(),
        accept: None,
        content: Some(Content { watcher: job.watcher(), ..content }),
        secrets: job.secrets(),
        is_idempotent: false,
        is_accepted: |received| identifier::is_accepted(received, Field::Identifier),
        is_open: false,
        timeout: if is_upload { UPLOAD_TIMEOUT } else { Timeout::Whole(SUBMIT_TIMEOUT) },
        try_timeout: Duration::MAX,
        response_limit: JSON_LIMIT,
    })
}

/// `GET /api/classification/{identifier}` and its like.
pub(crate) fn result<M: Medium>(identifier: &Identifier) -> Request<'static> {
    get(format!("{}/{identifier}", M::RESULT))
}

/// `GET /api/classifications?identifiers[]=...` and its like, for as many of `identifiers` from the first as one
/// request may ask for, but `most` at the most; and how many these are. `base_path` is how long the path before this
/// one is.
///
/// The brackets go unencoded, else a hundred identifiers of 64 characters would not fit.
pub(crate) fn results<M: Medium>(
    identifiers: &[&Identifier],
    most: usize,
    base_path: usize,
) -> (Request<'static>, usize) {
    let mut path = M::RESULTS.to_owned();
    let room = REQUEST_LINE_MAX.saturating_sub("GET  HTTP/1.1\r\n".len()).saturating_sub(base_path);
    let mut taken = 0;
    for (number, identifier) in (1..).zip(identifiers.iter().take(most.min(PAGE_MAX))) {
        let parameter = format!("{}identifiers[]={identifier}", if taken == 0 { '?' } else { '&' });
        // One always goes, however long the rest is: the service may take it.
        if taken > 0 && parameter.len() > room.saturating_sub(path.len()) {
            break;
        }
        path += &parameter;
        taken = number;
    }
    (get(path), taken)
}

/// `GET /api/classification/heatmap/{identifier}`.
pub(crate) fn heatmap(identifier: &Identifier) -> Request<'static> {
    let path = format!("{}/heatmap/{identifier}", <Image as sealed::Medium>::RESULT);
    // JSON is what a refusal comes in.
    Request { accept: Some("image/png, application/json;q=0.9"), response_limit: HEATMAP_LIMIT, ..get(path) }
}

/// `POST /api/classification/{hash}/override` and its like. To say the same twice is to say it once.
pub(crate) fn override_verdict<M: Medium>(hash: &str, classification: &str) -> Request<'static> {
    let body = serde_json::json!({ "classification": classification }).to_string().into_bytes();
    let content = Content { media_type: "application/json".to_owned(), files: Vec::new(), tail: body, watcher: None };
    Request { method: Method::Post, content: Some(content), ..get(format!("{}/{hash}/override", M::RESULT)) }
}

/// `POST /api/v2/tampering/tickets`.
///
/// The files' field ends with brackets, whichever way other lists are written: of many fields with one name PHP, which
/// the backend seems to run on, takes the last only if there are none. That is our reading.
pub(crate) fn submit_tickets<'a>(
    form: &Form<'_>,
    files: Vec<Upload<'a>>,
    watcher: Option<&'a Watcher>,
    secrets: Vec<&'a str>,
) -> Request<'a> {
    let content = form.encode(Boundary::random(), "tickets[]", files);
    Request {
        method: Method::Post,
        content: Some(Content { watcher, ..content }),
        secrets,
        is_idempotent: false,
        is_accepted: |received| identifier::is_accepted(received, Field::BatchId),
        timeout: UPLOAD_TIMEOUT,
        try_timeout: Duration::MAX,
        ..get(TICKETS.to_owned())
    }
}

/// `GET /api/v2/tampering/tickets/{batch_id}`.
pub(crate) fn tickets(batch: &Identifier) -> Request<'static> {
    get(format!("{TICKETS}/{batch}"))
}

/// `GET /api/user/credits`.
pub(crate) fn credits() -> Request<'static> {
    get("/api/user/credits".to_owned())
}

/// `GET /api/health`, for which nobody needs a key.
pub(crate) fn health() -> Request<'static> {
    Request { is_open: true, ..get("/api/health".to_owned()) }
}

/// `POST /api/partner/user`. To say the same twice of a user who is known is to say it once.
pub(crate) fn save_partner_user(form: &Form<'_>, is_known: bool) -> Request<'static> {
    Request { is_idempotent: is_known, ..post("/api/partner/user", form) }
}

/// `GET /api/partner/users`.
pub(crate) fn partner_users(parameters: &[(&str, &str)]) -> Request<'static> {
    get(with_query("/api/partner/users", parameters))
}

/// `POST /api/partner/send_creation_email`.
pub(crate) fn send_creation_email(id: u64) -> Request<'static> {
    let mut form = Form::default();
    form.text("id", id.to_string());
    post("/api/partner/send_creation_email", &form)
}

/// `GET /api/partner/pricings`.
pub(crate) fn partner_pricings() -> Request<'static> {
    get("/api/partner/pricings".to_owned())
}

/// `POST /api/user`.
pub(crate) fn create_user(fields: &[(&str, &str)]) -> Request<'static> {
    let mut form = Form::default();
    for (name, value) in fields {
        form.foreign(name, value);
    }
    post("/api/user", &form)
}

/// `DELETE /api/user`.
pub(crate) fn delete_user(fields: &[(&str, &str)]) -> Request<'static> {
    Request { method: Method::Delete, ..get(with_query("/api/user", fields)) }
}

/// A path with a query, percent-encoded.
fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut path = path.to_owned();
    for (number, (name, value)) in parameters.iter().enumerate() {
        path.push(if number == 0 { '?' } else { '&' });
        path += &percent_encoded(name);
        path.push('=');
        path += &percent_encoded(value);
    }
    path
}

/// A form that is no submit, and is not to be sent twice unless that is said.
fn post(path: &'static str, form: &Form<'_>) -> Request<'static> {
    let content = form.encode(Boundary::random(), "", Vec::new());
    Request { method: Method::Post, content: Some(content), is_idempotent: false, ..get(path.to_owned()) }
}

fn get(path: String) -> Request<'static> {
    Request {
        method: Method::Get,
        path: path.into(),
        accept: None,
        content: None,
        secrets: Vec::new(),
        is_idempotent: true,
        is_accepted: |_| false,
        is_open: false,
        timeout: Timeout::Whole(READ_TIMEOUT),
        try_timeout: READ_TRY_TIMEOUT,
        response_limit: JSON_LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(job: &Submission<Image>) -> String {
        String::from_utf8(submit_with(job, Boundary::fixed("B")).unwrap().content.unwrap().tail).unwrap()
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let expected = "--B\r\nContent-Disposition: form-data; name=\"file_url\"\r\n\r\nhttps://x.test/\r\n--B--\r\n";
        assert_eq!(body(&Image::from_url("https://x.test/")), expected);
    }

    #[test]
    fn all_nine_fields_in_their_golden_bytes() {
        let job = Image::from_url("https://example.com/cat.jpg?a=1&b=\"2\"")
            .ref_id("order-17")
            .webhook_url("https://example.com/hook")
            .no_cache(true)
            .with_morphing(true)
            .with_tampering(false)
            .with_heatmap(true)
            .with_nsfw(false)
            .prevent_c2pa_forces(true);
        let request = submit_with(&job, Boundary::fixed("identifai-00")).unwrap();
        assert_eq!((request.method, &*request.path), (Method::Post, "/api/image_fromurl"));
        assert!(!request.is_idempotent, "it is paid for");
        let content = request.content.unwrap();
        assert_eq!(content.media_type, "multipart/form-data; boundary=identifai-00");
        let golden = include_str!("../../tests/fixtures/image_fromurl.form").replace('\n', "\r\n");
        assert_eq!(String::from_utf8(content.tail).unwrap(), golden);
    }

    #[test]
    fn reads_and_overrides_go_where_the_documentation_says() {
        let id: Identifier = "abc".parse().unwrap();
        let request = result::<Image>(&id);
        assert_eq!((request.method, &*request.path), (Method::Get, "/api/classification/abc"));
        assert!(request.is_idempotent && request.content.is_none());
        assert_eq!((request.timeout, request.try_timeout.as_secs()), (Timeout::Whole(Duration::from_secs(30)), 10));
        let image = heatmap(&id);
        assert_eq!(image.path, "/api/classification/heatmap/abc");
        assert_eq!((request.response_limit, image.response_limit), (4_194_304, 67_108_864), "as documented");
        let request = override_verdict::<Image>("89ff", "human");
        assert_eq!((request.method, &*request.path), (Method::Post, "/api/classification/89ff/override"));
        let content = request.content.unwrap();
        assert_eq!(
            (content.media_type.as_str(), content.tail),
            ("application/json", br#"{"classification":"human"}"#.to_vec())
        );
    }

    /// The identifiers in pages, and the longest request line.
    fn pages(identifiers: &[&Identifier], most: usize, base_path: usize) -> (Vec<usize>, usize) {
        let (mut rest, mut sizes, mut longest) = (identifiers, Vec::new(), 0);
        while !rest.is_empty() {
            let (request, taken) = results::<Image>(rest, most, base_path);
            let asked: Vec<_> = request.path.split(['?', '&']).skip(1).collect();
            let expected: Vec<_> = rest[..taken].iter().map(|id| format!("identifiers[]={id}")).collect();
            assert_eq!(asked, expected);
            longest = longest.max(format!("GET {} HTTP/1.1\r\n", request.path).len() + base_path);
            sizes.push(taken);
            rest = &rest[taken..];
        }
        (sizes, longest)
    }

    #[test]
    fn pages_hold_a_hundred_and_eight_thousand_bytes_at_most() {
        let identifiers = |len: usize, count: usize| -> Vec<Identifier> {
            (0..count).map(|n| format!("{n:0len$}").parse().unwrap()).collect()
        };
        let (of_64, of_128, short) = (identifiers(64, 250), identifiers(128, 100), identifiers(3, 250));
        let (of_64, of_128, short): (Vec<_>, Vec<_>, Vec<_>) =
            (of_64.iter().collect(), of_128.iter().collect(), short.iter().collect());
        assert_eq!(pages(&of_64, usize::MAX, 0), (vec![100, 100, 50], 7_935));
        assert_eq!(pages(&short, usize::MAX, 0).0, [100, 100, 50]);
        let (sizes, longest) = pages(&of_128, usize::MAX, 0);
        assert_eq!(sizes, [55, 45]);
        assert!((7_850..=8_000).contains(&longest), "{longest}");
        assert!(pages(&of_64, usize::MAX, 200).1 <= 8_000, "the base URL's path is part of the line");
        assert_eq!(pages(&of_64[..5], 2, 0).0, [2, 2, 1]);
        assert_eq!(pages(&short[..2], usize::MAX, 9_000).0, [1, 1], "one always goes");
        assert_eq!(results::<Image>(&[], 100, 0).1, 0);
        // To the byte.
        let line = format!("GET {} HTTP/1.1\r\n", results::<Image>(&short[..2], 100, 0).0.path).len();
        assert_eq!(pages(&short[..2], usize::MAX, REQUEST_LINE_MAX - line).0, [2]);
        assert_eq!(pages(&short[..2], usize::MAX, REQUEST_LINE_MAX - line + 1).0, [1, 1]);
    }
}
