//! A peer with the blocking client of `reqwest`.

use measured::{Arguments, FIELDS, KEY, SubmitResponse};
use reqwest::blocking::{Client, multipart::Form};

fn main() {
    let arguments = Arguments::of_program();
    let url = arguments.url();
    let client = Client::builder();
    #[cfg(feature = "tls")]
    let client = match arguments.ca() {
        Some(ca) => client.tls_certs_only([reqwest::Certificate::from_pem(&ca).expect("a certificate")]),
        None => client,
    };
    let client = client.build().expect("a client");
    arguments.run(|| {
        || {
            let form = FIELDS.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
            let request = client.post(&url).header("X-Api-Key", KEY).header("Accept", "application/json");
            let response = request.multipart(form).send().expect("a response");
            assert_eq!(response.status(), 200);
            response.json::<SubmitResponse>().expect("a response in JSON").identifier
        }
    });
}
