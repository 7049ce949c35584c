//! Concepts: the terms that the documentation of this crate uses.
//!
//! - [Submission](#submission): a file or URL with its options
//! - [Identifier](#identifier): the service's name for an accepted submission
//! - [Report](#report): the result of a submission
//! - [Verdict and heuristic](#verdict-and-heuristic): the conclusion in a report, and the rule behind it
//! - [Pending](#pending): a submission whose analysis is not finished
//! - [Indeterminate](#indeterminate): a submit that the service may or may not have accepted
//! - [Deadline and stall limit](#deadline-and-stall-limit): the timeouts, and which one bounds what
//! - [Rate limit](#rate-limit): the time between requests, also with several processes
//! - [Journal](#journal): the file with which a batch resumes
//!
//! A statement that is marked *not documented* is not in the API's documentation. It is this crate's interpretation of
//! that documentation and its examples.
//!
//! # Submission
//!
//! A [`Submission`] is one image, video or recording of speech together with the options of its analysis. The content
//! is either a file that is uploaded or a URL that the service downloads. Building a submission sends nothing.
//!
//! [`Client::submit`] sends it to the service. This spends credits of the account. The service accepts the submission,
//! returns an identifier, and analyses the content afterwards. In this documentation, *a submit* is the request that
//! sends a submission.
//!
//! The *medium* of a submission is image, video or audio. If the medium is known at compile time, it is a type
//! parameter: `Submission<Image>`, `Submitted<Image>`, `Report<Image>`. If it is known only at run time, use
//! [`AnySubmission`], [`AnySubmitted`] and [`AnyReport`].
//!
//! # Identifier
//!
//! An [`Identifier`] is the service's name for an accepted submission. The result is requested with it, so store it
//! until you have the report. The API has no endpoint that lists the submissions of an account. If the identifier is
//! lost, the result cannot be requested, and submitting again may cost again.
//!
//! [`Submitted`] is an identifier together with its medium. An identifier that was stored earlier, by this program or
//! by another one, becomes a [`Submitted`] again:
//!
//! ```no_run
//! use identifai::{Client, Image, Submitted};
//!
//! let stored = "8d64370a87b820cc1cf620338f5c898bab37439c9a405f32d9eaffc50c4f27b0";
//! let report = Client::from_env()?.wait(&Submitted::<Image>::new(stored.parse()?))?;
//! println!("{report}");
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! An identifier is not the hash of the file. [`Report::hash`] is the SHA-256 of the file, and
//! [`Client::override_verdict`] takes that hash.
//!
//! # Report
//!
//! A [`Report`] is the service's result for a submission. It has the [state](State) of the analysis, the verdicts, and
//! the results of the individual detection models. Parsing is lenient: a field that is missing or malformed counts as
//! absent, and [`raw_json`](Report::raw_json) has the whole JSON that the service sent.
//!
//! # Verdict and heuristic
//!
//! Several detection models analyse a submission. A *heuristic* is a rule that combines their results, such as
//! `Majority` or `AverageExcludeObsolete`. A [`Verdict`] is the result of one heuristic: a classification (`human` or
//! `artificial`) and a confidence. The service names the heuristics and does not explain them.
//!
//! - [`Report::verdict`] is the main verdict, by the default heuristic of the account.
//! - [`Report::verdicts`] has one verdict for each heuristic.
//!
//! [`Verdict::confidence`] is the confidence in **the verdict's own classification**, from 0 to 1. It is not the
//! probability that the content is artificial. This is *not documented*, but the examples in the documentation show
//! it. A verdict of `human` with confidence 0.75 has an [`artificial_score`](Verdict::artificial_score) of 0.25.
//!
//! The user of an account can override the classification of a file with [`Client::override_verdict`]. The override
//! takes precedence over the verdict in [`Report::classification`], [`Report::is_artificial`] and
//! [`Report::artificial_score`]. The verdict itself stays in the report.
//!
//! ```
//! use identifai::ImageReport;
//!
//! let json = r#"{"identifier": "8d64370a", "status": "done",
//!                "verdict": {"heuristic": "Majority", "classification": "human", "confidence": 0.75}}"#;
//! let report = ImageReport::from_json(json)?;
//! assert_eq!(report.is_artificial(), Some(false));
//! assert_eq!(report.artificial_score(), Some(0.25));
//!
//! let overridden = json.replace("\"done\",", "\"done\", \"force_classification\": \"artificial\",");
//! let report = ImageReport::from_json(overridden)?;
//! assert_eq!(report.is_artificial(), Some(true));
//! assert_eq!(report.artificial_score(), Some(1.0));
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! # Pending
//!
//! A submission is *pending* while its analysis is not finished. A report has one of these [states](State):
//!
//! | `status` in the response | state | meaning |
//! | --- | --- | --- |
//! | `new` | [`State::Pending`] | The analysis is not finished. |
//! | `done` | [`State::Done`] | The analysis is finished. |
//! | `errored` | [`State::Errored`] | The analysis failed. [`Report::errors`] has the reason. |
//! | any other word | [`State::Other`] | Pending, unless the report has a verdict with a classification (*not documented*). |
//! | absent | [`State::Done`] or [`State::Pending`] | Done if the report has a verdict or results, else pending (*not documented*). |
//!
//! The API does not show the response for a pending submission. In addition to `new`, the crate treats status code 202
//! and an empty response as pending (*not documented*). A 404 is an error: [`ErrorKind::NotFound`].
//!
//! The service does not notify the client, except by a [webhook](Submission::webhook_url) that must be enabled for the
//! account. So the client *polls*: it requests the report repeatedly. [`Client::poll`] polls once. [`Client::wait`]
//! polls until the analysis is finished or [`WaitOptions::timeout`] has passed.
//!
//! By default, the first poll is made 2 seconds after the submit, and the following intervals are 3, 4.5, 6.75 and 10
//! seconds, and then always 10. If the time of the submit is not known, as with a stored identifier, the first poll is
//! made at once, and the interval of 2 seconds follows it. Each interval is shortened at random by up to a fifth, so
//! that programs that start together do not poll together. After 5 minutes, the wait fails with
//! [`ErrorKind::WaitTimedOut`]. The analysis continues, and you can wait again with the
//! [identifier of the error](Error::identifier).
//!
//! # Indeterminate
//!
//! A submit is *indeterminate* if the service may have accepted it, but the response does not show it. For example,
//! the connection is lost after the whole request was sent and before the response arrives. The submission may then
//! have been paid for, and its identifier is not known.
//!
//! **By default, the crate does not repeat this submit**, since that could pay for the same submission twice. It
//! repeats a submit in two cases only: the request certainly did not arrive completely, or the service refused it with
//! a 429. A 408 or a 5xx proves nothing, since a proxy or cache may send it after it has forwarded the request. RFC
//! 9110 (section 9.2.2) recommends this caution for requests that are not idempotent. It also applies to the requests
//! that create a user or send the mail about a new account. All other requests are idempotent, such as a request for a
//! report, and are repeated after any temporary failure.
//!
//! [`Error::may_have_been_sent`] returns `true` for the error of an indeterminate submit. The [kind](Error::kind) of
//! the error is the cause, such as [`Timeout`](ErrorKind::Timeout), [`Disconnected`](ErrorKind::Disconnected) or
//! [`Server`](ErrorKind::Server). If the method returns `false` for a submit, the service certainly did not accept
//! it. In a batch, `false` can also be about a submission that was accepted, for example if the wait for its report
//! timed out. Its [`Outcome`] has the identifier: wait for it again, and do not submit it again.
//!
//! ```no_run
//! use identifai::{Client, Image};
//!
//! let client = Client::from_env()?;
//! match client.submit(&Image::from_path("cat.png")) {
//!     Ok(submitted) => println!("{}", client.wait(&submitted)?),
//!     // Possibly paid for. The error has the identifier if the response contained one.
//!     Err(error) if error.may_have_been_sent() => eprintln!("check the dashboard: {error}"),
//!     // Certainly not accepted, and the cause is temporary.
//!     Err(error) if error.is_retryable() => eprintln!("submit it again later: {error}"),
//!     Err(error) => return Err(error),
//! }
//! # Ok::<(), identifai::Error>(())
//! ```
//!
//! There are three ways to handle an indeterminate submit:
//!
//! 1. Look at the dashboard or at [`Client::credits`], to see if the submission arrived.
//! 2. Submit it again. The service documents that it may return the result of an earlier analysis for the same file
//!    with the same options, unless [`no_cache`](Submission::no_cache) is set. So a second submit is probably not
//!    charged (*not documented*).
//! 3. Let the crate repeat it: [`ClientBuilder::resend_if_unknown`] for the submits of a client, and
//!    `Journal::retry_indeterminate` for the jobs that an earlier run of a batch left indeterminate. **Both may pay
//!    twice.** Both default to `false`.
//!
//! A batch that resumes from a [journal](#journal) reports an indeterminate submit of an earlier run with the kind
//! [`ErrorKind::Indeterminate`].
//!
//! # Deadline and stall limit
//!
//! A call has a *deadline*. It bounds the whole call: the name lookup, connecting, TLS, sending, waiting for the
//! response, the pauses for the rate limit, and the retries. [`ClientBuilder::timeout`] sets it. The defaults are:
//!
//! | call | deadline | one attempt |
//! | --- | --- | --- |
//! | submit by URL | 120 s, since the service downloads the file before it responds | up to the deadline |
//! | upload | none, but a stall limit of 60 s while sending and 120 s for the response | the same |
//! | every other call | 30 s | 10 s |
//!
//! A *stall limit* bounds the time without progress instead of the total time. An upload may take hours on a slow line
//! as long as bytes are sent. It fails if no byte could be sent for 60 seconds, or if the response does not arrive
//! within 120 seconds after the last byte. It also fails if it would have to pause for longer than 120 seconds, for the
//! rate limit or before a retry. If you set [`timeout`](ClientBuilder::timeout), that deadline replaces the stall
//! limits.
//!
//! Further timeouts apply within the deadline:
//!
//! - [`ClientBuilder::connect_timeout`] (10 s) bounds the name lookup, connecting and the TLS handshake of each
//!   attempt.
//! - An attempt of a submit may take all the time that is left. An attempt of any other call may take a third of the
//!   deadline, and at least 10 seconds, so that there is time for a retry.
//!
//! A wait has a timeout of its own, [`WaitOptions::timeout`], which defaults to 5 minutes. Each poll is a call with
//! its own deadline, but it ends with the wait at the latest.
//!
//! For example, a client has a [`timeout`](ClientBuilder::timeout) of 60 s, a
//! [`connect_timeout`](ClientBuilder::connect_timeout) of 5 s and a [`WaitOptions::timeout`] of 180 s. It calls
//! [`classify`](Client::classify) with an image by URL:
//!
//! - The submit ends within 60 s. If a connection cannot be established within 5 s, that attempt fails. The call
//!   pauses for up to 0.5 s and retries. After the second failure it pauses for up to 1 s. The third failure is final,
//!   since [`retries`](ClientBuilder::retries) defaults to 2. So an unreachable service is reported after at most 16.5
//!   seconds plus the wait for a slot of the rate limit.
//! - The wait then ends within 180 s. A poll is a single attempt, which may take 20 s, a third of 60 s.
//! - The whole `classify` ends within 240 s.
//!
//! With the defaults, a `classify` by URL ends within 120 s + 300 s = 7 minutes.
//!
//! # Rate limit
//!
//! The service allows each API key 30 submits and 60 reads a minute, and 1 submit and 2 reads a second. The crate
//! keeps these limits: a call waits until it may be sent. If the next slot is after the deadline of the call, the call
//! fails at once with [`ErrorKind::RateLimited`], and [`Error::retry_after`] is the time until the slot. An upload
//! without a deadline fails in this way if the slot is more than 120 s away. [`RateLimit`] changes the limits or
//! disables them.
//!
//! Submits and reads are counted separately. In this section, *a submit* is any `POST` or `DELETE` request, such as
//! that of [`override_verdict`](Client::override_verdict), and *a read* is any `GET` request.
//! [`health`](Client::health) is not limited. All clients of a process with the same key, host and port share one
//! count.
//!
//! The limit is a sliding window: in any 60.5 seconds there are at most 30 submits. The half second allows for
//! requests that arrive closer together than they were sent. The first 20 submits (two thirds of the limit) are sent
//! 1.02 s apart. From then on they are spaced evenly, 60.5 s / 30 = 2.02 s apart. Even spacing has the same throughput,
//! and it leaves gaps in which another process can start. For example, 100 submits one after the other are sent at
//! these times:
//!
//! | submit | time | reason |
//! | --- | --- | --- |
//! | 1 to 20 | 0 s, 1.02 s, ..., 19.38 s | 1.02 s apart |
//! | 21 to 30 | 21.40 s, ..., 39.55 s | 2.02 s apart |
//! | 31 | 60.50 s | The window is full until the first submit leaves it. |
//! | 32 to 100 | 62.52 s, ..., 199.65 s | 2.02 s apart |
//!
//! ## Several processes with one key
//!
//! Several processes can use one key without any configuration: each detects the others and reduces its own rate. Until
//! the rates have settled, a request may get a 429. It is then [retried](ClientBuilder::retries) if the pause ends
//! before the deadline of the call, and a batch submits the job again.
//!
//! The service counts requests for each key, and the processes do not communicate. A process detects others in two
//! ways: by a 429, and by the response headers `X-RateLimit-Limit` and `X-RateLimit-Remaining`, if the service sends
//! them (*not documented*). The process keeps the limit itself, so every 429 counts as a sign of another process,
//! whatever its cause. The headers are a sign if they count more requests than the process made, for example 12 submits
//! in this minute instead of 11. They are used only if `X-RateLimit-Limit` is the limit that the client is configured
//! for.
//!
//! A process that detects others reduces its share of the limit to a half and spaces its requests evenly: one submit
//! every 4.03 s. Two processes settle there, since 2 × 15 = 30. With three processes, 3 × 15 is too much, so the
//! service refuses one of them for the rest of the minute. That process halves its share again and sends a submit
//! every 8.07 s. If the same then happens to a second process, they settle at a half, a quarter and a quarter. The
//! smallest share is 1/64.
//!
//! A process increases its share again:
//!
//! - If a whole minute shows no requests but its own, it takes the whole limit.
//! - If less than three quarters of a minute's limit were used, it doubles its share with a probability of 1/2, up to a
//!   half.
//! - If there was no sign of other processes for 605 s (ten windows), it takes the whole limit.
//!
//! After a 429, the process sends no further submits, or no further reads, for as long as the service asks for
//! (`Retry-After` or `X-RateLimit-Reset`), and for at most about an hour. Without these headers, it waits until its
//! oldest request leaves the window. If the service asks for 2 seconds or less, the limit for a second was exceeded.
//! Then the pause is at least 1.02 s for submits. Two of these 429s in a row show that another process sends at full
//! speed, so the pause is 8 times as long after the second, and 16 times as long after each further one.
//!
//! # Journal
//!
//! A [`Journal`] is a file with which a [`Batch`] resumes after its process has ended, for example in a crash. It
//! needs the feature `journal`. It records, as one line of JSON for each event:
//!
//! - the host and port of the service,
//! - that a job is about to be submitted,
//! - that the job was accepted, with its identifier, or that the submit failed,
//! - that the analysis is finished, with the report.
//!
//! To resume, run the program again with the same jobs and the same file. The order of the jobs does not matter. Each
//! job continues according to its lines in the journal:
//!
//! | the journal has | the batch |
//! | --- | --- |
//! | a report | returns the same result again, without a request |
//! | an identifier | waits for the report |
//! | the beginning of a submit and no result, or an [indeterminate](#indeterminate) submit, even if a later one was refused | reports [`ErrorKind::Indeterminate`], unless `Journal::retry_indeterminate` is set |
//! | a refused submit, or nothing | submits the job |
//!
//! A job is recognized by its medium, its options and its content: the URL with its query, the bytes in memory, or the
//! absolute path with the length and modification time of the file. The content of a reader is not known in advance, so
//! its length counts. Options that differ in each run, such as a new [`ref_id`](Submission::ref_id), make every job a
//! new one. Equal jobs are numbered. A file that has changed is submitted, and paid for, as a new job.
//! [`BatchProgress::changed`] counts these jobs. A submission that the service no longer knows is reported as
//! [`ErrorKind::NotFound`] in each run, and a new journal submits it again.
//!
//! A journal costs no requests. It costs disk space for three lines for each job, one of which has the whole report,
//! and memory for each job of earlier runs. Opening a journal reads the whole file. With `Journal::sync`, each line
//! also waits for the disk, so that it survives a power failure. Only one batch at a time can use a journal. The file
//! does not contain the API key, but it contains URLs without user and query, paths and reports. On Unix, only the
//! owner can read a new journal.
//!
#![cfg_attr(feature = "journal", doc = "```no_run")]
#![cfg_attr(not(feature = "journal"), doc = "```ignore")]
//! use identifai::{Client, Image, Journal};
//!
//! // Run this again after a crash: images with a result are not requested again.
//! let jobs = (1..=1_000).map(|number| Image::from_url(format!("https://example.com/{number}.jpg")));
//! for outcome in Client::from_env()?.batch(jobs).journal(Journal::open("images.journal")?) {
//!     println!("{}: {:?}", outcome.index, outcome.result.map(|report| report.is_artificial()));
//! }
//! # Ok::<(), identifai::Error>(())
//! ```
#![cfg_attr(feature = "journal", doc = "\n[`Journal`]: crate::Journal")]
#![cfg_attr(not(feature = "journal"), doc = "\n[`Journal`]: #journal")]

#[cfg(doc)]
use crate::{
    AnyReport, AnySubmission, AnySubmitted, Batch, BatchProgress, Client, ClientBuilder, Error, ErrorKind, Identifier,
    Outcome, RateLimit, Report, State, Submission, Submitted, Verdict, WaitOptions,
};
