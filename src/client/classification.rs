//! Calls about submissions and reports. Each checks its input, builds a request, sends it and parses the response.
//!
//! The calls for a medium that is known at run time contain the implementation. The calls for a medium that is known
//! at compile time convert their arguments and results.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Client;
use crate::api::identifier::{self, Field};
use crate::api::{classification as api, parse};
use crate::call::options::CallOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::http::request::Request;
use crate::model::media_type::MediaType;
use crate::model::medium::{Image, Medium};
use crate::model::report::Report;
use crate::model::report::any::AnyReport;
use crate::model::report::heatmap::Heatmap;
use crate::model::report::verdict::Classification;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;
use crate::model::submitted::{AnySubmitted, Submitted};
use crate::wait::{self, PollResult};

/// Calls for a medium that is known at compile time.
impl Client {
    /// Submits an image, a video or a recording for analysis, and returns the accepted submission. This spends
    /// credits.
    ///
    /// It does not wait for the report. See [`wait`](Self::wait) and [`classify`](Self::classify).
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput) or [`Config`](ErrorKind::Config) if an option is invalid. Nothing is
    ///   sent in that case. A file or reader that fails or changes its length during the upload is also `InvalidInput`,
    ///   and nothing is submitted.
    /// - Any other [error of a call](crate::ErrorKind#errors-of-any-call). Check [`Error::may_have_been_sent`] before
    ///   you submit again, since the service may have accepted the submission. See
    ///   [indeterminate](crate::concepts#indeterminate).
    pub fn submit<M: Medium>(&self, submission: &Submission<M>) -> Result<Submitted<M>> {
        self.submit_any(submission.as_any())?.try_into()
    }

    /// Requests the current report of a submission once, whether it is pending, done or failed.
    ///
    /// ```no_run
    /// use identifai::{Client, Image, Submitted};
    ///
    /// let client = Client::from_env()?;
    /// let report = client.result(&Submitted::<Image>::new("8d64370a".parse()?))?;
    /// println!("{report}");
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if the service does not know the submission, and any other [error of a
    /// call](crate::ErrorKind#errors-of-any-call). The error has the identifier. A failed analysis is not an error of
    /// this call: the report's [`state`](Report::state) shows it.
    pub fn result<M: Medium>(&self, submitted: &Submitted<M>) -> Result<Report<M>> {
        self.result_any(submitted.as_any()).and_then(Report::try_from)
    }

    /// Requests the report once, and returns it if the analysis is finished. Returns `None` while the submission is
    /// [pending](crate::concepts#pending).
    ///
    /// Use this to write your own loop instead of [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// Every error of [`result`](Self::result), and [`AnalysisFailed`](ErrorKind::AnalysisFailed) if the analysis
    /// failed.
    pub fn poll<M: Medium>(&self, submitted: &Submitted<M>) -> Result<Option<Report<M>>> {
        let finished = self.read_result(submitted.as_any(), &self.options, |report, _| finished(report))?;
        finished.map(Report::try_from).transpose()
    }

    /// Requests the reports of several submissions, and returns them in the same order. A report is `None` if the
    /// response does not contain the submission.
    ///
    /// One request is for up to 100 submissions. Equal submissions are requested once. If the service refuses a
    /// request as too long, or if the response exceeds the [limit](crate::ClientBuilder::response_limit), the request
    /// is repeated for half as many submissions. A [`timeout`](crate::ClientBuilder::timeout) bounds all requests
    /// together. By default each request has a deadline of 30 seconds.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). Repeating the call is safe. A
    /// failed analysis is not an error of this call: the report's [`state`](Report::state) shows it.
    pub fn results<M: Medium>(&self, submitted: &[Submitted<M>]) -> Result<Vec<Option<Report<M>>>> {
        let submitted: Vec<_> = submitted.iter().map(Submitted::as_any).collect();
        let reports = self.results_of(&submitted)?;
        reports.into_iter().map(|report| report.map(Report::try_from).transpose()).collect()
    }

    /// Waits until the analysis of a submission is finished, and returns its report.
    ///
    /// [`WaitOptions`](crate::WaitOptions) set the intervals between polls and the timeout, which defaults to 5
    /// minutes. A failed or lost connection, a timeout of a poll, or a 408, 429 or 5xx does not end the wait. A failed
    /// poll is not retried separately, since the next poll is its retry.
    ///
    /// # Errors
    ///
    /// - [`WaitTimedOut`](ErrorKind::WaitTimedOut) if the analysis is not finished in time. It has the
    ///   [`last_state`](Error::last_state), and the failure of the last poll as its source.
    /// - [`AnalysisFailed`](ErrorKind::AnalysisFailed) with the service's message.
    /// - Every error of [`result`](Self::result) that is not temporary.
    ///
    /// All of them have the identifier.
    pub fn wait<M: Medium>(&self, submitted: &Submitted<M>) -> Result<Report<M>> {
        self.wait_any(submitted.as_any()).and_then(Report::try_from)
    }

    /// Submits an image, a video or a recording and waits for its report. It combines [`submit`](Self::submit) and
    /// [`wait`](Self::wait).
    ///
    /// ```no_run
    /// use identifai::{Client, Image};
    ///
    /// let report = Client::from_env()?.classify(&Image::from_url("https://example.com/cat.jpg"))?;
    /// println!("made by a machine: {:?}", report.is_artificial());
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every error of [`submit`](Self::submit) and [`wait`](Self::wait). If the submission was accepted, the error has
    /// the identifier. In that case call `wait(&Submitted::new(identifier))`. Submitting again may cost again.
    pub fn classify<M: Medium>(&self, submission: &Submission<M>) -> Result<Report<M>> {
        self.classify_any(submission.as_any()).and_then(Report::try_from)
    }

    /// Downloads the heatmap of an image that was submitted with [`with_heatmap`](Submission::with_heatmap) and whose
    /// analysis is finished.
    ///
    /// A heatmap may have up to 64 MiB. By default, an attempt may take 10 seconds, and the call 30 seconds. On a slow
    /// line, use [`with_timeout`](Self::with_timeout).
    ///
    /// ```no_run
    /// use identifai::{Client, Image, Submitted};
    ///
    /// let submitted = Submitted::<Image>::new("8d64370a".parse()?);
    /// let heatmap = Client::from_env()?.heatmap(&submitted)?;
    /// heatmap.write_to(std::fs::File::create("heatmap.png")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no heatmap, [`UnexpectedResponse`](ErrorKind::UnexpectedResponse)
    /// if the response is not a complete PNG, and any other [error of a call](crate::ErrorKind#errors-of-any-call). The
    /// error has the identifier.
    pub fn heatmap(&self, submitted: &Submitted<Image>) -> Result<Heatmap> {
        let submitted = submitted.as_any();
        self.check_public("identifier", submitted.identifier().as_str())?;
        let request = Request { redact: submitted.secrets(), ..api::heatmap(submitted.identifier()) };
        let heatmap = self.call(&request, &self.options, |response| parse::heatmap(response?));
        heatmap.map_err(|error| error.with_identifier(Some(submitted.identifier().clone())))
    }
}

/// Calls for a medium that is known only at run time.
impl Client {
    /// Submits an image, a video or a recording. See [`submit`](Self::submit).
    ///
    /// Options that do not exist for the medium are not sent.
    /// [`unsupported_options`](AnySubmission::unsupported_options) lists them.
    ///
    /// # Errors
    ///
    /// Every error of [`submit`](Self::submit).
    pub fn submit_any(&self, submission: &AnySubmission) -> Result<AnySubmitted> {
        let request = api::submit(submission, submission.upload()?);
        let identifier = self.call(&request, &self.options, |response| {
            let response = response.map_err(|error| identifier::add_to(error, Field::Identifier))?;
            let identifier = identifier::identifier(response)?;
            // Identifiers are printed, logged and stored, so they must not contain the key. The body may still contain
            // a short key: it is not redacted there, since it may occur by chance.
            if self.key.is_in(identifier.as_str()) {
                let summary = "unexpected response: `identifier` contains the API key";
                return Err(Error::new(ErrorKind::UnexpectedResponse, summary).mark_maybe_sent(true));
            }
            Ok(identifier)
        })?;
        let submitted = AnySubmitted::new(submission.media_type(), identifier);
        Ok(submitted.with_own(Some(self.caller.now()), &request.redact))
    }

    /// Requests the current report of a submission once. See [`result`](Self::result).
    ///
    /// # Errors
    ///
    /// Every error of [`result`](Self::result).
    pub fn result_any(&self, submitted: &AnySubmitted) -> Result<AnyReport> {
        self.read_result(submitted, &self.options, |report, _| Ok(report))
    }

    /// Requests the reports of several submissions, which may have different media. See [`results`](Self::results).
    /// Each medium has separate requests.
    ///
    /// # Errors
    ///
    /// Every error of [`results`](Self::results).
    pub fn results_any(&self, submitted: &[AnySubmitted]) -> Result<Vec<Option<AnyReport>>> {
        self.results_of(&submitted.iter().collect::<Vec<_>>())
    }

    /// Waits until the analysis of a submission is finished. See [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// Every error of [`wait`](Self::wait).
    pub fn wait_any(&self, submitted: &AnySubmitted) -> Result<AnyReport> {
        let report = wait::poll_until_done(&self.wait, &self.caller, submitted.at(), |left| {
            self.read_result(submitted, &self.poll_options(left), |report, retry_after| {
                Ok(PollResult { state: report.state().clone(), finished: finished(report)?, retry_after })
            })
        });
        report.map_err(|error| self.about(submitted, error))
    }

    /// Submits an image, a video or a recording and waits for its report. See [`classify`](Self::classify).
    ///
    /// # Errors
    ///
    /// Every error of [`classify`](Self::classify).
    pub fn classify_any(&self, submission: &AnySubmission) -> Result<AnyReport> {
        // Invalid options must be reported before the submit spends credits.
        self.wait.check()?;
        let submitted = self.submit_any(submission)?;
        self.wait_any(&submitted).map_err(|error| error.mark_maybe_sent(true))
    }

    /// Overrides the verdict on a file. The override applies to all submissions of the file, including future ones.
    ///
    /// `medium` selects the endpoint. `hash` is the SHA-256 of the file, which is [`Report::hash`] and not the
    /// identifier. `classification` is [`Human`](Classification::Human) or [`Artificial`](Classification::Artificial).
    ///
    /// ```no_run
    /// use identifai::{Classification, Client, MediaType};
    ///
    /// let hash = "1122bc921122bc921122bc921122bc921122bc921122bc921122bc921122bc92";
    /// Client::from_env()?.override_verdict(MediaType::Image, hash, &Classification::Human)?;
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput) if `hash` does not consist of 64 hexadecimal digits, or if
    ///   `classification` is [`Other`](Classification::Other). Nothing is sent.
    /// - [`NotFound`](ErrorKind::NotFound) if the service does not know the file.
    /// - [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) if the response does not confirm the override.
    /// - Any other [error of a call](crate::ErrorKind#errors-of-any-call).
    pub fn override_verdict(&self, medium: MediaType, hash: &str, classification: &Classification) -> Result<()> {
        self.check_public("hash", hash)?;
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let reason = "must be the SHA-256 of the file in 64 hexadecimal digits; see `hash` in its report";
            return Err(Error::invalid_input("hash", reason));
        }
        if let Classification::Other(_) = classification {
            return Err(Error::invalid_input("classification", "must be human or artificial"));
        }
        let request = api::override_verdict(medium, hash, classification.as_str());
        self.call(&request, &self.options, |response| parse::overridden(response?, hash, classification))
    }

    /// Requests a report once, and maps it with `read`. The second argument of `read` is the time after which the
    /// service wants the next poll.
    fn read_result<T>(
        &self,
        submitted: &AnySubmitted,
        options: &CallOptions,
        read: impl FnOnce(AnyReport, Option<Duration>) -> Result<T>,
    ) -> Result<T> {
        self.check_public("identifier", submitted.identifier().as_str())?;
        let request = api::result(submitted.media_type(), submitted.identifier());
        let outcome = self.call(&Request { redact: submitted.secrets(), ..request }, options, |response| {
            let response = response?;
            let retry_after = response.retry_after;
            read(parse::report(response, submitted.media_type(), submitted.identifier())?, retry_after)
        });
        outcome.map_err(|error| error.with_identifier(Some(submitted.identifier().clone())))
    }

    /// Requests the reports of submissions of any medium, and returns them in the same order.
    fn results_of(&self, submitted: &[&AnySubmitted]) -> Result<Vec<Option<AnyReport>>> {
        submitted.iter().try_for_each(|it| self.check_public("identifier", it.identifier().as_str()))?;
        let deadline_start = self.options.timeout.map(|_| self.caller.now());
        let options = CallOptions { deadline_start, ..self.options.clone() };
        let mut found = HashMap::with_capacity(submitted.len());
        for medium in MediaType::ALL {
            let mut seen = HashSet::new();
            let of_medium = submitted.iter().filter(|it| it.media_type() == medium && seen.insert(**it));
            for report in self.results_of_medium(medium, &of_medium.copied().collect::<Vec<_>>(), &options)? {
                let submitted = report.submitted();
                // If the service lists a submission twice, a finished report takes precedence.
                if found.get(&submitted).is_none_or(|earlier: &AnyReport| !earlier.is_finished()) {
                    found.insert(submitted, report);
                }
            }
        }
        Ok(submitted.iter().map(|it| found.get(*it).cloned()).collect())
    }

    /// Requests the reports of different submissions of one medium, page by page.
    fn results_of_medium(
        &self,
        medium: MediaType,
        submitted: &[&AnySubmitted],
        options: &CallOptions,
    ) -> Result<Vec<AnyReport>> {
        let identifiers: Vec<_> = submitted.iter().map(|it| it.identifier()).collect();
        let known: HashSet<_> = identifiers.iter().copied().collect();
        let secrets: Vec<_> = submitted.iter().flat_map(|it| it.secrets()).collect();
        let (mut rest, mut max_count, mut all) =
            (identifiers.as_slice(), usize::MAX, Vec::with_capacity(identifiers.len()));
        while !rest.is_empty() {
            let (request, taken) = api::results(medium, rest, max_count, self.caller.base_path_len);
            let page = self.call(&Request { redact: secrets.clone(), ..request }, options, |response| {
                let response = response?;
                let is_too_long = response.status == 414 || (response.status == 200 && response.is_over_limit);
                if taken > 1 && is_too_long {
                    return Ok(None);
                }
                parse::reports(response, medium, |identifier| known.contains(identifier)).map(Some)
            })?;
            if let Some(page) = page {
                all.extend(page);
                rest = rest.get(taken..).unwrap_or_default();
            } else {
                max_count = taken / 2;
            }
        }
        Ok(all)
    }
}

/// Returns the report if the analysis is finished, `None` if it is pending, and an error if it failed.
fn finished(report: AnyReport) -> Result<Option<AnyReport>> {
    let report = report.into_result()?;
    Ok(report.is_finished().then_some(report))
}
