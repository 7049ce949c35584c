//! Submissions from arguments and from lines of a list, and the calls that send them.

use std::ffi::OsStr;
use std::path::Path;

use identifai::{AnyReport, AnySubmission, AnySubmitted, Client, Format, Identifier, MediaType, Result};

use crate::args::MediumFlags;
use crate::options::Options;
use crate::stdin::Spooled;
use crate::{error_text, names, upload_bar};

/// A checked submission, and a note if its file is uploaded under a corrected name.
pub(crate) struct Checked {
    pub(crate) submission: AnySubmission,
    pub(crate) note: Option<String>,
}

const FORCE: &str = "pass --image, --video or --audio together with --any-format";

impl MediumFlags {
    /// Returns the medium that the command line names, if any.
    pub(crate) fn chosen(&self) -> Option<MediaType> {
        let flags = [(self.image, MediaType::Image), (self.video, MediaType::Video), (self.audio, MediaType::Audio)];
        flags.into_iter().find_map(|(is_set, medium)| is_set.then_some(medium))
    }
}

/// Creates a submission from an argument: a URL, a path, or `-` for standard input. The error does not repeat the
/// argument, because it may be the API key.
pub(crate) fn from_argument(options: &Options, chosen: Option<MediaType>, input: &OsStr) -> Result<Checked, String> {
    if input != "-" {
        return from_input(options, chosen, input);
    }
    let Spooled { file, len, name, format } = Spooled::new()?;
    if len == 0 {
        return Err("file: must not be empty".to_owned());
    }
    let detected = || format.and_then(|format| format.medium().parse().ok());
    let medium = chosen.or_else(detected).ok_or_else(|| match format {
        Some(format) => format!("file: expected an image, video or audio file, found {format}; {FORCE}"),
        None => format!("file: unrecognized format; {FORCE}"),
    })?;
    prepare(options, Ok(AnySubmission::from_reader_as(medium, file, len).file_name(name)))
}

/// Creates and checks a submission from a URL or a path. The error does not repeat the input, because it may be the API
/// key.
pub(crate) fn from_input(options: &Options, chosen: Option<MediaType>, input: &OsStr) -> Result<Checked, String> {
    if names::is_url(input) {
        let url = input.to_str().ok_or("URL: must be UTF-8; percent-encode it")?;
        let detected = || AnySubmission::from_url(url);
        return prepare(options, chosen.map_or_else(detected, |medium| Ok(AnySubmission::from_url_as(medium, url))));
    }
    let path = Path::new(input);
    let named = |medium| AnySubmission::from_path_as(medium, path);
    let missing = if path.exists() { None } else { named(MediaType::Image).check().err() };
    if let Some(error) = missing {
        let hint = if path.to_str().is_some() { "a URL must contain ://" } else { "the file name is not UTF-8" };
        return Err(format!("{error} ({hint})"));
    }
    prepare(options, chosen.map_or_else(|| AnySubmission::from_path(path), |medium| Ok(named(medium))))
}

/// Sets the options on a submission and checks it.
fn prepare(options: &Options, submission: Result<AnySubmission>) -> Result<Checked, String> {
    let submission = submission.map_err(|error| error_text::to_cli_text(&error))?;
    let submission = options.set_on(submission);
    // An option that the medium does not support is an error and is not ignored.
    if let Some(option) = submission.unsupported_options().first() {
        let what = match submission.media_type() {
            MediaType::Image => "an image",
            MediaType::Video => "a video",
            MediaType::Audio => "a recording",
        };
        return Err(format!("--{}: not supported for {what}", option.replace('_', "-")));
    }
    // This call also checks the submission, so the file is inspected only once.
    let name = submission.corrected_file_name().map_err(|error| error_text::to_cli_text(&error))?;
    let note = name.and_then(|name| correction(&name, submission.media_type()));
    Ok(Checked { submission, note })
}

/// Returns a note that a file is uploaded as `name`, because its own name does not fit its content.
pub(crate) fn correction(name: &str, medium: MediaType) -> Option<String> {
    let format = Format::from_extension(name)?.to_string();
    // Recordings and videos in 3GP have the same extension, and `Format` names the video format for it.
    let format = if medium == MediaType::Audio { format.replacen("video/", "audio/", 1) } else { format };
    Some(format!("the content is {format}, so it is uploaded as {name}"))
}

/// Sends a submission. An upload shows a progress bar if standard error is a terminal.
pub(crate) fn submit(client: &Client, submission: &AnySubmission) -> Result<AnySubmitted> {
    let bar = upload_bar::new();
    let outcome = client.submit_any(&submission.clone().on_progress(upload_bar::updates(&bar)));
    bar.finish_and_clear();
    outcome
}

/// Fetches the reports of `submitted` in as few requests as possible. A report that is missing in the responses is then
/// requested separately, because the response to that request contains the reason.
pub(crate) fn results_of(client: &Client, submitted: &[AnySubmitted]) -> Result<Vec<Result<AnyReport>>> {
    let reports = if submitted.len() == 1 { vec![None] } else { client.results_any(submitted)? };
    let reports = submitted.iter().zip(reports);
    Ok(reports.map(|(submitted, report)| report.map_or_else(|| client.result_any(submitted), Ok)).collect())
}

/// Returns a handle to an earlier submission for each identifier.
pub(crate) fn submitted(medium: MediaType, identifiers: Vec<Identifier>) -> Vec<AnySubmitted> {
    identifiers.into_iter().map(|identifier| AnySubmitted::new(medium, identifier)).collect()
}
