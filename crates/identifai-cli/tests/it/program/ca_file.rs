//! Tests of `--ca-file` and `SSL_CERT_FILE`, which set the certificates that the program trusts.

use test_support::tls::{Authority, Peer};
use test_support::{CAT, Directory, ID, KEY, Server, accepted};

use crate::support::{Outcome, run};

#[test]
fn ca_file_is_trusted_and_overrides_environment() {
    let (company, other) = (Authority::new("company"), Authority::new("other"));
    let peer = Peer::serving(company.certify("localhost").config());
    let directory = Directory::new();
    let (good, bad) = (directory.file("company.pem", company.pem()), directory.file("other.pem", other.pem()));
    let url = format!("https://localhost:{}", peer.port());
    let classify = |variable: &str, option: &[&str]| {
        let env = [("IDENTIFAI_API_KEY", KEY), ("SSL_CERT_FILE", variable)];
        run(&env, &[&["--base-url", &url, "classify", CAT], option].concat())
    };
    for (variable, option, is_trusted) in [
        ("", &["--ca-file", &good][..], true),
        (&good, &[], true),
        (&bad, &["--ca-file", &good], true),
        ("/no/such/file", &["--ca-file", &good], true),
        (&good, &["--ca-file", &bad], false),
        (&bad, &[], false),
        (" ", &[], false),
    ] {
        // The verifier of the platform also reads the variable, and a blank one makes it fail with another error.
        if variable == " " && cfg!(feature = "platform-verifier") {
            continue;
        }
        let Outcome { status, out, err } = classify(variable, option);
        if is_trusted {
            assert_eq!((status, out.trim()), (0, ID), "{variable:?} {option:?}: {err}");
        } else {
            assert_eq!((status, out.as_str()), (5, ""), "{variable:?} {option:?}: {err}");
            let reason =
                "its certificate was issued by an unknown authority; for a private CA, trust its root certificate";
            assert!(err.contains(reason) && !err.contains("root_certificates"), "{variable:?} {option:?}: {err}");
        }
    }
}

#[test]
fn ssl_cert_file_without_tls_is_ignored() {
    let server = Server::responding(accepted());
    let env = [("IDENTIFAI_API_KEY", KEY), ("SSL_CERT_FILE", "/no/such/file")];
    let Outcome { status, out, err } = run(&env, &["--base-url", &server.base_url(), "classify", CAT]);
    assert_eq!((status, out.trim()), (0, ID), "{err}");
    let Outcome { status, err, .. } = run(&env, &["--sandbox", "classify", CAT]);
    assert_eq!(status, 0, "{err}");
}
