//! A peer with the crate `curl` and the system's libcurl. It reuses one handle.

use curl::easy::{Easy, Form, List};
use measured::{Arguments, FIELDS, KEY, SubmitResponse};

fn main() {
    let arguments = Arguments::of_program();
    if arguments.has("--version") {
        println!("{}", curl::Version::get().version());
        return;
    }
    let (url, ca) = (arguments.url(), arguments.ca());
    arguments.run(|| {
        let mut easy = Easy::new();
        easy.url(&url).expect("a URL");
        let mut headers = List::new();
        headers.append(&format!("X-Api-Key: {KEY}")).expect("a header");
        headers.append("Accept: application/json").expect("a header");
        easy.http_headers(headers).expect("headers");
        if let Some(ca) = &ca {
            easy.ssl_cainfo_blob(ca).expect("a certificate");
        }
        move || {
            let mut form = Form::new();
            for (name, value) in FIELDS {
                form.part(name).contents(value.as_bytes()).add().expect("a field");
            }
            easy.httppost(form).expect("a form");
            let mut body = Vec::new();
            let mut transfer = easy.transfer();
            let keep = |part: &[u8]| {
                body.extend_from_slice(part);
                Ok(part.len())
            };
            transfer.write_function(keep).expect("a writer");
            transfer.perform().expect("a response");
            drop(transfer);
            assert_eq!(easy.response_code(), Ok(200));
            serde_json::from_slice::<SubmitResponse>(&body).expect("a response in JSON").identifier
        }
    });
}
