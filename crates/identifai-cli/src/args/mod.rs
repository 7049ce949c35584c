//! The command line and the texts of `--help`. `-h` prints the first paragraph of a doc comment, so it ends without a
//! full stop.

// clap prints these doc comments as help texts, so they are not Markdown. Each switch is a bool.
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
/// The API key is read from the environment or from a file. It is never an argument, because other users of the machine
/// can see arguments. Pass --sandbox to try the program without a key.
#[derive(Debug, Parser)]
#[command(name = "identifai", version, after_help = help::SHORT, after_long_help = help::ENVIRONMENT, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command, accepted before or after the command's name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Global {
    /// URL of the service [default: $IDENTIFAI_BASE_URL]
    ///
    /// If neither is set, the URL is https://backend.identifai.net.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Read the API key from a file [default: $IDENTIFAI_API_KEY]
    ///
    /// The file contains only the key. The key cannot be an argument, because other users of the machine can see
    /// arguments.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Use a built-in sandbox with made-up results, without a key
    ///
    /// Requests go to the sandbox instead of the service. The sandbox needs no network and has no rate limit. It has its
    /// own base URL and key, so this option cannot be combined with --base-url or --api-key-file. The sandbox ends with
    /// the command, whereas `identifai sandbox` runs until Ctrl-C.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Print results as JSON, one object per line
    ///
    /// The objects have the field names of the API, and an `identifier` whenever it is known. An item that failed has
    /// an `error` object with `kind`, `status`, `message` and `may_have_been_sent`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Deadline of each call, in seconds
    ///
    /// Defaults to 120 for a submit by URL and to 30 for other calls. An upload has no deadline by default, as long as
    /// it makes progress.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Limit requests to this many submits and reads per minute [default: 30,60]
    ///
    /// Set this for a key with a higher rate limit, such as 120,240. The limit per second is 1/30 of the limit per
    /// minute.
    #[arg(long, global = true, value_name = "SUBMITS,READS", value_parser = rate_limit, conflicts_with = "no_rate_limit")]
    pub(crate) rate_limit: Option<(u32, u32)>,
    /// Send requests without a local rate limit
    ///
    /// By default, requests wait so that they stay within the rate limit that the service documents for a key.
    #[arg(long, global = true)]
    pub(crate) no_rate_limit: bool,
    /// Allow unencrypted http to other machines
    ///
    /// The key is then sent unencrypted. Connections to this machine may always use http.
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,
    /// Trust only the root certificates in this PEM file [default: $SSL_CERT_FILE]
    ///
    /// Use this for a private CA, or for a proxy that inspects TLS. The certificates replace the usual ones. The file
    /// may contain several certificates, like /etc/ssl/certs/ca-certificates.crt.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Submit images, videos and recordings (spends credits)
    ///
    /// Prints the identifier of each submission, one per line, as soon as the service accepts it. With --wait, all
    /// inputs are submitted first, and then the verdicts are printed in the order of the command line. `identifai wait`
    /// and `identifai result` print them later.
    ///
    /// A switch such as --with-heatmap sends true, and --with-heatmap=false sends false. An option that is not given is
    /// not sent.
    #[command(after_long_help = help::CLASSIFY)]
    Classify(Classify),
    /// Print the state of submissions: pending, failed or a verdict
    ///
    /// Requests each report once and does not wait. This spends no credits.
    #[command(after_long_help = help::RESULT)]
    Result(Identifiers),
    /// Wait for the verdicts of submissions and print them
    #[command(after_long_help = help::WAIT)]
    Wait(WaitFor),
    /// Submit a list and print results as they arrive (spends credits)
    ///
    /// Prints one JSON object for each line of the list that is not blank, in the order in which results arrive.
    /// Each object has the `index` of the item, counted from 0, the `input`, and either the report or an `error`.
    /// Requests stay within the rate limit of the key. With --journal, the same command resumes a run that was
    /// interrupted.
    ///
    /// A switch such as --with-heatmap sends true, and --with-heatmap=false sends false. An option that is not given is
    /// not sent.
    #[command(after_long_help = help::BATCH)]
    Batch(Batch),
    /// Write the heatmap of an image to a file
    ///
    /// The image must have been submitted with --with-heatmap, and its analysis must be finished.
    #[command(after_long_help = help::HEATMAP)]
    Heatmap(Heatmap),
    /// Override the verdict on a file, for all submissions of that file
    #[command(after_long_help = help::OVERRIDE)]
    Override(Override),
    /// Check tickets for manipulation (spends credits)
    ///
    /// Tickets are images or PDF files of receipts and similar documents. They are submitted as one batch. Prints the
    /// identifier of the batch, and then one line per ticket: its identifier, and its reference if it has one. With
    /// --wait or --batch, verdicts are printed instead.
    #[command(after_long_help = help::TICKETS)]
    Tickets(Tickets),
    /// Print the numbers of credits left and spent
    Credits,
    /// Print the health of the service, such as ok or degraded
    ///
    /// This command needs no API key. Exit status: 0 for ok, 5 for anything else.
    Health,
    /// Create, change and list the users of a partner account
    #[command(subcommand)]
    Partner(Partner),
    /// Run the sandbox as a local server for other programs, until Ctrl-C
    ///
    /// The first line on standard output is `listening on http://127.0.0.1:PORT`. The API key of the sandbox is
    /// `sandbox`. The common options have no effect on this command.
    #[command(after_long_help = help::SERVE)]
    Sandbox(Serve),
    /// Print a completion script for a shell
    ///
    /// With the script loaded, the shell completes the commands and options of this program.
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// Shell to print the script for
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, or write the pages of all commands to a directory
    #[command(after_long_help = help::MAN)]
    Man {
        /// Directory for the pages of all commands
        ///
        /// The directory is created if it does not exist. Existing pages are overwritten. Without a directory, the main
        /// page is printed.
        #[arg(value_name = "DIRECTORY")]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Classify {
    /// Files to upload, or URLs for the service to download; `-` is standard input
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) inputs: Vec<OsString>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Wait for the verdicts and print them instead of the identifiers
    ///
    /// Each identifier is printed on standard error as soon as the service has accepted the submission.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Maximum time to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// List with one file, URL or JSON object per line; `-` is standard input
    ///
    /// An object has a file or URL as its `input`. It may have a `medium` (image, video or audio) and any of the
    /// submission options, with underscores in their names. These fields take precedence over the command line. A field
    /// that is null counts as absent. The list must be UTF-8.
    #[arg(value_name = "FILE")]
    pub(crate) input: OsString,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
    /// Record progress in a file, and resume from it
    ///
    /// A later run with the same journal prints recorded results again, waits for pending submissions and submits the
    /// rest. Without a journal, a new run submits every line again.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Flush each line of the journal to disk before continuing
    ///
    /// Requires --journal. The journal then survives a crash of the machine, not only the end of the program.
    #[arg(long, requires = "journal")]
    pub(crate) journal_sync: bool,
    /// Resubmit items that an earlier run may have submitted
    ///
    /// Requires --journal. The service returns the results of such items from its cache. With --no-cache, they may be
    /// paid for twice. By default, they are reported as errors of the kind `indeterminate`.
    #[arg(long, requires = "journal")]
    pub(crate) retry_indeterminate: bool,
    /// Also write the results to an HTML file at the end
    ///
    /// The file embeds small images and the heatmaps, so it needs no other files. Passwords and queries of URLs are
    /// left out. An existing file is overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Maximum number of items in progress at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one::<usize>)]
    pub(crate) in_flight: usize,
    /// Number of threads that submit, from 1 to 256
    ///
    /// More threads help if uploads are so slow that one thread cannot use up the rate limit.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = workers)]
    pub(crate) workers: u16,
    /// Maximum time to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Options that name the medium of all inputs.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct MediumFlags {
    /// Treat all inputs as images
    ///
    /// By default, the medium of a file is detected from its content and name, and the medium of a URL from its
    /// extension. A URL without a known extension counts as an image, and so does an identifier or a hash.
    #[arg(long)]
    pub(crate) image: bool,
    /// Treat all inputs as videos
    #[arg(long)]
    pub(crate) video: bool,
    /// Treat all inputs as recordings of speech
    #[arg(long)]
    pub(crate) audio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Identifiers {
    /// Identifiers printed by `identifai classify`
    #[arg(required = true, value_name = "ID")]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
}

#[derive(Debug, Args)]
pub(crate) struct WaitFor {
    #[command(flatten)]
    pub(crate) identifiers: Identifiers,
    /// Maximum time to wait for a verdict, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Heatmap {
    /// Identifier printed by `identifai classify`
    #[arg(value_name = "ID")]
    pub(crate) input: String,
    /// File to write the PNG image to; `-` is standard output
    ///
    /// An existing file is overwritten.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Override {
    /// SHA-256 of the file: the field `hash` in the output of `identifai --json result`
    pub(crate) hash: String,
    /// New classification of the file
    pub(crate) classification: Class,
    #[command(flatten)]
    pub(crate) medium: MediumFlags,
}

/// The classifications that can replace a verdict.
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
    /// Print the state of a submitted batch, and submit nothing
    #[arg(long, value_name = "ID", conflicts_with_all = ["inputs", "ref_ids", "models", "no_models", "lists", "any_format"])]
    pub(crate) batch: Option<Identifier>,
    /// Wait for the verdicts and print them instead of the identifiers
    ///
    /// The identifier of the batch is printed on standard error as soon as the service has accepted it.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Maximum time to wait for the verdicts, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
    /// Your own reference for a file, returned with its result; give one per file or none
    ///
    /// References belong to the files in the order of the command line. A reference may be empty.
    #[arg(long = "ref-id", value_name = "TEXT")]
    pub(crate) ref_ids: Vec<String>,
    /// Model to analyse the tickets with, such as Ellen; may be repeated [default: all]
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// Request no model, and therefore no verdict
    #[arg(long, conflicts_with = "models")]
    pub(crate) no_models: bool,
    /// Format of references and models in the request [default: commas]
    ///
    /// With commas, all references are sent in one field, separated by commas, and so are all models. With fields, each
    /// of them is sent in its own field. Pages of the service's documentation disagree about the format.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) lists: Option<Lists>,
    /// Upload files of undocumented or unrecognized formats
    #[arg(long)]
    pub(crate) any_format: bool,
}

/// The formats of lists in a request with tickets.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Lists {
    Commas,
    Fields,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port to listen on at 127.0.0.1 [default: any free port]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true, value_parser = port)]
    pub(crate) port: u16,
    /// Number of submits and overrides accepted per minute; 0 refuses all
    ///
    /// The limit per second is 1/30 of this number.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = number::<u32>)]
    pub(crate) submits_per_minute: u32,
    /// Number of reads accepted per minute; 0 refuses all
    ///
    /// The limit per second is 1/30 of this number.
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = number::<u32>)]
    pub(crate) reads_per_minute: u32,
    /// Accept any number of requests
    #[arg(long, conflicts_with_all = ["submits_per_minute", "reads_per_minute"])]
    pub(crate) no_limits: bool,
    /// Number of submits that the credits of the sandbox's key pay for
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = number::<u64>)]
    pub(crate) credits: u64,
    /// Duration of an analysis, in seconds; it may be 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds_or_none, default_value = "1")]
    pub(crate) analysis_time: Duration,
}
