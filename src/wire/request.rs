//! Endpoints: which path, which body.

use std::time::Duration;

use super::multipart::{Boundary, Form};
use crate::media::{Medium, Submission};

/// The service downloads the file before it answers, so a submit by URL takes its time.
const SUBMIT_TIMEOUT: Duration = Duration::from_secs(120);

/// A `POST` as it goes out, but for host and key.
#[derive(Debug)]
pub(crate) struct Request {
    /// Begins with a slash.
    pub(crate) path: &'static str,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// How long the whole call may take if the caller does not say.
    pub(crate) timeout: Duration,
}

/// `POST /api/image_fromurl` and its like.
pub(crate) fn submit<M: Medium>(job: &Submission<M>) -> Request {
    submit_with(job, &Boundary::random())
}

fn submit_with<M: Medium>(job: &Submission<M>, boundary: &Boundary) -> Request {
    let mut form = Form::default();
    job.fill(&mut form);
    let (content_type, body) = form.encode(boundary);
    Request { path: M::FROM_URL, content_type, body, timeout: SUBMIT_TIMEOUT }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Image;

    fn body(job: &Submission<Image>) -> String {
        String::from_utf8(submit_with(job, &Boundary::fixed("B")).body).unwrap()
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
        let request = submit_with(&job, &Boundary::fixed("identifai-00"));
        assert_eq!(request.path, "/api/image_fromurl");
        assert_eq!(request.content_type, "multipart/form-data; boundary=identifai-00");
        let golden = include_str!("../../tests/fixtures/image_fromurl.form").replace('\n', "\r\n");
        assert_eq!(String::from_utf8(request.body).unwrap(), golden);
    }
}
