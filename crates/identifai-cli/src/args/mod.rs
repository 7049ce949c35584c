//! The command line: what `--help` says is said here. The first paragraph of a text is what `-h` shows, without a full
//! stop.

// Its comments are help texts, not Markdown, and a switch is a bool.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

mod partner;
pub(crate) mod usage;
pub(crate) mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use identifai::Identifier;

pub(crate) use self::partner::{Partner, UserForm, Users};
use self::values::{at_least_one, number, port, rate_limit, seconds, seconds_or_none, workers};
use crate::help;
use crate::options::Options;

/// Unofficial client of the identifAI API: was this image, video or voice made by a human or by a machine?
///
/// The key comes from the environment or from a file, never from an argument. To try it without one: --sandbox.
#[derive(Debug, Parser)]
#[command(name = "identifai", version, after_help = help::SHORT, after_long_help = help::ENVIRONMENT, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes, before or after its name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Global {
    /// The service's URL [default: $IDENTIFAI_BASE_URL]
    ///
    /// Without either, it is https://backend.identifai.net.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// API key in a file [default: $IDENTIFAI_API_KEY]
    ///
    /// It is all that the file has in it. The key is never an argument, as others on the machine can see those.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Try it without a key: answers are made up
    ///
    /// It talks to an embedded sandbox instead of the service, without the network and as fast as it can. It brings its
    /// own base URL and key, so it goes without --base-url and --api-key-file. It ends with the command; `identifai
    /// sandbox` stays.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Print results as JSON, one object a line
    ///
    /// They have the service's field names, and always an `identifier` once there is one. What failed has an `error`
    /// with `kind`, `status`, `message` and `may_have_been_sent`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The deadline of each call, in seconds
    ///
    /// By default 120 for a submit by URL, none for an upload as long as it moves, and 30 for anything else.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// What the key may do a minute [default: 30,60]
    ///
    /// Of submits and of reads, such as 120,240; and a thirtieth of that a second.
    #[arg(long, global = true, value_name = "SUBMITS,READS", value_parser = rate_limit, conflicts_with = "no_rate_limit")]
    pub(crate) rate_limit: Option<(u32, u32)>,
    /// Send requests as fast as possible
    ///
    /// By default they wait, so that they keep within what the service allows a key.
    #[arg(long, global = true)]
    pub(crate) no_rate_limit: bool,
    /// Allow plain http to another machine
    ///
    /// The key is then sent in clear. To this machine it is allowed anyway.
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,
    /// Root certificates in PEM, to trust instead of the usual ones [default: $SSL_CERT_FILE]
    ///
    /// For a private CA, or a proxy that inspects TLS. No other certificates are trusted then; a bundle such as
    /// /etc/ssl/certs/ca-certificates.crt has several in one file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Submit images, videos and recordings (spends credits)
    ///
    /// Prints the identifier of each, one a line, as soon as it is accepted. With --wait everything is submitted first,
    /// and then the verdicts are printed in the order of the command line. `identifai wait` and `identifai result` read
    /// them later.
    ///
    /// A switch alone, such as --with-heatmap, is sent as true, and --with-heatmap=false as false; what is left out is
    /// not sent.
    #[command(after_long_help = help::CLASSIFY)]
    Classify(Classify),
    /// Print how submissions stand: pending, failed or verdict
    ///
    /// Asks once, and spends nothing.
    #[command(after_long_help = help::RESULT)]
    Result(Identifiers),
    /// Wait for the verdicts of submissions, and print them
    #[command(after_long_help = help::WAIT)]
    Wait(WaitFor),
    /// Submit a list, and print verdicts as they come (spends credits)
    ///
    /// Prints one JSON object for each line of the list that is not blank, in no certain order: with its `index` from
    /// 0, its `input`, and the report or an `error`. It keeps within what the key may do. With --journal, the same
    /// command goes on where a run that was ended stopped.
    ///
    /// A switch alone, such as --with-heatmap, is sent as true, and --with-heatmap=false as false; what is left out is
    /// not sent.
    #[command(after_long_help = help::BATCH)]
    Batch(Batch),
    /// Write the heatmap of an image to a file
    ///
    /// The image must have been submitted with --with-heatmap, and its analysis be done.
    #[command(after_long_help = help::HEATMAP)]
    Heatmap(Heatmap),
    /// Override the verdict on a file, for every submission of it
    #[command(after_long_help = help::OVERRIDE)]
    Override(Override),
    /// Have tickets looked at for manipulation (spends credits)
    ///
    /// Tickets are receipts and the like, as images or PDF. They are submitted in one batch. Prints the identifier of
    /// the batch, and then one line a ticket: its identifier, and its reference if it has one. With --wait, or --batch,
    /// it prints verdicts instead.
    #[command(after_long_help = help::TICKETS)]
    Tickets(Tickets),
    /// Print how many credits are left, and how many were spent
    Credits,
    /// Print how the service is: ok, degraded or another word
    ///
    /// It takes no key. Exit status: 0 for ok, 5 for anything else.
    Health,
    /// Create, change and list the users of a partner
    #[command(subcommand)]
    Partner(Partner),
    /// Serve the sandbox until Ctrl-C, for other programs to talk to
    ///
    /// Its first line on standard output is `listening on http://127.0.0.1:PORT`, and its key is `sandbox`. Common
    /// options change nothing here.
    #[command(after_long_help = help::SERVE)]
    Sandbox(Serve),
    /// Print a script by which a shell completes commands and options
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands
    #[command(after_long_help = help::MAN)]
    Man {
        /// Directory for the pages of all commands; existing pages are overwritten
        #[arg(value_name = "DIRECTORY")]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Classify {
    /// Files to upload, and URLs that the service downloads; `-` is standard input
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) inputs: Vec<OsString>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Wait for the verdicts, and print them instead of the identifiers
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// The list: one file, URL or JSON object a line; `-` is standard input
    ///
    /// An object has such an `input`, and may have a `medium` (image, video or audio) and any of the submission options
    /// by their names with underscores, which win over those of the command line. A field that is null counts as
    /// absent. The list is UTF-8.
    #[arg(value_name = "FILE")]
    pub(crate) input: OsString,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Keep what happens in a file, and go on where a run before stopped
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Wait after each line of the journal until the disk has it
    #[arg(long, requires = "journal")]
    pub(crate) journal_sync: bool,
    /// Submit again what a run before may have submitted
    ///
    /// The service answers that from its cache; where --no-cache is set, it may be paid for twice.
    #[arg(long, requires = "journal")]
    pub(crate) retry_indeterminate: bool,
    /// Write a page for browsers, too, at the end; what is there is overwritten
    ///
    /// One file that needs no other, with small images and the heatmaps in it. Passwords and queries of URLs are left
    /// out.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// How many items may be on their way at once
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one::<usize>)]
    pub(crate) in_flight: usize,
    /// How many threads submit, from 1 to 256
    ///
    /// More than one is for uploads that take longer than the rate allows.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = workers)]
    pub(crate) workers: u16,
    /// How long to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Of which medium it is.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct MediumFlags {
    /// They are images: the default, unless a file or the end of a URL shows otherwise
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
    /// Identifiers, as `identifai classify` prints them
    #[arg(required = true, value_name = "ID")]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
}

#[derive(Debug, Args)]
pub(crate) struct WaitFor {
    #[command(flatten)]
    pub(crate) identifiers: Identifiers,
    /// How long to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Heatmap {
    /// The identifier, as `identifai classify` prints it
    #[arg(value_name = "ID")]
    pub(crate) input: String,
    /// Where to write the PNG; what is there is overwritten; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Override {
    /// The SHA-256 of the file, which is `hash` in what `identifai --json result` prints
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
    pub(crate) inputs: Vec<OsString>,
    /// Submit nothing, and print how the tickets of a batch stand
    #[arg(long, value_name = "ID", conflicts_with_all = ["inputs", "ref_ids", "models", "no_models", "lists", "any_format"])]
    pub(crate) batch: Option<Identifier>,
    /// Wait for the verdicts, and print them instead of the identifiers
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait for the verdicts, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    /// Your own reference, which comes back with the result; one for each file, or none
    ///
    /// They go by the order of the files, and may be empty.
    #[arg(long = "ref-id", value_name = "TEXT")]
    pub(crate) ref_ids: Vec<String>,
    /// A model that shall look at them, such as Ellen; may be repeated [default: all]
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// Ask for no model, so for no verdict
    #[arg(long, conflicts_with = "models")]
    pub(crate) no_models: bool,
    /// How references and models are sent [default: commas]
    ///
    /// In one field with commas, or in a field for each: pages of the service's documentation disagree.
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

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port of 127.0.0.1 to listen on [default: any free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true, value_parser = port)]
    pub(crate) port: u16,
    /// How many submits and overrides it takes a minute; 0 refuses all
    ///
    /// And a thirtieth of that a second.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = number::<u32>)]
    pub(crate) submits_per_minute: u32,
    /// How many reads it takes a minute; 0 refuses all
    ///
    /// And a thirtieth of that a second.
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = number::<u32>)]
    pub(crate) reads_per_minute: u32,
    /// Take any number of requests
    #[arg(long, conflicts_with_all = ["submits_per_minute", "reads_per_minute"])]
    pub(crate) no_limits: bool,
    /// How many submits the credits of its key are good for
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = number::<u64>)]
    pub(crate) credits: u64,
    /// How long an analysis takes, in seconds; it may be 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds_or_none, default_value = "1")]
    pub(crate) analysis_time: Duration,
}
