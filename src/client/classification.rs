//! Calls about media: each checks its input, builds a request, sends it and parses the response.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Client;
use crate::api::{classification as api, identifier, parse};
use crate::call::CallResponse;
use crate::call::options::CallOptions;
use crate::config::check_timeout;
use crate::error::{Error, ErrorKind, Result};
use crate::http::request::Request;
use crate::model::identifier::Identifier;
use crate::model::medium::{Image, Medium};
use crate::model::report::Report;
use crate::model::report::heatmap::Heatmap;
use crate::model::report::verdict::Classification;
use crate::model::submission::Submission;
use crate::model::submitted::Submitted;
use crate::wait::{self, PollResult};

impl Client {
    /// Submits one medium for classification, which spends credits of the account, and returns what to ask for the
    /// result with.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) or [`Config`](ErrorKind::Config) before anything is sent, or any other
    /// [`ErrorKind`] but those of results. [`Error::may_have_been_sent`] tells whether it may have been paid for.
    pub fn submit<M: Medium>(&self, job: &Submission<M>) -> Result<Submitted<M>> {
        self.try_submit(job).map_err(|error| error.redacted(&self.key, &job.secrets()))
    }

    fn try_submit<M: Medium>(&self, job: &Submission<M>) -> Result<Submitted<M>> {
        check_timeout(self.options.timeout)?;
        let request = api::submit(job, job.upload()?);
        let answer = self.caller.call(&request, &self.key, &self.options);
        let CallResponse { response, may_have_been_sent } =
            answer.map_err(|error| identifier::add_to(error, identifier::Field::Identifier))?;
        let identifier = identifier::identifier(response).map_err(|error| error.mark_maybe_sent(may_have_been_sent))?;
        // An identifier is printed, logged and stored. A service that echoes the key must not get it there.
        if self.key.is_in(identifier.as_str()) {
            let error = Error::new(ErrorKind::UnexpectedResponse, "the answer's identifier holds the API key");
            return Err(error.mark_maybe_sent(true));
        }
        Ok(Submitted::now(identifier, self.caller.now(), &request.redact))
    }

    /// Reads how a submission stands, whatever that is: pending, done or failed. It asks once.
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
    /// [`NotFound`](ErrorKind::NotFound) if the service does not know it, and every other [`ErrorKind`] of a call, with
    /// the identifier. An analysis that failed is none: the report's [`state`](Report::state) says so.
    pub fn result<M: Medium>(&self, sent: &Submitted<M>) -> Result<Report<M>> {
        self.check_read("identifier", sent.identifier().as_str())?;
        let report = self.try_poll(sent, &self.options).map(|(report, _)| report);
        report.map_err(|error| self.about(sent, error))
    }

    /// One step of [`wait`](Self::wait): the report if the analysis is finished, `None` if it is not. It asks once.
    ///
    /// # Errors
    ///
    /// Those of [`result`](Self::result), and [`AnalysisFailed`](ErrorKind::AnalysisFailed).
    pub fn poll<M: Medium>(&self, sent: &Submitted<M>) -> Result<Option<Report<M>>> {
        finished(self.result(sent)?).map_err(|error| self.about(sent, error))
    }

    /// Reads how many submissions stand, 100 by each request, and returns their reports in the same order: `None` for
    /// one that the service left out.
    ///
    /// What is asked for twice is fetched once. A request that the service finds too long, or whose answer is longer
    /// than the limit, is made again for half as many. A deadline that was set bounds all requests together; by default
    /// each has 30 seconds.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`] of a call; nothing is lost by asking again.
    pub fn results<M: Medium>(&self, sent: &[Submitted<M>]) -> Result<Vec<Option<Report<M>>>> {
        check_timeout(self.options.timeout)?;
        sent.iter().try_for_each(|sent| self.check_read("identifier", sent.identifier().as_str()))?;
        let secrets: Vec<_> = sent.iter().flat_map(Submitted::secrets).collect();
        self.try_results(sent, &secrets).map_err(|error| error.redacted(&self.key, &secrets))
    }

    fn try_results<M: Medium>(&self, sent: &[Submitted<M>], secrets: &[&str]) -> Result<Vec<Option<Report<M>>>> {
        let options = CallOptions { deadline_start: Some(self.now()), ..self.options.clone() };
        let options = if self.options.timeout.is_some() { &options } else { &self.options };
        let mut known = HashSet::new();
        let asked: Vec<_> = sent.iter().map(Submitted::identifier).filter(|&id| known.insert(id)).collect();
        let (mut rest, mut most) = (asked.as_slice(), usize::MAX);
        let mut found: HashMap<Identifier, Report<M>> = HashMap::with_capacity(asked.len());
        while !rest.is_empty() {
            let (request, taken) = api::results::<M>(rest, most, self.caller.base_path_len);
            let response = self.read(&Request { redact: secrets.to_vec(), ..request }, options)?;
            if taken > 1 && (response.status == 414 || (response.status == 200 && response.is_over_limit)) {
                most = taken / 2;
                continue;
            }
            let reports: Vec<Report<M>> = parse::reports(response, |identifier| known.contains(identifier))?;
            for report in reports {
                // Nobody says that one comes once; what is finished stands.
                if found.get(report.identifier()).is_none_or(|earlier| !earlier.is_finished()) {
                    found.insert(report.identifier().clone(), report);
                }
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(sent.iter().map(|sent| found.get(sent.identifier()).cloned()).collect())
    }

    /// Waits until the analysis of a submission is finished, as long and as patiently as
    /// [`WaitOptions`](crate::WaitOptions) says: 5 minutes by default.
    ///
    /// A look that fails by a lost connection, by a limit that passed, or by a 408, 429 or 5xx does not end it. It is
    /// not repeated by itself either: the next look is its repetition.
    ///
    /// # Errors
    ///
    /// [`WaitTimedOut`](ErrorKind::WaitTimedOut) with [`last_state`](Error::last_state), and with the failure of the
    /// last look as its source; [`AnalysisFailed`](ErrorKind::AnalysisFailed) with the service's words; and those of
    /// [`result`](Self::result) that waiting does not mend. All carry the identifier.
    pub fn wait<M: Medium>(&self, sent: &Submitted<M>) -> Result<Report<M>> {
        self.check_read("identifier", sent.identifier().as_str())?;
        let report = wait::poll_until_done(&self.wait, &self.caller, sent.at(), |left| {
            let (report, retry_after) = self.poll_once(sent, left)?;
            Ok(PollResult { state: report.state().clone(), finished: finished(report)?, retry_after })
        });
        report.map_err(|error| self.about(sent, error))
    }

    /// Submits one medium and waits for its report: [`submit`](Self::submit) and [`wait`](Self::wait) in one.
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
    /// Those of the two. Once it was submitted, every error carries the identifier: wait for that, rather than pay for
    /// another one.
    pub fn classify<M: Medium>(&self, job: &Submission<M>) -> Result<Report<M>> {
        // Before anything is paid for.
        self.wait.check()?;
        let sent = self.submit(job)?;
        self.wait(&sent).map_err(|error| error.mark_maybe_sent(true))
    }

    /// Fetches the heatmap of an image that was submitted with
    /// [`with_heatmap`](Submission::with_heatmap) and is analysed.
    ///
    /// ```no_run
    /// use identifai::{Client, Image, Submitted};
    ///
    /// let sent = Submitted::<Image>::new("8d64370a".parse()?);
    /// let heatmap = Client::from_env()?.heatmap(&sent)?;
    /// heatmap.write_to(std::fs::File::create("heatmap.png")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is none, [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) if
    /// what came is not a whole PNG, and every other [`ErrorKind`] of a call, with the identifier.
    pub fn heatmap(&self, sent: &Submitted<Image>) -> Result<Heatmap> {
        self.check_read("identifier", sent.identifier().as_str())?;
        let request = Request { redact: sent.secrets(), ..api::heatmap(sent.identifier()) };
        let response = self.caller.call(&request, &self.key, &self.options);
        response.and_then(|answer| parse::heatmap(answer.response)).map_err(|error| self.about(sent, error))
    }

    /// Overrides the verdict on a file, for every submission of it, those to come included. The medium is named, as
    /// each has an endpoint of its own.
    ///
    /// `hash` is the SHA-256 of the file, which a report has as its [`hash`](Report::hash); it is not the identifier.
    /// `classification` is [`Human`](Classification::Human) or [`Artificial`](Classification::Artificial).
    ///
    /// ```no_run
    /// use identifai::{Classification, Client, Image};
    ///
    /// let hash = "1122bc921122bc921122bc921122bc921122bc921122bc921122bc921122bc92";
    /// Client::from_env()?.override_verdict::<Image>(hash, &Classification::Human)?;
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) before anything is sent, [`NotFound`](ErrorKind::NotFound) if the
    /// service does not know the file, and every other [`ErrorKind`] of a call.
    pub fn override_verdict<M: Medium>(&self, hash: &str, classification: &Classification) -> Result<()> {
        self.check_read("hash", hash)?;
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let reason = "must be the SHA-256 of the file in 64 hexadecimal digits; a report has it as its hash";
            return Err(Error::invalid_input("hash", reason));
        }
        if let Classification::Other(_) = classification {
            return Err(Error::invalid_input("classification", "must be human or artificial"));
        }
        let request = api::override_verdict::<M>(hash, classification.as_str());
        let outcome = self.read(&request, &self.options);
        let outcome = outcome.and_then(|response| parse::overridden(response, hash, classification));
        outcome.map_err(|error| error.redacted(&self.key, &[]))
    }

    /// One look at a submission that takes no longer than `left`: its report, and when the service wants the next look.
    fn poll_once<M: Medium>(&self, sent: &Submitted<M>, left: Duration) -> Result<(Report<M>, Option<Duration>)> {
        self.try_poll(sent, &self.poll_options(left)).map_err(|error| self.about(sent, error))
    }

    fn try_poll<M: Medium>(&self, sent: &Submitted<M>, options: &CallOptions) -> Result<(Report<M>, Option<Duration>)> {
        let request = Request { redact: sent.secrets(), ..api::result::<M>(sent.identifier()) };
        let response = self.read(&request, options)?;
        let retry_after = response.retry_after;
        Ok((parse::report(response, sent.identifier())?, retry_after))
    }
}

/// Maps a report to the end of a wait: `None` while the analysis is not finished.
fn finished<M: Medium>(report: Report<M>) -> Result<Option<Report<M>>> {
    let report = report.into_result()?;
    Ok(report.is_finished().then_some(report))
}
