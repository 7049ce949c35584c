//! Tests of `from_env`: it reads the API key and the base URL from the environment, and nothing else does.

use identifai::{ApiKey, Client, ClientBuilder, ErrorKind, Image, RateLimit, UrlOptions, classify_from_url};
use test_support::{CAT, ID, KEY, Server, accepted, run_in_subprocess};

#[test]
fn from_env_reads_key_and_base_url() {
    let server = Server::responding(accepted());
    let url = server.base_url();
    let env = [("IDENTIFAI_API_KEY", KEY), ("IDENTIFAI_BASE_URL", url.as_str())];
    if run_in_subprocess("environment::from_env_reads_key_and_base_url", &env).is_none() {
        assert_eq!(
            classify_from_url(&UrlOptions::from_env(CAT).unwrap().rate_limit(RateLimit::unlimited())).unwrap().as_str(),
            ID
        );
        let client = ClientBuilder::from_env().unwrap().rate_limit(RateLimit::unlimited()).retries(0).build().unwrap();
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
        let client = Client::from_env().unwrap();
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
        let client =
            Client::builder(ApiKey::from_env().unwrap()).base_url(std::env::var("IDENTIFAI_BASE_URL").unwrap());
        assert_eq!(client.build().unwrap().submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
        return;
    }
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("x-api-key").unwrap().to_owned()).collect();
    assert_eq!(keys, [KEY; 4]);
}

#[test]
fn from_env_with_a_blank_key_is_a_config_error() {
    if run_in_subprocess("environment::from_env_with_a_blank_key_is_a_config_error", &[("IDENTIFAI_API_KEY", " ")])
        .is_none()
    {
        let errors =
            [UrlOptions::from_env(CAT).unwrap_err(), Client::from_env().unwrap_err(), ApiKey::from_env().unwrap_err()];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("IDENTIFAI_API_KEY"), "{error}");
        }
    }
}
