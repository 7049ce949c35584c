//! The client that openapi-generator makes from the service's contract, over blocking reqwest.

use generated::apis::classification_api::api_image_fromurl_post;
use generated::apis::configuration::{ApiKey, Configuration};
use measured::{Arguments, FIELDS, KEY};
use reqwest::blocking::Client;

fn main() {
    let arguments = Arguments::of_program();
    let client = Client::builder();
    #[cfg(feature = "tls")]
    let client = match arguments.ca() {
        Some(ca) => client.tls_certs_only([reqwest::Certificate::from_pem(&ca).expect("a certificate")]),
        None => client,
    };
    // All by hand, as `Configuration::new()` makes another client, and with it another thread.
    let configuration = Configuration {
        base_path: arguments.base_url.clone(),
        client: client.build().expect("a client"),
        api_key: Some(ApiKey { prefix: None, key: KEY.to_owned() }),
        user_agent: Some("OpenAPI-Generator/1.0.0/rust".to_owned()),
        basic_auth: None,
        oauth_access_token: None,
        bearer_access_token: None,
    };
    let [file_url, ref_id, ..] = FIELDS.map(|(_, value)| value);
    arguments.run(|| {
        || {
            let (json, yes) = (Some("application/json"), Some(true));
            let answer = api_image_fromurl_post(
                &configuration,
                file_url,
                json,
                Some(ref_id),
                None,
                None,
                yes,
                None,
                None,
                None,
                yes,
            );
            answer.expect("an answer").identifier.expect("an identifier")
        }
    });
}
