//! Submits: checks of the form, forced outcomes, and identifiers.

use std::time::Duration;

use identifai::{Format, MediaType};
use sha2::{Digest, Sha256};

use super::form::{File, Form};
use super::medium;
use super::response::{Headers, RETRY_AFTER, Response};

/// The delay of `slow.jpg`.
const SLOW: Duration = Duration::from_secs(2);
/// The fields that do not affect the analysis, and therefore not the identifier.
const NOT_ANALYSED: [&str; 3] = ["ref_id", "webhook_url", "no_cache"];

pub(super) type Fields = [(String, String)];

/// Returns the value of a field.
pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Returns the identifier of a submission. It is the same for the same file and options, unless the form asks for a new
/// analysis with `no_cache`. `analyses` is the number of analyses so far.
pub(super) fn identifier(medium: MediaType, form: &Form, analyses: u64) -> String {
    let mut hash = Sha256::new();
    for (name, value) in form.fields.iter().filter(|(name, _)| !NOT_ANALYSED.contains(&name.as_str())) {
        hash.update(format!("{name}\0{value}\0"));
    }
    for file in &form.files {
        hash.update(&file.hash);
    }
    if medium != MediaType::Image {
        hash.update(medium.as_str());
    }
    if value(&form.fields, "no_cache") == Some("true") {
        hash.update(format!("analysis {analyses}"));
    }
    format!("{:x}", hash.finalize())
}

/// Checks the fields of a form. The error text is the documented one if there is one, otherwise that of the backend's
/// framework.
pub(super) fn check(medium: MediaType, is_upload: bool, form: &Form) -> Result<(), String> {
    for (index, (name, value)) in form.fields.iter().enumerate() {
        if form.fields.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(format!("The {name} field must not occur twice."));
        }
        let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_url = matches!(scheme.as_deref(), Some("http" | "https"));
        let is_video = medium == MediaType::Video;
        match name.as_str() {
            switch if medium::switches(medium).contains(&switch) => {
                if !["true", "false"].contains(&value.as_str()) {
                    return Err(format!("The {name} field must be true or false."));
                }
            }
            "frames" if is_video && !["5", "10", "30"].contains(&value.as_str()) => {
                return Err("The frames field must be 5, 10 or 30.".to_owned());
            }
            "key_frames_method" if is_video && !["iframes", "flow", "color"].contains(&value.as_str()) => {
                return Err("The key_frames_method field must be iframes, flow or color.".to_owned());
            }
            "webhook_url" if !is_url => return Err("The webhook_url field must be a valid URL.".to_owned()),
            "file_url" if !is_upload && !value.is_empty() && !is_url => {
                return Err("The file_url field must be a valid URL.".to_owned());
            }
            "ref_id" | "webhook_url" => {}
            "file_url" if !is_upload => {}
            "frames" | "key_frames_method" if is_video => {}
            _ => return Err(format!("The {name} field is not known here.")),
        }
    }
    if is_upload { check_file(medium, &form.files) } else { check_url(form) }
}

fn check_url(form: &Form) -> Result<(), String> {
    match value(&form.fields, "file_url") {
        None | Some("") => Err("The file_url field is required.".to_owned()),
        Some(_) if !form.files.is_empty() => Err("A file is not allowed here.".to_owned()),
        Some(_) => Ok(()),
    }
}

fn check_file(medium: MediaType, files: &[File]) -> Result<(), String> {
    let name = medium.as_str();
    let file = match files {
        [file] if file.field == name && file.len > 0 => file,
        [_, _, ..] => return Err("Only one file is allowed.".to_owned()),
        _ => return Err(format!("The {name} field is required.")),
    };
    let (max, max_text) = medium::max_size(medium);
    if file.len > max {
        return Err(too_large(max_text));
    }
    let format = Format::detect(&file.head, &file.name)
        .or_else(|| Format::from_extension(&file.name))
        .filter(Format::is_documented);
    // Videos and recordings use the same container formats, so this does not distinguish them.
    let is_image = format.map(|format| format.medium() == "image");
    if is_image == Some(medium == MediaType::Image) {
        Ok(())
    } else {
        Err("The uploaded file format is not supported.".to_owned())
    }
}

pub(super) fn too_large(max_text: &str) -> String {
    format!("The uploaded file exceeds the maximum allowed size of {max_text}.")
}

/// The forced outcome of a submit.
pub(super) enum Forced {
    Response(Response),
    Delay(Duration),
}

/// Returns the path of a URL on `sandbox.test`.
pub(super) fn on_sandbox_test(file_url: &str) -> Option<&str> {
    let path = file_url.split_once("://")?.1.strip_prefix("sandbox.test/")?;
    path.split(['?', '#']).next()
}

/// Returns the outcome that a URL on `sandbox.test` forces, like the test card numbers of payment services.
pub(super) fn forced(file_url: &str) -> Option<Forced> {
    Some(Forced::Response(match on_sandbox_test(file_url)? {
        "no-credits.jpg" => no_credits(),
        "unsupported.txt" => Response::error(400, "The uploaded file format is not supported."),
        "too-large.jpg" => Response::error(400, &too_large("50Mb")),
        "download-failed.jpg" => Response::error(400, "The file could not be downloaded."),
        "forbidden.jpg" => Response::error(403, "Forbidden"),
        "rate-limited.jpg" => too_many(vec![(RETRY_AFTER, 1)]),
        "slow.jpg" => return Some(Forced::Delay(SLOW)),
        _ => return None,
    }))
}

pub(super) fn no_credits() -> Response {
    Response::error(400, "You do not have enough credits to perform this operation.")
}

pub(super) fn too_many(headers: Headers) -> Response {
    Response { headers, ..Response::message(429, "Too Many Attempts.") }
}
