//! An **unofficial**, blocking client of the [identifAI](https://identifai.net) API, which tells whether an image, a
//! video or a voice recording was made by a human or by a machine.
//!
//! # Three ways to use it
//!
//! **The plain function**: one submit, from anywhere. Calls share a small cache of connections; what comes back is an
//! [`Identifier`], and the verdict is ready a little later.
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
//! **The client**: verdicts, and many calls over one set of connections. What goes in is an [`Image`], a [`Video`] or
//! an [`Audio`]: by URL, or from a file, memory or a reader, which are uploaded in constant memory. What comes back is
//! an [`ImageReport`], a [`VideoReport`] or an [`AudioReport`].
//!
//! ```no_run
//! use identifai::{Client, Image};
//!
//! let client = Client::from_env()?;
//! let report = client.classify(&Image::from_path("cat.png"))?; // submit, and wait
//! println!("{report}, made by a machine: {:?}", report.is_artificial());
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! **The batch**: very many, of any medium, within the key's rate and, with a journal, over several runs; see
//! [`Client::batch`].
//!
//! ```no_run
//! use identifai::{Client, Image};
//!
//! let jobs = (1..=1_000).map(|number| Image::from_url(format!("https://example.com/{number}.jpg")));
//! for outcome in Client::from_env()?.batch(jobs) {
//!     println!("{}: {:?}", outcome.index, outcome.result.map(|report| report.is_artificial()));
//! }
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! Besides: [`credits`](Client::credits) and [`health`](Client::health), the users of a partner
//! ([`Client::partner_users`]), and receipts and other tickets ([`Client::submit_tickets`]). What went wrong, whether
//! it may have been paid for, and what to do about it: [`Error`], [`ErrorKind`]. No key, no network: the
//! crate `identifai-sandbox` is a fake of the service.
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
//! | `cli` | no | the program `identifai` |
//! | `capi` | no | the C interface, which `identifai.h` documents |

#![cfg_attr(docsrs, feature(doc_cfg))]
// A test that goes wrong may panic.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

/// The README's examples are tests, too.
#[cfg(all(doctest, feature = "journal"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod api_key;
mod batch;
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
#[cfg(feature = "_internals")]
#[doc(hidden)]
pub mod internals;
mod media;
mod options;
mod proxy;
mod report;
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
pub use batch::{Batch, Job, Outcome, Stopper, Tally, Unfinished};
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
