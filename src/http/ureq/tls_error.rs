//! What a failed handshake means to whoever has to do something about it: the libraries of TLS only say what they saw.
//!
//! It goes by text, since ureq passes no type on that could be named without one more dependency. That the texts of
//! rustls are still these is for `tests/it/tls/bad_peers.rs` to see; those of OpenSSL are the same for years.

const NOT_TRUSTED: &str =
    "its certificate was issued by an unknown authority; for a private CA, trust its root certificate";

/// What a library says, and what is wrong then and where to look.
const MEANINGS: [(&[&str], &str); 10] = [
    (&["UnknownIssuer", "local issuer certificate", "self-signed certificate"], NOT_TRUSTED),
    // By the name of its issuer it should be all right.
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

/// `summary`, with what is wrong and where to look, if `error` tells.
pub(super) fn explain(summary: String, error: &str) -> String {
    match MEANINGS.iter().find(|(signs, _)| has(error, signs)) {
        Some((_, meaning)) => format!("{summary}: {meaning}"),
        None => summary,
    }
}

fn has(error: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| error.contains(sign))
}
