//! A peer with `attohttpc` and its session. It does not support keep-alive, so each call opens a connection.

use attohttpc::{MultipartBuilder, Session};
use measured::{Arguments, FIELDS, KEY, SubmitResponse};

fn main() {
    let arguments = Arguments::of_program();
    let url = arguments.url();
    let mut session = Session::new();
    session.header("X-Api-Key", KEY);
    session.header("Accept", "application/json");
    #[cfg(feature = "tls")]
    if let Some(ca) = arguments.ca() {
        use rustls_pki_types::{CertificateDer, pem::PemObject};

        session.add_root_certificate(CertificateDer::from_pem_slice(&ca).expect("a certificate"));
    }
    arguments.run(|| {
        || {
            let form = FIELDS.iter().fold(MultipartBuilder::new(), |form, (name, value)| form.with_text(name, value));
            let form = form.build().expect("a form");
            let response = session.post(&url).body(form).send().expect("a response");
            assert_eq!(response.status(), 200);
            response.json::<SubmitResponse>().expect("a response in JSON").identifier
        }
    });
}
