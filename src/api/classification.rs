//! Requests that submit images, videos and audio files, and that read or override their results.

use std::time::Duration;

use super::identifier::{self, Field};
use super::multipart::{self, Boundary};
use super::paths;
use super::request::{UPLOAD_TIMEOUT, get, post};
use crate::http::request::{Content, Request, Timeout};
use crate::http::upload::Upload;
use crate::model::identifier::Identifier;
use crate::model::media_type::MediaType;
use crate::model::submission::any::AnySubmission;

/// The timeout of a submit by URL. It is long because the service downloads the file before it responds.
const SUBMIT_TIMEOUT: Duration = Duration::from_secs(120);
/// Maximum size of a heatmap, in bytes.
const HEATMAP_LIMIT: u64 = 64 * 1024 * 1024;
/// Maximum number of submissions per request for results. The API documents it.
const PAGE_MAX: usize = 100;
/// Maximum length of a request line, in bytes. Servers commonly accept 8 KiB, and RFC 9112, section 3, recommends
/// supporting at least 8,000 bytes.
const REQUEST_LINE_MAX: usize = 8_000;

/// `POST /api/image_fromurl` for a URL, `POST /api/classification` for a file, and the same for the other media.
///
/// `upload` is the checked file of the submission, or `None` if the submission has a URL.
pub(crate) fn submit<'a>(job: &'a AnySubmission, upload: Option<Upload<'a>>) -> Request<'a> {
    submit_with(job, upload, Boundary::random())
}

pub(crate) fn submit_with<'a>(job: &'a AnySubmission, upload: Option<Upload<'a>>, boundary: Boundary) -> Request<'a> {
    let (medium, is_upload) = (job.media_type(), upload.is_some());
    let content = multipart::encode(&job.fields(), boundary, medium.as_str(), upload.into_iter().collect());
    let (path, timeout) = if is_upload {
        (paths::result(medium), UPLOAD_TIMEOUT)
    } else {
        (paths::from_url(medium), Timeout::Whole(SUBMIT_TIMEOUT))
    };
    Request {
        redact: job.secrets(),
        is_accepted: |received| identifier::is_accepted(received, Field::Identifier),
        timeout,
        attempt_timeout: Duration::MAX,
        ..post(path, Content { watcher: job.watcher(), ..content })
    }
}

/// `GET /api/classification/{identifier}`, and the same for the other media.
pub(crate) fn result(medium: MediaType, identifier: &Identifier) -> Request<'static> {
    get(format!("{}/{identifier}", paths::result(medium)))
}

/// `GET /api/classifications?identifiers[]=...`, and the same for the other media. Returns the request, and the number
/// of identifiers in it.
///
/// The request has the first of `identifiers`, as many as fit into one request, up to `max_count`. It has at least one
/// unless `identifiers` is empty or `max_count` is 0. `base_path_len` is the length of the base URL's path, which
/// precedes this path in the request line.
///
/// The brackets are not percent-encoded, because 100 identifiers of 64 characters would then exceed the maximum length
/// of a request line.
pub(crate) fn results(
    medium: MediaType,
    identifiers: &[&Identifier],
    max_count: usize,
    base_path_len: usize,
) -> (Request<'static>, usize) {
    let mut path = paths::results(medium).to_owned();
    let max_len = REQUEST_LINE_MAX.saturating_sub("GET  HTTP/1.1\r\n".len()).saturating_sub(base_path_len);
    let mut count = 0;
    for (number, identifier) in (1..).zip(identifiers.iter().take(max_count.min(PAGE_MAX))) {
        let parameter = format!("{}identifiers[]={identifier}", if count == 0 { '?' } else { '&' });
        // The first identifier is always included, even if the line gets too long. The service may still accept it.
        if count > 0 && parameter.len() > max_len.saturating_sub(path.len()) {
            break;
        }
        path += &parameter;
        count = number;
    }
    (get(path), count)
}

/// `GET /api/classification/heatmap/{identifier}`.
pub(crate) fn heatmap(identifier: &Identifier) -> Request<'static> {
    let path = format!("{}/heatmap/{identifier}", paths::result(MediaType::Image));
    // The service sends its errors as JSON.
    Request { accept: Some("image/png, application/json;q=0.9"), response_limit: HEATMAP_LIMIT, ..get(path) }
}

/// `POST /api/classification/{hash}/override`, and the same for the other media. Idempotent.
pub(crate) fn override_verdict(medium: MediaType, hash: &str, classification: &str) -> Request<'static> {
    let body = serde_json::json!({ "classification": classification }).to_string().into_bytes();
    let content = Content { media_type: "application/json".to_owned(), files: Vec::new(), tail: body, watcher: None };
    Request { is_idempotent: true, ..post(format!("{}/{hash}/override", paths::result(medium)), content) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;
    use crate::model::medium::Image;
    use crate::model::submission::Submission;

    fn body(job: &Submission<Image>) -> String {
        String::from_utf8(submit_with(job.as_any(), None, Boundary::fixed("B")).content.unwrap().tail).unwrap()
    }

    #[test]
    fn submit_without_options_sends_only_the_url() {
        let expected = "--B\r\nContent-Disposition: form-data; name=\"file_url\"\r\n\r\nhttps://x.test/\r\n--B--\r\n";
        assert_eq!(body(&Image::from_url("https://x.test/")), expected);
    }

    #[test]
    fn submit_with_all_fields_matches_golden_bytes() {
        let job = Image::from_url("https://example.com/cat.jpg?a=1&b=\"2\"")
            .ref_id("order-17")
            .webhook_url("https://example.com/hook")
            .no_cache(true)
            .with_morphing(true)
            .with_tampering(false)
            .with_heatmap(true)
            .with_nsfw(false)
            .prevent_c2pa_forces(true);
        let request = submit_with(job.as_any(), None, Boundary::fixed("identifai-00"));
        assert_eq!((request.method, &*request.path), (Method::Post, "/api/image_fromurl"));
        assert!(!request.is_idempotent, "a submit costs credits each time");
        let content = request.content.unwrap();
        assert_eq!(content.media_type, "multipart/form-data; boundary=identifai-00");
        let golden = include_str!("../../tests/fixtures/image_fromurl.form").replace('\n', "\r\n");
        assert_eq!(String::from_utf8(content.tail).unwrap(), golden);
    }

    #[test]
    fn read_and_override_requests_match_documentation() {
        let id: Identifier = "abc".parse().unwrap();
        let request = result(MediaType::Image, &id);
        assert_eq!((request.method, &*request.path), (Method::Get, "/api/classification/abc"));
        assert!(request.is_idempotent && request.content.is_none());
        assert_eq!((request.timeout, request.attempt_timeout.as_secs()), (Timeout::Whole(Duration::from_secs(30)), 10));
        let image = heatmap(&id);
        assert_eq!(image.path, "/api/classification/heatmap/abc");
        assert_eq!((request.response_limit, image.response_limit), (4_194_304, 67_108_864), "as documented");
        let request = override_verdict(MediaType::Image, "89ff", "human");
        assert_eq!((request.method, &*request.path), (Method::Post, "/api/classification/89ff/override"));
        let content = request.content.unwrap();
        assert_eq!(
            (content.media_type.as_str(), content.tail),
            ("application/json", br#"{"classification":"human"}"#.to_vec())
        );
    }

    /// Splits the identifiers into requests. Returns the number of identifiers in each, and the longest request line.
    fn pages(identifiers: &[&Identifier], max_count: usize, base_path_len: usize) -> (Vec<usize>, usize) {
        let (mut rest, mut sizes, mut longest) = (identifiers, Vec::new(), 0);
        while !rest.is_empty() {
            let (request, count) = results(MediaType::Image, rest, max_count, base_path_len);
            let parameters: Vec<_> = request.path.split(['?', '&']).skip(1).collect();
            let expected: Vec<_> = rest[..count].iter().map(|id| format!("identifiers[]={id}")).collect();
            assert_eq!(parameters, expected);
            longest = longest.max(format!("GET {} HTTP/1.1\r\n", request.path).len() + base_path_len);
            sizes.push(count);
            rest = &rest[count..];
        }
        (sizes, longest)
    }

    #[test]
    fn results_request_respects_count_and_line_limit() {
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
        assert_eq!(pages(&short[..2], usize::MAX, 9_000).0, [1, 1], "each request has at least one identifier");
        assert_eq!(results(MediaType::Image, &[], 100, 0).1, 0);
        // The limit is exact to the byte.
        let line = format!("GET {} HTTP/1.1\r\n", results(MediaType::Image, &short[..2], 100, 0).0.path).len();
        assert_eq!(pages(&short[..2], usize::MAX, REQUEST_LINE_MAX - line).0, [2]);
        assert_eq!(pages(&short[..2], usize::MAX, REQUEST_LINE_MAX - line + 1).0, [1, 1]);
    }
}
