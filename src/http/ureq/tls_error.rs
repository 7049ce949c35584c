//! Explains errors of TLS libraries, which say what they saw and not what to do about it.
//!
//! The texts are compared, since naming the types would take one more dependency. `tests/it/tls/bad_peers.rs` fails if
//! rustls changes its texts. Those of OpenSSL have been the same for years.

const NOT_TRUSTED: &str =
    "its certificate was issued by an unknown authority; for a private CA, trust its root certificate";

/// Parts of the texts of the libraries, and their explanation.
const MEANINGS: [(&[&str], &str); 10] = [
    (&["UnknownIssuer", "local issuer certificate", "self-signed certificate"], NOT_TRUSTED),
    // The name of the issuer is known, but not this issuer.
    (&["BadSignature", "certificate signature failure"], NOT_TRUSTED),
    (&["CaUsedAsEndEntity"], "its certificate is one for an authority (CA:TRUE), and a host cannot use that"),
    (
        &["peer certificate: certificate expired", "certificate has expired"],
        "its certificate has expired, unless the clock of this machine is wrong",
    ),
    (
        &["certificate not valid yet", "certificate is not yet valid"],
        "its certificate is not valid yet, unless the clock of this machine is wrong",
    ),
    (
        &["not valid for name", "ostname mismatch", "address mismatch"],
        "its certificate is for another host; check the URL",
    ),
    (
        &["ProtocolVersion", "ServerDoesNotSupportTls12Or13", "alert protocol version", "unsupported protocol"],
        "it speaks none of the versions of TLS that are safe, 1.2 and 1.3",
    ),
    (&["CertificateRequired", "alert certificate required"], "it wants a certificate of the client, which has none"),
    (&["received fatal alert", "alert number"], "it refused the connection"),
    (
        &["received corrupt message", "received unexpected", "wrong version number", "packet length too long"],
        "what answered does not speak TLS; check host and port, and whether it is `https` there",
    ),
];

/// Adds the explanation of `error` to `summary`, if there is one.
pub(super) fn explain(summary: String, error: &str) -> String {
    match MEANINGS.iter().find(|(signs, _)| signs.iter().any(|sign| error.contains(sign))) {
        Some((_, meaning)) => format!("{summary}: {meaning}"),
        None => summary,
    }
}
