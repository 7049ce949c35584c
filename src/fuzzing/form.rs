//! Forms, taken apart again by a parser that nobody here wrote.

use std::io::Read;

use super::Input;
use crate::api::multipart::Boundary;
use crate::api::request;
use crate::http::body::Body;
use crate::model::medium::{Audio, Image, Medium, Video};
use crate::model::submission::Submission;

/// A part of a form: its name, its file's name if it is one, and what it holds.
pub type Part = (String, Option<String>, Vec<u8>);

/// A submission as it goes out. `parse` takes a form apart, by its boundary.
pub fn form(data: &[u8], parse: impl Fn(&str, &[u8]) -> Vec<Part>) {
    let mut input = Input(data);
    let (medium, is_upload) = (input.byte() % 3, input.byte() % 2 == 0);
    let switches = [None, Some(true), Some(false)];
    let wanted = Wanted {
        switches: [input.choose(&switches), input.choose(&switches)],
        block: 1 + input.number() % 5_000,
        place: input.text(),
        ref_id: input.text(),
        webhook_url: input.text(),
        file: if is_upload { input.0 } else { &[] },
    };
    if !wanted.is_beyond_the_parser() {
        match (medium, is_upload) {
            (0, true) => wanted.assert_sent(Image::from_bytes(wanted.file), HEATMAP, parse),
            (0, false) => wanted.assert_sent(Image::from_url(wanted.url()), HEATMAP, parse),
            (1, true) => wanted.assert_sent(Video::from_bytes(wanted.file), TAMPERING, parse),
            (1, false) => wanted.assert_sent(Video::from_url(wanted.url()), TAMPERING, parse),
            (_, true) => wanted.assert_sent(Audio::from_bytes(wanted.file), C2PA, parse),
            (_, false) => wanted.assert_sent(Audio::from_url(wanted.url()), C2PA, parse),
        }
    }
}

/// An option by its name.
type Switch<M> = (&'static str, fn(Submission<M>, bool) -> Submission<M>);

const HEATMAP: Switch<Image> = ("with_heatmap", Submission::<Image>::with_heatmap);
const TAMPERING: Switch<Video> = ("with_tampering", Submission::<Video>::with_tampering);
const C2PA: Switch<Audio> = ("prevent_c2pa_forces", Submission::<Audio>::prevent_c2pa_forces);

/// What is to be submitted.
struct Wanted<'a> {
    switches: [Option<bool>; 2],
    /// How many bytes are read at a time.
    block: usize,
    /// The name of the file, or what the URL ends in.
    place: String,
    ref_id: String,
    webhook_url: String,
    file: &'a [u8],
}

impl Wanted<'_> {
    /// What cannot be asked of the parser, which is no reason to send anything else: it ends a file's name at a
    /// semicolon, reads no control characters and no long lines in headers, and takes a line break for content where
    /// its buffer of 8 KiB ends. And what has the boundary in it, which nobody knows beforehand.
    fn is_beyond_the_parser(&self) -> bool {
        let Self { place, ref_id, webhook_url, file, .. } = self;
        let is_odd = |c: char| c == ';' || (c.is_ascii_control() && c != '\r' && c != '\n');
        let is_odd_name = place.contains(is_odd) || place.len() > 200 || place.trim().is_empty();
        let contents = [place.as_bytes(), ref_id.as_bytes(), webhook_url.as_bytes(), file];
        let len: usize = contents.iter().map(|content| content.len()).sum();
        is_odd_name
            || len > 7_000
            || contents.iter().any(|content| content.windows(9).any(|window| window == b"identifai"))
    }

    fn url(&self) -> String {
        format!("https://x.test/{}", self.place)
    }

    /// That `job`, with all that is wanted, goes out as these parts and no others, in blocks of whatever size.
    fn assert_sent<M: Medium>(&self, job: Submission<M>, special: Switch<M>, parse: impl Fn(&str, &[u8]) -> Vec<Part>) {
        let webhook_url = format!("https://x.test/{}", self.webhook_url);
        let mut job = job.file_name(&self.place).any_format(true).ref_id(&self.ref_id).webhook_url(&webhook_url);
        let mut parts = vec![text("ref_id", &self.ref_id), text("webhook_url", &webhook_url)];
        parts.push(match self.file {
            b"" => text("file_url", &self.url()),
            file => {
                let name = self.place.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
                (M::NAME.to_owned(), Some(name), file.to_vec())
            }
        });
        let switches: [Switch<M>; 2] = [("no_cache", Submission::no_cache), special];
        for ((name, set), on) in switches.into_iter().zip(self.switches) {
            if let Some(on) = on {
                job = set(job, on);
                parts.push(text(name, if on { "true" } else { "false" }));
            }
        }
        // What is unusable goes nowhere.
        let Ok(request) = request::submit_with(&job, Boundary::fixed("identifai-fuzz")) else { return };
        let content = request.content.unwrap();
        let mut body = Body::open(Some(&content)).unwrap();
        let (mut sent, mut buffer) = (Vec::new(), vec![0; self.block]);
        while let amount @ 1.. = body.read(&mut buffer).unwrap() {
            sent.extend_from_slice(&buffer[..amount]);
            assert!(!body.is_read() || sent.len() as u64 == content.len(), "the witness is never early");
        }
        assert_eq!((sent.len() as u64, body.is_read()), (content.len(), true), "as long as was said");
        let boundary = content.media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let mut found = parse(boundary, &sent);
        parts.sort();
        found.sort();
        assert_eq!(found, parts, "{}", String::from_utf8_lossy(&sent));
    }
}

fn text(name: &str, value: &str) -> Part {
    (name.to_owned(), None, value.as_bytes().to_vec())
}
