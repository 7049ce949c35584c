//! What the sandbox makes of a submit: which forms it takes, what it refuses, and what it calls them.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::service::Answer;

const SLOW: Duration = Duration::from_secs(2);
/// Documented for `POST /api/image_fromurl`, in the contract's order.
const SWITCHES: [&str; 6] =
    ["with_morphing", "with_tampering", "with_heatmap", "no_cache", "prevent_c2pa_forces", "with_nsfw"];
const TEXTS: [&str; 3] = ["file_url", "ref_id", "webhook_url"];
/// What does not change the analysis does not make another one of it.
const NOT_ANALYSED: [&str; 3] = ["ref_id", "webhook_url", "no_cache"];

pub(super) type Fields = [(String, String)];

pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The same for the same file and options, unless a new analysis, which `analyses` were made before, is asked for.
pub(super) fn identifier(fields: &Fields, analyses: u64) -> String {
    let mut hash = Sha256::new();
    for (name, value) in fields.iter().filter(|(name, _)| !NOT_ANALYSED.contains(&name.as_str())) {
        hash.update(format!("{name}\0{value}\0"));
    }
    if value(fields, "no_cache") == Some("true") {
        hash.update(format!("analysis {analyses}"));
    }
    format!("{:x}", hash.finalize())
}

/// The documented texts where there are any; the others are worded as the backend's framework words them.
pub(super) fn check(fields: &Fields) -> Result<(), String> {
    for (index, (name, value)) in fields.iter().enumerate() {
        if fields[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("The {name} field is there twice."));
        }
        let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_url = matches!(scheme.as_deref(), Some("http" | "https"));
        match name.as_str() {
            switch if SWITCHES.contains(&switch) && !["true", "false"].contains(&value.as_str()) => {
                return Err(format!("The {name} field must be true or false."));
            }
            "webhook_url" if !is_url => return Err("The webhook_url field must be a valid URL.".to_owned()),
            "file_url" if !value.is_empty() && !is_url => {
                return Err("The file_url field must be a valid URL.".to_owned());
            }
            name if !SWITCHES.contains(&name) && !TEXTS.contains(&name) => {
                return Err(format!("The {name} field is not known here."));
            }
            _ => {}
        }
    }
    match value(fields, "file_url") {
        None | Some("") => Err("The file_url field is required.".to_owned()),
        Some(_) => Ok(()),
    }
}

pub(super) enum Forced {
    Answer(Answer),
    Delay(Duration),
}

/// The path of a URL on `sandbox.test`.
pub(super) fn on_sandbox_test(file_url: &str) -> Option<&str> {
    let path = file_url.split_once("://")?.1.strip_prefix("sandbox.test/")?;
    path.split(['?', '#']).next()
}

/// The outcome of a submit that a URL on `sandbox.test` stands for, as card numbers do at payment services.
pub(super) fn forced(file_url: &str) -> Option<Forced> {
    Some(Forced::Answer(match on_sandbox_test(file_url)? {
        "no-credits.jpg" => no_credits(),
        "unsupported.txt" => Answer::error(400, "The uploaded file format is not supported."),
        "too-large.jpg" => Answer::error(400, "The uploaded file exceeds the maximum allowed size of 50Mb."),
        "download-failed.jpg" => Answer::error(400, "The file could not be downloaded."),
        "forbidden.jpg" => Answer::error(403, "Forbidden"),
        "rate-limited.jpg" => Answer { retry_after: Some(1), ..Answer::message(429, "Too Many Attempts.") },
        "slow.jpg" => return Some(Forced::Delay(SLOW)),
        _ => return None,
    }))
}

pub(super) fn no_credits() -> Answer {
    Answer::error(400, "You do not have enough credits to perform this operation.")
}
