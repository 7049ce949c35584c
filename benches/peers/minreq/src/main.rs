//! `minreq`, which has no multipart: the form is made by hand. It knows no keep-alive: each call connects. It takes no
//! certificate either: with TLS it trusts what the file in `SSL_CERT_FILE` says.

use measured::{Answer, Arguments, FIELDS, KEY};

const BOUNDARY: &str = "4f9c2a7be1d08365";

fn main() {
    let arguments = Arguments::of_program();
    let url = arguments.url();
    arguments.run(|| {
        || {
            let request = minreq::post(&url).with_header("X-Api-Key", KEY).with_header("Accept", "application/json");
            let request = request.with_header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
            let response = request.with_body(form()).send().expect("an answer");
            assert_eq!(response.status_code, 200);
            response.json::<Answer>().expect("an answer in JSON").identifier
        }
    });
}

fn form() -> String {
    let part = |(name, value): (&str, &str)| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    FIELDS.into_iter().map(part).chain([format!("--{BOUNDARY}--\r\n")]).collect()
}
