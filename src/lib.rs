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
//! an [`ImageReport`], a [`VideoReport`] or an [`AudioReport`]. If the medium is known at run time only, the same values are
//! an [`AnySubmission`], which can detect it, an [`AnySubmitted`] and an [`AnyReport`].
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
//! - **It keeps within the key's rate**: calls wait for their slot; see [`RateLimit`].
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

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A test that goes wrong may panic.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

/// The README's examples are tests, too.
#[cfg(all(doctest, feature = "journal"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod api;
mod api_key;
mod batch;
mod call;
mod classify_from_url;
mod client;
pub mod concepts;
mod config;
mod error;
mod http;
#[cfg(feature = "_internals")]
#[doc(hidden)]
pub mod internals;
mod model;
mod redact;
mod util;
mod wait;

pub use api_key::ApiKey;
#[cfg(feature = "journal")]
pub use batch::Journal;
pub use batch::{Batch, BatchProgress, Job, Outcome, StopHandle, Unfinished};
pub use call::attempt::Attempt;
pub use call::rate_limit::config::RateLimit;
pub use classify_from_url::{UrlOptions, classify_from_url};
pub use client::{CancelHandle, Client, ClientBuilder, PartnerUsers};
pub use error::{Error, ErrorKind, Result};
pub use model::account::{Credits, Health, HealthStatus};
pub use model::format::Format;
pub use model::identifier::{Identifier, InvalidIdentifier};
pub use model::media_type::{MediaType, UnknownMediaType};
pub use model::medium::{Audio, Image, Medium, Video};
pub use model::partner::form::{PartnerUserForm, PartnerUserQuery};
pub use model::partner::{PartnerUser, Pricing, Pricings};
pub use model::report::Report;
pub use model::report::any::AnyReport;
pub use model::report::audio::{AudioReport, Segment};
pub use model::report::c2pa::{C2pa, ManifestResults, ValidationResults, ValidationStatus};
pub use model::report::heatmap::Heatmap;
pub use model::report::image::{BoundingBox, Detail, Detection, ImageReport};
pub use model::report::verdict::{Classification, ModelResult, Score, Verdict};
pub use model::report::video::VideoReport;
pub use model::state::State;
pub use model::submission::Submission;
pub use model::submission::any::{AnySubmission, DetectedBy};
pub use model::submission::options::{Frames, KeyFramesMethod};
pub use model::submission::progress::UploadProgress;
pub use model::submitted::{AnySubmitted, Submitted};
pub use model::tickets::report::{
    Authenticity, SubmittedTicket, SubmittedTickets, TicketReport, TicketVerdict, TicketsReport,
};
pub use model::tickets::submission::{Ticket, TicketLists, Tickets};
pub use wait::WaitOptions;
