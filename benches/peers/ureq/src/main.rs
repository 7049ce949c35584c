//! A peer with `ureq` and its default options. `--timeout` sets a timeout for each call.

use std::time::Duration;

use measured::{Arguments, FIELDS, KEY, SubmitResponse};
use ureq::Agent;
use ureq::unversioned::multipart::Form;

fn main() {
    let arguments = Arguments::of_program();
    let url = arguments.url();
    let timeout = arguments.has("--timeout").then_some(Duration::from_secs(30));
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(timeout);
    #[cfg(feature = "tls")]
    let config = match arguments.ca() {
        Some(ca) => config.tls_config(trusting(&ca)),
        None => config,
    };
    let agent = Agent::new_with_config(config.build());
    arguments.run(|| {
        || {
            let form = FIELDS.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
            let request = agent.post(&url).header("X-Api-Key", KEY).header("Accept", "application/json");
            let mut response = request.send(form).expect("a response");
            assert_eq!(response.status(), 200);
            response.body_mut().read_json::<SubmitResponse>().expect("a response in JSON").identifier
        }
    });
}

#[cfg(feature = "tls")]
fn trusting(ca: &[u8]) -> ureq::tls::TlsConfig {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let ca = Certificate::from_pem(ca).expect("a certificate");
    TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[ca])).build()
}
