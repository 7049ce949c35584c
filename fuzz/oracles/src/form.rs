//! The oracle of forms: an independent parser reads the form of a submission.

use std::io::Read;

use identifai::internals::form::Form;
use identifai::{Audio, Image, Medium, Submission, Video};

use crate::Input;
use crate::independent::{self, Part};

/// Checks the form of a submission.
pub fn form(data: &[u8]) {
    let mut input = Input(data);
    let (medium, is_upload) = (input.byte() % 3, input.byte() % 2 == 0);
    let switches = [None, Some(true), Some(false)];
    let expected = Expected {
        switches: [input.choose(&switches), input.choose(&switches)],
        block: 1 + input.number() % 5_000,
        name: input.text(),
        ref_id: input.text(),
        webhook_url: input.text(),
        file: if is_upload { input.0 } else { &[] },
    };
    if !expected.is_unsupported_by_parser() {
        match (medium, is_upload) {
            (0, true) => expected.assert_sent(Image::from_bytes(expected.file), HEATMAP),
            (0, false) => expected.assert_sent(Image::from_url(expected.url()), HEATMAP),
            (1, true) => expected.assert_sent(Video::from_bytes(expected.file), TAMPERING),
            (1, false) => expected.assert_sent(Video::from_url(expected.url()), TAMPERING),
            (_, true) => expected.assert_sent(Audio::from_bytes(expected.file), C2PA),
            (_, false) => expected.assert_sent(Audio::from_url(expected.url()), C2PA),
        }
    }
}

/// A boolean option: its name and its setter.
type Switch<M> = (&'static str, fn(Submission<M>, bool) -> Submission<M>);

const HEATMAP: Switch<Image> = ("with_heatmap", Submission::<Image>::with_heatmap);
const TAMPERING: Switch<Video> = ("with_tampering", Submission::<Video>::with_tampering);
const C2PA: Switch<Audio> = ("prevent_c2pa_forces", Submission::<Audio>::prevent_c2pa_forces);

/// The content of a submission.
struct Expected<'a> {
    switches: [Option<bool>; 2],
    /// The number of bytes to read at a time.
    block: usize,
    /// The file name, or the end of the URL.
    name: String,
    ref_id: String,
    webhook_url: String,
    file: &'a [u8],
}

impl Expected<'_> {
    /// Returns `true` if the form is correct, but the parser cannot read it.
    ///
    /// The parser ends a file name at a semicolon, and does not support control characters and long lines in headers.
    /// It treats a line break at the end of its buffer of 8 KiB as content. Values with the boundary in them are also
    /// excluded, because real boundaries are random.
    fn is_unsupported_by_parser(&self) -> bool {
        let Self { name, ref_id, webhook_url, file, .. } = self;
        let is_unsupported = |c: char| c == ';' || (c.is_ascii_control() && c != '\r' && c != '\n');
        let is_unsupported_name = name.contains(is_unsupported) || name.len() > 200 || name.trim().is_empty();
        let contents = [name.as_bytes(), ref_id.as_bytes(), webhook_url.as_bytes(), file];
        let len: usize = contents.iter().map(|content| content.len()).sum();
        is_unsupported_name
            || len > 7_000
            || contents.iter().any(|content| content.windows(9).any(|window| window == b"identifai"))
    }

    fn url(&self) -> String {
        format!("https://x.test/{}", self.name)
    }

    /// Asserts that the form of `job` has exactly these parts, read in blocks of any size.
    fn assert_sent<M: Medium>(&self, job: Submission<M>, special: Switch<M>) {
        let webhook_url = format!("https://x.test/{}", self.webhook_url);
        let mut job = job.file_name(&self.name).any_format(true).ref_id(&self.ref_id).webhook_url(&webhook_url);
        let mut parts = vec![text("ref_id", &self.ref_id), text("webhook_url", &webhook_url)];
        parts.push(match self.file {
            b"" => text("file_url", &self.url()),
            file => {
                let name = self.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
                (M::TYPE.to_string(), Some(name), file.to_vec())
            }
        });
        let switches: [Switch<M>; 2] = [("no_cache", Submission::no_cache), special];
        for ((name, set), on) in switches.into_iter().zip(self.switches) {
            if let Some(on) = on {
                job = set(job, on);
                parts.push(text(name, if on { "true" } else { "false" }));
            }
        }
        // An unusable submission is not sent.
        let Ok(form) = Form::of_submission(job.as_any(), "identifai-fuzz") else { return };
        let mut body = form.open().unwrap();
        let (mut sent, mut buffer) = (Vec::new(), vec![0; self.block]);
        while let amount @ 1.. = body.read(&mut buffer).unwrap() {
            sent.extend_from_slice(&buffer[..amount]);
            assert!(!body.is_read() || sent.len() as u64 == form.content_length(), "`is_read` before the end");
        }
        assert_eq!((sent.len() as u64, body.is_read()), (form.content_length(), true), "length of the form");
        let boundary = form.media_type().strip_prefix("multipart/form-data; boundary=").unwrap();
        let mut found = independent::form(boundary, &sent);
        parts.sort();
        found.sort();
        assert_eq!(found, parts, "{}", String::from_utf8_lossy(&sent));
    }
}

fn text(name: &str, value: &str) -> Part {
    (name.to_owned(), None, value.as_bytes().to_vec())
}
