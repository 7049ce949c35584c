//! A peer with `identifai`, with deadline, rate limit and retries enabled.
//!
//! `--plain-function` calls `classify_from_url` instead of a client. `--unlimited` disables the rate limit, which
//! otherwise records the requests of the last minute.

use identifai::{Client, Identifier, Image, RateLimit, UrlOptions, classify_from_url};
use measured::{Arguments, FIELDS, KEY};

fn main() {
    let arguments = Arguments::of_program();
    let rate_limit =
        if arguments.has("--unlimited") { RateLimit::unlimited() } else { RateLimit::per_minute(u32::MAX, u32::MAX) };
    let [file_url, ref_id, ..] = FIELDS.map(|(_, value)| value);
    if arguments.has("--plain-function") {
        let mut options = UrlOptions::new(KEY, file_url).base_url(&arguments.base_url).rate_limit(rate_limit);
        options = options.ref_id(ref_id).with_heatmap(true).with_nsfw(true);
        if let Some(ca) = arguments.ca() {
            options = options.root_certificates(ca);
        }
        arguments.run(|| || classify_from_url(&options).expect("an identifier"));
    } else {
        let mut client = Client::builder(KEY).base_url(&arguments.base_url).rate_limit(rate_limit);
        if let Some(ca) = arguments.ca() {
            client = client.root_certificates(ca);
        }
        let client = client.build().expect("a client");
        let image = Image::from_url(file_url).ref_id(ref_id).with_heatmap(true).with_nsfw(true);
        arguments.run(|| || Identifier::from(client.submit(&image).expect("an identifier")));
    }
}
