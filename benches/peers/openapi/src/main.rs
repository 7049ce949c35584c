//! A peer with the client that openapi-generator generates from the API's description, over blocking reqwest.

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
    // All fields are set here, because `Configuration::new()` would create a second client with a second thread.
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
            let (json, enabled) = (Some("application/json"), Some(true));
            let response = api_image_fromurl_post(
                &configuration,
                file_url,
                json,
                Some(ref_id),
                None,
                None,
                enabled,
                None,
                None,
                None,
                enabled,
            );
            response.expect("a response").identifier.expect("an identifier")
        }
    });
}
