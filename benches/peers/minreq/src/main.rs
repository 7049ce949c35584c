//! A peer with `minreq`. It has no support for multipart forms, so the form is built by hand. It does not support
//! keep-alive, so each call opens a connection. It has no option for certificates. With TLS it trusts the certificates
//! in the file named by `SSL_CERT_FILE`.

use measured::{Arguments, FIELDS, KEY, SubmitResponse};

const BOUNDARY: &str = "4f9c2a7be1d08365";

fn main() {
    let arguments = Arguments::of_program();
    let url = arguments.url();
    arguments.run(|| {
        || {
            let request = minreq::post(&url).with_header("X-Api-Key", KEY).with_header("Accept", "application/json");
            let request = request.with_header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
            let response = request.with_body(form()).send().expect("a response");
            assert_eq!(response.status_code, 200);
            response.json::<SubmitResponse>().expect("a response in JSON").identifier
        }
    });
}

fn form() -> String {
    let part = |(name, value): (&str, &str)| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    FIELDS.into_iter().map(part).chain([format!("--{BOUNDARY}--\r\n")]).collect()
}
