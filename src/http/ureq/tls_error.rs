//! Explanations for errors of TLS libraries. Their own texts describe the symptom, but not the remedy.
//!
//! The errors are recognized by their texts, since their types would require a further dependency.
//! `tests/it/tls/bad_peers.rs` fails if rustls changes its texts. The texts of OpenSSL have not changed for years.

const NOT_TRUSTED: &str =
    "its certificate was issued by an unknown authority; for a private CA, trust its root certificate";

/// The explanations, each with the parts of error texts that it applies to.
const EXPLANATIONS: [(&[&str], &str); 10] = [
    (&["UnknownIssuer", "local issuer certificate", "self-signed certificate"], NOT_TRUSTED),
    // A trusted certificate has the name of the issuer, but another key.
    (&["BadSignature", "certificate signature failure"], NOT_TRUSTED),
    (&["CaUsedAsEndEntity"], "its certificate is a CA certificate (CA:TRUE), which a host cannot use"),
    (
        &["peer certificate: certificate expired", "certificate has expired"],
        "its certificate has expired, or the clock of this machine is wrong",
    ),
    (
        &["certificate not valid yet", "certificate is not yet valid"],
        "its certificate is not valid yet, or the clock of this machine is wrong",
    ),
    (
        &["not valid for name", "ostname mismatch", "address mismatch"],
        "its certificate is for another host; check the URL",
    ),
    (
        &["ProtocolVersion", "ServerDoesNotSupportTls12Or13", "alert protocol version", "unsupported protocol"],
        "it supports neither TLS 1.2 nor TLS 1.3",
    ),
    (
        &["CertificateRequired", "alert certificate required"],
        "it requires a client certificate, and this client has none",
    ),
    (&["received fatal alert", "alert number"], "it refused the connection"),
    (
        &["received corrupt message", "received unexpected", "wrong version number", "packet length too long"],
        "it does not speak TLS; check the host, the port, and whether it serves https",
    ),
];

/// Adds the explanation of `error` to `summary`, if there is one.
pub(super) fn explain(summary: String, error: &str) -> String {
    match EXPLANATIONS.iter().find(|(parts, _)| parts.iter().any(|part| error.contains(part))) {
        Some((_, explanation)) => format!("{summary}: {explanation}"),
        None => summary,
    }
}
