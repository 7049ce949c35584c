//! A blocking client for the [identifAI](https://identifai.net) API, which detects whether an image, a video or a
//! recording of speech was made by a human or by a machine.
//!
//! This crate is **unofficial**: it is not made or supported by the company behind identifAI.
//!
//! # Three ways to use it
//!
//! **One function.** [`classify_from_url()`] submits the image at a URL and returns an [`Identifier`]. The verdict is
//! available a little later, under that identifier. Calls share a small cache of connections.
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
//! **A client.** [`Client`] makes many calls over the same connections, and waits for verdicts. It takes an [`Image`],
//! a [`Video`] or an [`Audio`], given as a URL, a file, bytes in memory or a reader. Uploads use constant memory. It
//! returns an [`ImageReport`], a [`VideoReport`] or an [`AudioReport`].
//!
//! ```no_run
//! use identifai::{Client, Image};
//!
//! let client = Client::from_env()?;
//! let report = client.classify(&Image::from_path("cat.png"))?; // submits the image and waits for the report
//! println!("{report}, made by a machine: {:?}", report.is_artificial());
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! If the medium is known only at run time, use [`AnySubmission`], which can detect it, [`AnySubmitted`] and
//! [`AnyReport`].
//!
//! **A batch.** [`Client::batch`] processes any number of submissions of any medium as fast as the rate limit of
//! the key allows. With a journal, it can resume after the process has ended.
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
//! There are calls for the rest of the API as well: [`credits`](Client::credits) and [`health`](Client::health), the
//! users of a partner ([`Client::partner_users`]), and receipts and other tickets ([`Client::submit_tickets`]).
//!
//! # Where to go next
//!
//! - [Concepts](concepts) explains the terms: submission, identifier, verdict, pending, indeterminate, deadline, rate
//!   limit, journal.
//! - [`ErrorKind`] lists the errors and how to fix them. [`Error::may_have_been_sent`] returns `true` if a failed
//!   submit may have been charged.
//! - [`ClientBuilder`] has the options: timeouts, retries, proxy, certificates, rate limit.
//! - The crate `identifai-sandbox` is a fake of the service, to try this crate without a key and without a network.
//!
//! # Guarantees
//!
//! - **Safe retries.** A submit is repeated only if the request certainly did not arrive completely, or if the
//!   service refused it with a 429. So the crate never causes a second charge unless you opt in, with
//!   [`resend_if_unknown`](ClientBuilder::resend_if_unknown) or `Journal::retry_indeterminate`. See
//!   [indeterminate](concepts#indeterminate).
//! - **Bounded time.** A deadline bounds each call, from the name lookup to the last retry. Without
//!   [`timeout`](ClientBuilder::timeout), an upload has no deadline, but it fails if it makes no progress. A wait has a
//!   timeout of its own. See [deadline and stall limit](concepts#deadline-and-stall-limit).
//! - **Strict results.** A pending or unparsable response is never reported as a finished report. Within a report,
//!   malformed fields count as absent. Fields and values that this crate does not know are kept.
//! - **Secret API key.** Redirects are not followed, proxies do not see the key, and no error and no `Debug` output
//!   shows it.
//! - **Recoverable submissions.** An error carries the identifier if it is known, and a batch can keep a journal.
//! - **Local rate limit.** Calls wait until the key's rate limit allows them. See [`RateLimit`].
//! - **No output, no hidden runtime.** The crate prints nothing. A call starts a thread only to look up a host name
//!   for a new connection. A batch starts threads if [`workers`](Batch::workers) is above 1.
//!
//! # Features
//!
//! | feature | default | effect |
//! | --- | --- | --- |
//! | `rustls` | yes | Enables HTTPS with rustls and bundled root certificates. |
//! | `platform-verifier` | no | Makes rustls verify certificates as the operating system does. |
//! | `native-tls` | no | Enables HTTPS with the operating system's TLS library, which then replaces rustls. |
//! | `socks-proxy` | no | Enables SOCKS proxies. Without it, they are an error. |
//! | `journal` | no | Enables the journal of a batch. |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Tests may panic on overflows and slices.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

/// The examples of the README, which are compiled as doctests.
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
