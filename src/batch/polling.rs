//! The half of a batch that looks: a hundred submissions by one request, until each is finished or its time is up.

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

/// How many submissions one look is for: what one request may ask for.
const PAGE: usize = 100;
/// After how many looks that left it out an item is asked for by itself, which says why.
const MISSES: u32 = 3;

impl<I> Batch<I> {
    pub(super) fn wait_for(&mut self, id: JobId, submitted: AnySubmitted) {
        let until = saturating_add(self.client.caller.now(), self.client.wait.timeout);
        self.pending.push_back(Pending { id, submitted, until, misses: 0, last_state: None });
    }

    /// Polls a page of what is pending.
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
                let left_out = self.seen(&page.iter().zip(reports).collect());
                // One of a page, so that polls do not take the time of submits.
                left_out.and_then(|submitted| self.poll_alone(&submitted))
            }
            Err(error) => {
                let medium = page.first().map(AnySubmitted::media_type);
                self.not_seen(medium, &error);
                Some(error)
            }
        };
        let now = self.client.caller.now();
        self.give_up(|pending| pending.until <= now && page.contains(&pending.submitted), failure.as_ref());
    }

    /// Polls a submission that the lists leave out.
    fn poll_alone(&mut self, submitted: &AnySubmitted) -> Option<Error> {
        match self.client.result_any(submitted) {
            Ok(report) => {
                self.seen(&HashMap::from([(submitted, Some(report))]));
                None
            }
            Err(error) => {
                self.not_seen(Some(submitted.media_type()), &error);
                if !is_temporary(&error) {
                    self.fail_each(|pending| pending.submitted == *submitted, |_, _| error.without_submission());
                }
                Some(error)
            }
        }
    }

    /// Updates everything that goes by these identifiers, which equal submissions share. Returns one that was left out
    /// several times, if there is one.
    fn seen(&mut self, shown: &HashMap<&AnySubmitted, Option<AnyReport>>) -> Option<AnySubmitted> {
        let mut left_out = None;
        for mut pending in mem::take(&mut self.pending) {
            match shown.get(&pending.submitted) {
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
                        left_out.get_or_insert_with(|| pending.submitted.clone());
                    }
                }
                None => {}
            }
            self.pending.push_back(pending);
        }
        left_out
    }

    fn finish(&mut self, pending: Pending, report: &AnyReport) {
        let kept = self.record.as_ref().zip(pending.id.key).map(|(record, key)| record.finished(key, report));
        if let Some(Err(error)) = kept {
            self.stop(&error);
        }
        let result = self.finished(&pending.submitted, report);
        self.conclude(pending.id, Some(pending.submitted.into()), result);
    }

    /// Returns a finished report as the result of a job.
    pub(super) fn finished(&self, submitted: &AnySubmitted, report: &AnyReport) -> Result<AnyReport> {
        report.clone().into_result().map_err(|error| self.client.about(submitted, error))
    }

    /// Takes note of a look that failed: what the service asks for, and whether the key may look at all.
    fn not_seen(&mut self, medium: Option<MediaType>, error: &Error) {
        if let Some(pause) = error.retry_after() {
            self.polls.put_off(self.client.caller.now(), pause);
        }
        if !matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            return;
        }
        self.stop(error);
        // The right to look may be one to look at some media.
        let is_lost = |pending: &Pending| {
            error.kind() == ErrorKind::Unauthorized || Some(pending.submitted.media_type()) == medium
        };
        self.fail_each(is_lost, |_, _| error.without_submission());
    }

    /// Waits no longer for those whose time is up.
    pub(super) fn give_up(&mut self, is_up: impl Fn(&Pending) -> bool, failure: Option<&Error>) {
        self.fail_each(is_up, |client, pending| {
            client.wait.timed_out(pending.last_state.clone(), None, failure.map(Error::without_submission))
        });
    }

    /// Lets each pending submission for which `is_it` returns `true` fail with an error of its own.
    pub(super) fn fail_each(&mut self, is_it: impl Fn(&Pending) -> bool, error: impl Fn(&Client, &Pending) -> Error) {
        while let Some(pending) = self.pending.iter().position(&is_it).and_then(|at| self.pending.remove(at)) {
            let error = self.client.about(&pending.submitted, error(&self.client, &pending));
            self.conclude(pending.id, Some(pending.submitted.into()), Err(error));
        }
    }
}

#[cfg(test)]
mod tests;
