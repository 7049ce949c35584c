//! The polling of a batch: one request for up to 100 submissions, until each is finished or reaches its timeout.

use std::collections::HashMap;
use std::mem;

use super::Batch;
use super::task::{JobId, Pending};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::media_type::MediaType;
use crate::model::report::any::AnyReport;
use crate::model::submitted::AnySubmitted;
use crate::util::time::saturating_add;
use crate::wait::is_temporary;

/// The maximum number of submissions in one poll, which is the API's limit per request.
const PAGE: usize = 100;
/// The number of polls after which a submission is polled alone, if it is missing in the responses to all of them. The
/// response to that single poll contains the reason.
const MISSES: u32 = 3;

impl<I> Batch<I> {
    /// Adds an accepted submission to the list of pending submissions.
    pub(super) fn wait_for(&mut self, id: JobId, submitted: AnySubmitted) {
        let until = saturating_add(self.client.caller.now(), self.client.wait.timeout);
        self.pending.push_back(Pending { id, submitted, until, misses: 0, last_state: None });
    }

    /// Polls one page of the pending submissions.
    ///
    /// The pages of a round are queued together, so that each round polls each pending submission once.
    pub(super) fn poll(&mut self) {
        if self.poll_queue.is_empty() {
            self.polls.begin(self.client.caller.now(), &self.client.wait.backoff, self.client.caller.jitter());
            for medium in MediaType::ALL {
                let submitted = self.pending.iter().map(|pending| &pending.submitted);
                let of_medium: Vec<_> = submitted.filter(|it| it.media_type() == medium).cloned().collect();
                self.poll_queue.extend(of_medium.chunks(PAGE).map(<[_]>::to_vec));
            }
        }
        let Some(page) = self.poll_queue.pop_front() else { return };
        let failure = match self.client.results_any(&page) {
            Ok(reports) => {
                let missing = self.apply(&page.iter().zip(reports).collect());
                // Only one submission of a page is polled alone, because the thread cannot submit during a poll.
                missing.and_then(|submitted| self.poll_alone(&submitted))
            }
            Err(error) => {
                let medium = page.first().map(AnySubmitted::media_type);
                self.note_failed_poll(medium, &error);
                Some(error)
            }
        };
        let now = self.client.caller.now();
        self.give_up(|pending| pending.until <= now && page.contains(&pending.submitted), failure.as_ref());
    }

    /// Polls a submission alone because it is missing in the responses for whole pages.
    fn poll_alone(&mut self, submitted: &AnySubmitted) -> Option<Error> {
        match self.client.result_any(submitted) {
            Ok(report) => {
                self.apply(&HashMap::from([(submitted, Some(report))]));
                None
            }
            Err(error) => {
                self.note_failed_poll(Some(submitted.media_type()), &error);
                if !is_temporary(&error) {
                    self.fail_each(|pending| pending.submitted == *submitted, |_, _| error.without_submission());
                }
                Some(error)
            }
        }
    }

    /// Applies the reports of a poll to all pending submissions with these identifiers. Equal submissions may share an
    /// identifier. Returns a submission that was missing [`MISSES`] times in a row, if there is any.
    fn apply(&mut self, reports: &HashMap<&AnySubmitted, Option<AnyReport>>) -> Option<AnySubmitted> {
        let mut missing = None;
        for mut pending in mem::take(&mut self.pending) {
            match reports.get(&pending.submitted) {
                Some(Some(report)) if report.is_finished() => {
                    self.finish(pending, report);
                    continue;
                }
                Some(Some(report)) => {
                    pending.misses = 0;
                    pending.last_state = Some(report.state().clone());
                }
                Some(None) => {
                    pending.misses = pending.misses.saturating_add(1);
                    if pending.misses >= MISSES {
                        missing.get_or_insert_with(|| pending.submitted.clone());
                    }
                }
                None => {}
            }
            self.pending.push_back(pending);
        }
        missing
    }

    fn finish(&mut self, pending: Pending, report: &AnyReport) {
        let stored = self.store.as_ref().zip(pending.id.key).map(|(store, key)| store.finished(key, report));
        if let Some(Err(error)) = stored {
            self.stop(&error);
        }
        let result = self.finished(&pending.submitted, report);
        self.conclude(pending.id, Some(pending.submitted.into()), result);
    }

    /// Returns a finished report as the result of a job.
    pub(super) fn finished(&self, submitted: &AnySubmitted, report: &AnyReport) -> Result<AnyReport> {
        report.clone().into_result().map_err(|error| self.client.about(submitted, error))
    }

    /// Handles a failed poll: delays the next poll as the service requests. If the key may not read reports, ends
    /// submitting, and ends the pending submissions that the key cannot poll.
    fn note_failed_poll(&mut self, medium: Option<MediaType>, error: &Error) {
        if let Some(pause) = error.retry_after() {
            self.polls.delay(self.client.caller.now(), pause);
        }
        if !matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            return;
        }
        self.stop(error);
        // A key may lack the right to a single medium, so after a 403 the submissions of the other media stay pending.
        let is_lost = |pending: &Pending| {
            error.kind() == ErrorKind::Unauthorized || Some(pending.submitted.media_type()) == medium
        };
        self.fail_each(is_lost, |_, _| error.without_submission());
    }

    /// Ends the wait for the submissions for which `is_over` returns `true`. `failure` is the error of the last poll,
    /// if it failed.
    pub(super) fn give_up(&mut self, is_over: impl Fn(&Pending) -> bool, failure: Option<&Error>) {
        self.fail_each(is_over, |client, pending| {
            client.wait.timed_out(pending.last_state.clone(), None, failure.map(Error::without_submission))
        });
    }

    /// Ends each pending submission for which `matches` returns `true` with an error that `error` creates.
    pub(super) fn fail_each(&mut self, matches: impl Fn(&Pending) -> bool, error: impl Fn(&Client, &Pending) -> Error) {
        while let Some(pending) = self.pending.iter().position(&matches).and_then(|at| self.pending.remove(at)) {
            let error = self.client.about(&pending.submitted, error(&self.client, &pending));
            self.conclude(pending.id, Some(pending.submitted.into()), Err(error));
        }
    }
}

#[cfg(test)]
mod tests;
