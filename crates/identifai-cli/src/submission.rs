//! What is submitted, and what was, of whichever medium.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use identifai::{
    AnyReport, Audio, Classification, Client, Format, Identifier, Image, Report, Result, Submission, Submitted,
    UploadProgress, Video,
};
use indicatif::{ProgressBar, ProgressStyle};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::args::MediumFlags;
use crate::options::Options;
use crate::{error_text, names, signals};

const EMPTY: &str = "file: is empty";
/// The largest file that any medium may be: 5 GiB.
const LARGEST: u64 = 5 << 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Medium {
    Image,
    Video,
    Audio,
}

impl Medium {
    /// The word that the service uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

impl MediumFlags {
    /// The medium that was asked for.
    pub(crate) fn chosen(&self) -> Option<Medium> {
        match (self.image, self.video, self.audio) {
            (true, ..) => Some(Medium::Image),
            (_, true, _) => Some(Medium::Video),
            (.., true) => Some(Medium::Audio),
            _ => None,
        }
    }
}

/// Does the same with whatever it is.
macro_rules! each {
    ($any:expr, $what:ident => $do:expr) => {
        match $any {
            Self::Image($what) => $do,
            Self::Video($what) => $do,
            Self::Audio($what) => $do,
        }
    };
}

/// A submission.
pub(crate) enum Job {
    Image(Submission<Image>),
    Video(Submission<Video>),
    Audio(Submission<Audio>),
}

impl Job {
    /// Reads an argument of the command line, of which `-` is standard input.
    pub(crate) fn of_argument(options: &Options, chosen: Option<Medium>, input: &OsStr) -> Result<Self, String> {
        if input != "-" {
            return Self::new(options, chosen, input);
        }
        let Spooled { file, len, name, format } = Spooled::new()?;
        if len == 0 {
            return Err(EMPTY.to_owned());
        }
        Self::with(options, choose(options, chosen, format)?, Source::Spooled(file, len, name))
    }

    /// Reads a URL or a path, and checks it; or says what is wrong with it, without repeating it.
    pub(crate) fn new(options: &Options, chosen: Option<Medium>, input: &OsStr) -> Result<Self, String> {
        let (medium, source) = if names::is_url(input) {
            let input = input.to_str().ok_or("URL: is not UTF-8; percent-encode it")?;
            (medium_of_url(options, chosen, input)?, Source::Url(input))
        } else {
            let path = Path::new(input);
            // What cannot be read is refused by the check below, which says why.
            let readable = path.is_file();
            if readable && path.metadata().is_ok_and(|file| file.len() == 0) {
                return Err(EMPTY.to_owned());
            }
            let name = input.to_string_lossy();
            let format = if readable { look(path, &name).or_else(|| Format::from_extension(&name)) } else { None };
            let medium = if readable { choose(options, chosen, format)? } else { chosen.unwrap_or(Medium::Image) };
            (medium, Source::File(path))
        };
        Self::with(options, medium, source)
    }

    fn with(options: &Options, medium: Medium, source: Source<'_>) -> Result<Self, String> {
        refuse_foreign_options(options, medium)?;
        let is_missing = matches!(&source, Source::File(path) if !path.exists());
        let is_not_utf_8 = matches!(&source, Source::File(path) if path.to_str().is_none());
        let job = match medium {
            Medium::Image => Self::Image(image(options, source)),
            Medium::Video => Self::Video(video(options, source)),
            Medium::Audio => Self::Audio(audio(options, source)),
        };
        each!(&job, job => job.check()).map_err(|error| match is_missing {
            true if is_not_utf_8 => format!("{error} (its name is not UTF-8)"),
            true => format!("{error} (a URL has a ://)"),
            false => error_text::to_cli_text(&error),
        })?;
        Ok(job)
    }

    pub(crate) fn medium(&self) -> Medium {
        match self {
            Self::Image(_) => Medium::Image,
            Self::Video(_) => Medium::Video,
            Self::Audio(_) => Medium::Audio,
        }
    }

    /// Returns a note about an upload that goes by another name than its own, as that says another format.
    pub(crate) fn correction(&self) -> Option<String> {
        correction(each!(self, job => job.corrected_file_name()), self.medium())
    }

    /// Submits it; an upload with a progress bar, if standard error is a terminal.
    pub(crate) fn submit(&self, client: &Client) -> Result<Sent> {
        let bar = bar();
        let outcome = match self {
            Self::Image(job) => client.submit(&watched(job, &bar)).map(Sent::Image),
            Self::Video(job) => client.submit(&watched(job, &bar)).map(Sent::Video),
            Self::Audio(job) => client.submit(&watched(job, &bar)).map(Sent::Audio),
        };
        bar.finish_and_clear();
        outcome
    }
}

/// Words the note about a corrected name. What cannot be submitted is said elsewhere.
pub(crate) fn correction(name: Result<Option<String>>, medium: Medium) -> Option<String> {
    let name = name.ok()??;
    let format = Format::from_extension(&name)?.to_string();
    // The extension of recordings in 3GP is that of videos.
    let format = if medium == Medium::Audio { format.replacen("video/", "audio/", 1) } else { format };
    Some(format!("is {format} by its content, so it is uploaded as {name}"))
}

impl From<Job> for identifai::Job {
    fn from(job: Job) -> Self {
        match job {
            Job::Image(job) => job.into(),
            Job::Video(job) => job.into(),
            Job::Audio(job) => job.into(),
        }
    }
}

/// What was submitted.
pub(crate) enum Sent {
    Image(Submitted<Image>),
    Video(Submitted<Video>),
    Audio(Submitted<Audio>),
}

impl Sent {
    pub(crate) fn identifier(&self) -> &Identifier {
        each!(self, sent => sent.identifier())
    }

    /// Waits for its report.
    pub(crate) fn wait(&self, client: &Client) -> Result<AnyReport> {
        match self {
            Self::Image(sent) => client.wait(sent).map(AnyReport::Image),
            Self::Video(sent) => client.wait(sent).map(AnyReport::Video),
            Self::Audio(sent) => client.wait(sent).map(AnyReport::Audio),
        }
    }
}

/// Waits for each of `identifiers` in turn.
pub(crate) fn wait_for(
    client: &Client,
    medium: Medium,
    identifiers: Vec<Identifier>,
) -> impl Iterator<Item = Result<AnyReport>> {
    identifiers.into_iter().map(move |identifier| {
        let sent = match medium {
            Medium::Image => Sent::Image(identifier.into()),
            Medium::Video => Sent::Video(identifier.into()),
            Medium::Audio => Sent::Audio(identifier.into()),
        };
        sent.wait(client)
    })
}

/// Reads how `identifiers` stand: a hundred by each request, and by itself what was left out, as the answer to that
/// says why.
pub(crate) fn results_of(
    client: &Client,
    medium: Medium,
    identifiers: Vec<Identifier>,
) -> Result<Vec<Result<AnyReport>>> {
    fn read<M: identifai::Medium>(
        client: &Client,
        identifiers: Vec<Identifier>,
        wrap: fn(Report<M>) -> AnyReport,
    ) -> Result<Vec<Result<AnyReport>>> {
        let sent: Vec<Submitted<M>> = identifiers.into_iter().map(Into::into).collect();
        let many = if sent.len() == 1 { vec![None] } else { client.results(&sent)? };
        let reports =
            sent.iter().zip(many).map(|(sent, report)| report.map_or_else(|| client.result(sent), Ok).map(wrap));
        Ok(reports.collect())
    }
    match medium {
        Medium::Image => read(client, identifiers, AnyReport::Image),
        Medium::Video => read(client, identifiers, AnyReport::Video),
        Medium::Audio => read(client, identifiers, AnyReport::Audio),
    }
}

pub(crate) fn override_verdict(client: &Client, medium: Medium, hash: &str, to: &Classification) -> Result<()> {
    match medium {
        Medium::Image => client.override_verdict(identifai::MediaType::Image, hash, to),
        Medium::Video => client.override_verdict(identifai::MediaType::Video, hash, to),
        Medium::Audio => client.override_verdict(identifai::MediaType::Audio, hash, to),
    }
}

enum Source<'a> {
    Url(&'a str),
    File(&'a Path),
    /// A file without a name, how long it is, and what it is called.
    Spooled(File, u64, String),
}

/// The medium of a URL: as was said, or as the extension of its path says. Without a known one, it is an image.
fn medium_of_url(options: &Options, chosen: Option<Medium>, url: &str) -> Result<Medium, String> {
    let format = match chosen {
        Some(medium) => return Ok(medium),
        None => format_of_url(url),
    };
    match format {
        Some(format) if !format.is_documented() || !is_medium(format) => {
            if options.any_format && is_medium(format) {
                return Ok(medium_of(format));
            }
            Err(format!(
                "URL: by its extension it is {format}, which the service does not document for images, videos or \
                 recordings; pass --image, --video or --audio to submit it anyway"
            ))
        }
        format => Ok(format.map_or(Medium::Image, medium_of)),
    }
}

/// The format that the last segment of a URL's path says, which has neither host nor query nor fragment in it. Its
/// parameters follow a semicolon (RFC 3986, section 3.3), such as `;jsessionid=1`.
fn format_of_url(url: &str) -> Option<Format> {
    // Browsers take a backslash for a slash.
    let is_slash = |c| matches!(c, '/' | '\\');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.split_once(is_slash).map_or("", |(_, path)| path);
    let name = path.rsplit(is_slash).next().unwrap_or_default();
    let from_extension = |name: &str| Format::from_extension(&percent_decode_str(name).decode_utf8_lossy());
    from_extension(name).or_else(|| from_extension(name.split_once(';')?.0))
}

/// `false` for what is only a ticket, or nothing that the service looks at.
fn is_medium(format: Format) -> bool {
    matches!(format.medium(), "image" | "video" | "audio")
}

fn medium_of(format: Format) -> Medium {
    match format.medium() {
        "video" => Medium::Video,
        "audio" => Medium::Audio,
        _ => Medium::Image,
    }
}

/// The medium of a file: as was said, or as it shows. What is of no medium is refused under its own name, unless any
/// format is sent: then it has to be said.
fn choose(options: &Options, chosen: Option<Medium>, format: Option<Format>) -> Result<Medium, String> {
    let format = format.filter(|format| is_medium(*format) || !options.any_format);
    let hint = "is of no format that is known; say --image, --video or --audio, with --any-format";
    chosen.or_else(|| format.map(medium_of)).ok_or_else(|| hint.to_owned())
}

/// The format of a file, by its content and name.
fn look(path: &Path, name: &str) -> Option<Format> {
    Format::from_file(&mut File::open(path).ok()?, name).ok()?
}

/// What comes from standard input, and what it is called: a form says how long its file is before it begins.
pub(crate) struct Spooled {
    pub(crate) file: File,
    pub(crate) len: u64,
    pub(crate) name: String,
    format: Option<Format>,
}

impl Spooled {
    pub(crate) fn new() -> Result<Self, String> {
        let spooled = spool().map_err(|error| format!("cannot keep what comes from standard input: {error}"))?;
        let (file, len, format) = spooled;
        let name = format!("stdin.{}", format.map_or("bin", |format| format.extension()));
        Ok(Self { file, len, name, format })
    }
}

/// Standard input in a file, with its length and format. The file has no name, so it is gone with the program, however
/// that ends.
fn spool() -> io::Result<(File, u64, Option<Format>)> {
    let mut file = tempfile::tempfile()?;
    // What is larger is refused anyway.
    let len = io::copy(&mut io::stdin().lock().take(LARGEST + 1), &mut file)?;
    let format = Format::from_file(&mut file, "")?;
    Ok((file, len, format))
}

/// Nothing that was asked for is left out in silence.
fn refuse_foreign_options(options: &Options, medium: Medium) -> Result<(), String> {
    let Options { with_morphing, with_tampering, with_heatmap, with_nsfw, frames, key_frames, .. } = options;
    let visual = [Medium::Image, Medium::Video];
    let known: [(&str, bool, &[Medium]); 7] = [
        ("--with-morphing", with_morphing.is_some(), &visual),
        ("--with-tampering", with_tampering.is_some(), &visual),
        ("--with-nsfw", with_nsfw.is_some(), &visual),
        ("--with-heatmap", with_heatmap.is_some(), &[Medium::Image]),
        ("--frames", frames.is_some(), &[Medium::Video]),
        ("--key-frames", key_frames.is_some(), &[Medium::Video]),
        ("--key-frames-method", options.key_frames_method.is_some(), &[Medium::Video]),
    ];
    let what = match medium {
        Medium::Image => "an image",
        Medium::Video => "a video",
        Medium::Audio => "a recording",
    };
    match known.iter().find(|(_, is_set, media)| *is_set && !media.contains(&medium)) {
        Some((option, ..)) => Err(format!("is {what}, for which there is no {option}")),
        None => Ok(()),
    }
}

/// Sets what is given.
macro_rules! set {
    ($job:ident, $options:expr, copied $($option:ident),*) => {
        $(if let Some(value) = $options.$option { $job = $job.$option(value); })*
    };
    ($job:ident, $options:expr, $($option:ident),*) => {
        $(if let Some(value) = &$options.$option { $job = $job.$option(value); })*
    };
}
/// What all media have.
macro_rules! begin {
    ($medium:ident, $options:expr, $source:expr) => {{
        let mut job = match $source {
            Source::Url(url) => $medium::from_url(url),
            Source::File(path) => $medium::from_path(path),
            Source::Spooled(file, len, name) => $medium::from_reader(file, len).file_name(name),
        };
        job = job.any_format($options.any_format);
        set!(job, $options, ref_id, webhook_url);
        set!(job, $options, copied no_cache, prevent_c2pa_forces);
        job
    }};
}

fn image(options: &Options, source: Source<'_>) -> Submission<Image> {
    let mut job = begin!(Image, options, source);
    set!(job, options, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
    job
}

fn video(options: &Options, source: Source<'_>) -> Submission<Video> {
    let mut job = begin!(Video, options, source);
    set!(job, options, copied with_morphing, with_tampering, with_nsfw, key_frames);
    if let Some(frames) = options.frames {
        job = job.frames(frames.into());
    }
    if let Some(method) = options.key_frames_method {
        job = job.key_frames_method(method.into());
    }
    job
}

fn audio(options: &Options, source: Source<'_>) -> Submission<Audio> {
    begin!(Audio, options, source)
}

/// A bar that shows up with the first bytes of an upload. It draws nothing where standard error is no terminal.
pub(crate) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    let bar = ProgressBar::no_length();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn watched<M: identifai::Medium>(job: &Submission<M>, bar: &ProgressBar) -> Submission<M> {
    job.clone().on_progress(shown_by(bar))
}

/// What tells a bar how an upload comes along.
pub(crate) fn shown_by(bar: &ProgressBar) -> impl Fn(UploadProgress) -> ControlFlow<()> + Send + Sync + 'static {
    let bar = bar.clone();
    move |progress| {
        if bar.length() != Some(progress.total) {
            bar.set_length(progress.total);
        }
        bar.set_position(progress.sent);
        // An upload that has not left whole costs nothing, so there is no reason to finish it.
        if signals::is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
