//! The command line: what `--help` says is said here.

// Its comments are help texts, not Markdown, and a switch is a bool.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use identifai::Identifier;

use crate::options::Options;

const AFTER_HELP: &str = "\
Environment:
  IDENTIFAI_API_KEY   the API key
  IDENTIFAI_BASE_URL  where the service is, if not at https://backend.identifai.net
  HTTPS_PROXY, ALL_PROXY, NO_PROXY are honoured.

Exit status: 0 done; 2 usage or settings, nothing was sent (by a batch: of some line); 3 refused by the service;
4 rate limit; 5 network, service or output failed, the wait took too long, or it is not known whether something was
submitted, or the service is not ok (health); 6 the analysis failed; 130 interrupted. Of several items, the highest.";

/// Unofficial client of the identifAI API: was this image, video or voice made by a human or by a machine?
///
/// The key comes from the environment or from a file, never from an argument. To try it without one: --sandbox.
#[derive(Debug, Parser)]
#[command(name = "identifai", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command that talks to the service takes, before or after its name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Where the service is [default: $IDENTIFAI_BASE_URL, or https://backend.identifai.net]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Read the API key from a file [default: $IDENTIFAI_API_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Talk to an embedded sandbox instead of the service: no key, no network, made-up answers. Goes without
    /// --base-url and --api-key-file
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Print results as JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The deadline of one call, in seconds [default: 120 for a submit by URL; for an upload none, as long as it moves; 30
    /// for anything else]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// How many submits and reads the key may do a minute, such as 120,240; a thirtieth of that a second [default: 30,60]
    #[arg(long, global = true, value_name = "SUBMITS,READS", value_parser = pace, conflicts_with = "no_pace")]
    pub(crate) pace: Option<(u32, u32)>,
    /// Do not pace requests; by default they keep within what the service allows a key
    #[arg(long, global = true)]
    pub(crate) no_pace: bool,
    /// Allow a plain-http base URL on another machine; the key is then sent in clear
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Submit images, videos and recordings, and print their identifiers, one a line, or wait for their verdicts; this
    /// spends credits
    Classify(Classify),
    /// Print how submissions stand: pending, failed, or their verdict
    Result(Identifiers),
    /// Wait for the verdicts of submissions, and print them
    Wait(WaitFor),
    /// Submit many and wait for their verdicts, within what the key may do, and print those as they come, one JSON object
    /// a line; with --journal, a run that was ended goes on where it stopped
    Batch(Batch),
    /// Fetch the heatmap of an image that was submitted with --with-heatmap
    Heatmap(Heatmap),
    /// Override the verdict on a file, for every submission of it
    Override(Override),
    /// Submit tickets, which are receipts and the like as images or PDF, in one batch that is looked at for manipulation,
    /// and print what the batch goes by and one line a ticket, or wait for the verdicts; this spends credits. With --batch,
    /// print how one stands that was submitted before
    Tickets(Tickets),
    /// Print how many credits are left, and how many were spent
    Credits,
    /// Print how the service is: ok, degraded or another word. It takes no key. Exit status: 0 for ok, 5 for anything else
    Health,
    /// Create, change and list the users of a partner
    #[command(subcommand)]
    Partner(Partner),
    /// Serve the sandbox until stopped, for other programs to talk to
    Sandbox(Serve),
    /// Print what a shell completes commands and options by; for bash: source <(identifai completions bash)
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, as in: identifai man | man -l -
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct Classify {
    /// Files to upload, and http or https URLs, which the service downloads itself; `-` is standard input
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Wait for the verdicts and print them instead of the identifiers
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait for each verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// A file with one URL or path a line, or a JSON object such as {"input": "clip.mp4", "frames": 10, "ref_id": "17"},
    /// with `medium` or any option from --ref-id on, whose names have underscores there; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: String,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Keep what happens in a file, and go on where the run before stopped
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Wait after each line of the journal until the disk has it
    #[arg(long, requires = "journal")]
    pub(crate) journal_sync: bool,
    /// Submit again what a run that was ended may have submitted; where --no-cache is set, it may be paid for twice
    #[arg(long, requires = "journal")]
    pub(crate) retry_unknown: bool,
    /// Write the results to a page for browsers, too, at the end: one file that needs no other, with small images and
    /// the heatmaps in it. What is there is overwritten. Passwords and queries of URLs are left out of it
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// How many items may be on their way at once
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one)]
    pub(crate) in_flight: usize,
    /// How many threads submit: for uploads that take longer than the rate allows
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
    /// How long to wait for each verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Of which medium it is.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct MediumFlags {
    /// They are images [default: as files and the extensions of URLs show, else images]
    #[arg(long)]
    pub(crate) image: bool,
    /// They are videos
    #[arg(long)]
    pub(crate) video: bool,
    /// They are recordings of speech
    #[arg(long)]
    pub(crate) audio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Identifiers {
    /// Identifiers, as `classify` prints them
    #[arg(required = true, value_name = "ID")]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
}

#[derive(Debug, Args)]
pub(crate) struct WaitFor {
    #[command(flatten)]
    pub(crate) identifiers: Identifiers,
    /// How long to wait for each verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Heatmap {
    /// The identifier, as `classify` prints it
    #[arg(value_name = "ID")]
    pub(crate) input: String,
    /// Where to write the PNG to; what is there is overwritten. `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Override {
    /// The SHA-256 of the file: `hash` in what `result --json` prints. It is not the identifier
    pub(crate) hash: String,
    /// What it is from now on
    pub(crate) classification: Class,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
}

/// What a verdict can be overridden with.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Class {
    Human,
    Artificial,
}

#[derive(Debug, Args)]
pub(crate) struct Tickets {
    /// Files to upload, images or PDF; `-` is standard input
    #[arg(required_unless_present = "batch", value_name = "FILE")]
    pub(crate) inputs: Vec<String>,
    /// Submit nothing, and print how the tickets of a batch stand, or wait for them
    #[arg(long, value_name = "ID", conflicts_with_all = ["inputs", "ref_ids", "models", "no_models", "lists", "any_format"])]
    pub(crate) batch: Option<Identifier>,
    /// Wait for the verdicts and print them instead of the identifiers
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait for the batch, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    /// Your own reference, which comes back with the result: one for each file in their order, or none; it may be empty
    #[arg(long = "ref-id", value_name = "TEXT")]
    pub(crate) ref_ids: Vec<String>,
    /// A model that shall look at them, such as Ellen; may be repeated [default: all that the account has]
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// Ask for no model, so for no verdict
    #[arg(long, conflicts_with = "models")]
    pub(crate) no_models: bool,
    /// How references and models are sent, on which pages of the service's documentation disagree: in one field with commas,
    /// or in a field for each [default: commas]
    #[arg(long, value_name = "HOW")]
    pub(crate) lists: Option<Lists>,
    /// Upload files whatever their format seems to be
    #[arg(long)]
    pub(crate) any_format: bool,
}

/// How lists are sent with tickets.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Lists {
    Commas,
    Fields,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Partner {
    /// Print the users, one a line, as they come
    Users(Users),
    /// Create a user, or change the one that --id names, and print who it is
    Save(UserForm),
    /// Print the plans that users can have
    Pricings,
    /// Have the service send a user the mail that tells of the account
    SendMail {
        /// The number of the user
        id: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Users {
    /// Only those with a plan, as `partner pricings` prints its number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pricing_id: Option<u64>,
    /// What to sort by [default: left to the service, which documents id]
    #[arg(long, value_name = "FIELD")]
    pub(crate) order: Option<String>,
    /// Sort downwards
    #[arg(long)]
    pub(crate) descending: bool,
    /// How many to ask for by each request
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) per_page: u32,
    /// A further parameter of the query; the one that looks for names and mail addresses is not documented by name
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct UserForm {
    /// The user to change [default: a new one is created]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) id: Option<u64>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// The mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// The heuristic of the user's main verdicts, such as AverageExcludeObsolete
    #[arg(long, value_name = "NAME")]
    pub(crate) heuristic: String,
    /// The plan, as `partner pricings` prints its number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pricing_id: u64,
    /// Take the password from the first line of a file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "ask_password")]
    pub(crate) password_file: Option<PathBuf>,
    /// Ask for the password at the terminal, twice
    #[arg(long)]
    pub(crate) ask_password: bool,
    /// The user may only read
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) readonly: Option<bool>,
    /// The user gets the newsletter
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) newsletter: Option<bool>,
    /// The service keeps the user's files
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) save_files: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port of 127.0.0.1 to listen on [default: any free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// How many submits and overrides the key may send a minute, and a thirtieth of that a second; 0 refuses all
    #[arg(long, value_name = "NUMBER", default_value_t = 30)]
    pub(crate) submits_per_minute: u32,
    /// How often the key may ask for results a minute, and a thirtieth of that a second; 0 refuses all
    #[arg(long, value_name = "NUMBER", default_value_t = 60)]
    pub(crate) reads_per_minute: u32,
    /// Take any number of requests
    #[arg(long, conflicts_with_all = ["submits_per_minute", "reads_per_minute"])]
    pub(crate) no_limits: bool,
    /// How many submits the credits of the key are good for
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    pub(crate) credits: u64,
    /// How long an analysis takes, in seconds; it may be 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds_or_none, default_value = "1")]
    pub(crate) analysis_time: Duration,
}

fn pace(text: &str) -> Result<(u32, u32), &'static str> {
    let numbers = text.split_once(',').and_then(|(submits, reads)| Some((submits.parse().ok()?, reads.parse().ok()?)));
    numbers.filter(|(submits, reads)| *submits > 0 && *reads > 0).ok_or("not two numbers above zero, such as 30,60")
}

fn at_least_one(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|number| *number > 0).ok_or("not a number above zero")
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or("not a name and a value, such as search=ann")
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = seconds_or_none(text).ok().filter(|seconds| !seconds.is_zero());
    seconds.ok_or("not a number of seconds above zero, such as 60")
}

fn seconds_or_none(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or("not a number of seconds, such as 0.5")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
