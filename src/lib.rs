//! An **unofficial**, blocking client of the [identifAI](https://identifai.net) API, which tells whether an image, a
//! video or a voice recording was made by a human or by a machine.
//!
//! ```no_run
//! use identifai::{UrlOptions, classify_from_url};
//!
//! let opts = UrlOptions::new("api-key", "https://example.com/cat.jpg").with_heatmap(true);
//! let id = classify_from_url(&opts)?;
//! println!("{id}");
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! - One submit, from anywhere: [`classify_from_url`].
//! - Verdicts, and many calls over one set of connections: [`Client`], of which [`classify`](Client::classify) submits and
//!   waits. What goes in is an [`Image`], a [`Video`] or an [`Audio`]: by URL, or from a file, memory or a reader, which
//!   are uploaded in constant memory. What comes back is an [`ImageReport`], a [`VideoReport`] or an [`AudioReport`].
//! - Very many, within the key's rate and, with a journal, over several runs: [`Client::batch`].
//! - What went wrong, and whether it was paid for: [`Error`], [`ErrorKind`].
//! - No key, no network: the feature `sandbox` has the service in a nutshell.
//!
//! # What it promises
//!
//! - **It never pays twice.** A submit is repeated only if it never arrived whole, or was refused.
//! - **It never hangs.** One deadline bounds a call, from the name lookup to the last retry; and one a wait.
//! - **It takes nothing for done that is not**, and keeps what it does not know.
//! - **It never leaks the key.** No redirect is followed, no proxy sees it, no `Debug` or error shows it.
//! - **It keeps within the key's rate**: calls wait for their turn; see [`Pace`].
//! - **It loses nothing that was paid for**: errors have the identifier, and a batch its journal.
//! - **It starts no thread** on a warm call, only to look up a name for a new connection; and it prints nothing.
//!
//! # Features
//!
//! | feature | default | effect |
//! | --- | --- | --- |
//! | `rustls` | yes | HTTPS by rustls with bundled roots |
//! | `platform-verifier` | no | rustls, trusting what the operating system trusts |
//! | `native-tls` | no | HTTPS by the operating system's library; used instead of rustls where both are there |
//! | `socks-proxy` | no | SOCKS proxies; without it they are an error |
//! | `journal` | no | the journal with which a batch goes on where it was ended |
//! | `sandbox` | no | the embedded stand-in of the service |
//! | `cli` | no | the program `identifai` |
//! | `capi` | no | the C interface, which `identifai.h` documents |

#![cfg_attr(docsrs, feature(doc_cfg))]
// A test that goes wrong may panic.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

/// The README's examples are tests, too.
#[cfg(all(doctest, feature = "sandbox", feature = "journal"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod api_key;
mod batch;
#[cfg(feature = "_bench")]
#[doc(hidden)]
pub mod bench;
#[cfg(feature = "capi")]
mod capi;
mod client;
mod environment;
mod error;
mod exchange;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod identifier;
mod media;
mod options;
mod proxy;
mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod secret;
mod settings;
mod tampering;
mod text;
mod url;
mod wait;
mod wire;

pub use account::{PartnerUserForm, PartnerUserQuery, PartnerUsers};
pub use api_key::ApiKey;
#[cfg(feature = "journal")]
pub use batch::Journal;
pub use batch::{Batch, Job, Outcome, Stopper, Tally};
pub use client::{Canceller, Client, ClientBuilder};
pub use error::{Error, ErrorKind, Result};
pub use exchange::{Attempt, Pace};
pub use identifier::Identifier;
pub use media::{Audio, Format, Frames, Image, KeyFramesMethod, Medium, Progress, Submission, Submitted, Video};
pub use options::{UrlOptions, classify_from_url};
pub use report::{
    AnyReport, AudioReport, Authenticity, BoundingBox, C2pa, Classification, Credits, Detail, Detection, Health,
    HealthStatus, Heatmap, ImageReport, ModelResult, PartnerUser, Pricing, Pricings, Report, Score, Segment, State,
    SubmittedTicket, SubmittedTickets, TicketReport, TicketVerdict, TicketsReport, ValidationResults, ValidationStatus,
    Verdict, VideoReport,
};
pub use tampering::{Ticket, TicketLists, Tickets};
pub use wait::Wait;
