//! The half of a batch that looks: a hundred submissions by one request, until each is finished or its time is up.

use std::collections::HashMap;
use std::mem;

use super::Batch;
use super::job::{self, Sent};
use super::task::{JobId, Pending};
use crate::error::{Error, ErrorKind};
use crate::model::identifier::Identifier;
use crate::model::media_type::MediaType;
use crate::model::report::any::AnyReport;
use crate::util::time::saturating_add;

/// How many submissions one look is for: what one request may ask for.
const PAGE: usize = 100;
/// After how many looks that left it out an item is asked for by itself, which says why.
const MISSES: u32 = 3;

impl<I> Batch<I> {
    pub(super) fn wait_for(&mut self, id: JobId, sent: Sent) {
        let until = saturating_add(self.client.now(), self.client.wait_options().total());
        self.pending.push_back(Pending { id, sent, until, misses: 0, last_state: None });
        self.has_news = true;
    }

    /// Looks at a page of what is pending.
    pub(super) fn poll(&mut self) {
        if self.poll_queue.is_empty() {
            self.polls.begin(self.client.now(), self.client.wait_options(), self.client.jitter());
            for medium in MediaType::ALL {
                let of_medium = self.pending.iter().filter(|pending| pending.sent.medium() == medium);
                let of_medium: Vec<_> = of_medium.map(|pending| pending.sent.identifier().clone()).collect();
                self.poll_queue.extend(of_medium.chunks(PAGE).map(|page| (medium, page.to_vec())));
            }
        }
        let Some((medium, page)) = self.poll_queue.pop_front() else { return };
        let failure = match job::results(medium, &self.client, &page) {
            Ok(reports) => {
                let left_out = self.seen(medium, &page.iter().zip(reports).collect());
                // One of a page, so that looks do not take the time of submits.
                left_out.and_then(|sent| self.poll_alone(&sent))
            }
            Err(error) => {
                self.not_seen(medium, &error);
                Some(error)
            }
        };
        let now = self.client.now();
        let is_up = |pending: &Pending| {
            pending.until <= now && pending.sent.medium() == medium && page.contains(pending.sent.identifier())
        };
        self.give_up(is_up, failure.as_ref());
    }

    /// Looks at one that lists leave out.
    fn poll_alone(&mut self, sent: &Sent) -> Option<Error> {
        match sent.poll(&self.client) {
            Ok(report) => {
                self.seen(sent.medium(), &HashMap::from([(sent.identifier(), Some(report))]));
                None
            }
            Err(error) => {
                self.not_seen(sent.medium(), &error);
                if !error.is_retryable() && error.status() != Some(408) {
                    while let Some(pending) = self.take_by(sent.medium(), sent.identifier()) {
                        let error = error.without_submission();
                        self.fail(pending, error);
                    }
                }
                Some(error)
            }
        }
    }

    /// Takes note of what a look showed of everything that goes by these identifiers: equal submissions have the same.
    /// Returns one that was left out more than once or twice, if there is one.
    fn seen(&mut self, medium: MediaType, shown: &HashMap<&Identifier, Option<AnyReport>>) -> Option<Sent> {
        let mut left_out = None;
        for mut pending in mem::take(&mut self.pending) {
            let report = match shown.get(pending.sent.identifier()) {
                Some(report) if pending.sent.medium() == medium => report,
                _ => {
                    self.pending.push_back(pending);
                    continue;
                }
            };
            match report {
                Some(report) if report.is_finished() => self.finish(pending, report),
                Some(report) => {
                    pending.misses = 0;
                    pending.last_state = Some(report.state().clone());
                    self.pending.push_back(pending);
                }
                None => {
                    pending.misses = pending.misses.saturating_add(1);
                    if pending.misses >= MISSES {
                        left_out.get_or_insert_with(|| pending.sent.clone());
                    }
                    self.pending.push_back(pending);
                }
            }
        }
        left_out
    }

    fn finish(&mut self, pending: Pending, report: &AnyReport) {
        let kept = self.record.as_ref().zip(pending.id.key).map(|(record, key)| record.finished(key, report));
        if let Some(Err(error)) = kept {
            self.stop(&error);
        }
        let result = pending.sent.finished(&self.client, report);
        self.conclude(pending.id, Some(pending.sent.identifier().clone()), result);
    }

    /// Takes note of a look that failed: what the service asks for, and whether the key may look at all.
    fn not_seen(&mut self, medium: MediaType, error: &Error) {
        if let Some(pause) = error.retry_after() {
            self.polls.put_off(self.client.now(), pause);
        }
        if !matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            return;
        }
        self.stop(error);
        // The right to look may be one to look at some media.
        let is_lost = |pending: &Pending| error.kind() == ErrorKind::Unauthorized || pending.sent.medium() == medium;
        while let Some(pending) = self.take(is_lost) {
            self.fail(pending, error.without_submission());
        }
    }

    /// Waits no longer for those whose time is up.
    pub(super) fn give_up(&mut self, is_up: impl Fn(&Pending) -> bool, failure: Option<&Error>) {
        while let Some(pending) = self.take(&is_up) {
            let error = self.client.wait_options().timed_out(pending.last_state.clone(), None);
            let error = match failure {
                Some(failure) => error.with_source(failure.without_submission()),
                None => error,
            };
            self.fail(pending, error);
        }
    }

    pub(super) fn fail(&mut self, pending: Pending, error: Error) {
        let identifier = Some(pending.sent.identifier().clone());
        let error = pending.sent.about(&self.client, error);
        self.conclude(pending.id, identifier, Err(error));
    }

    fn take(&mut self, is_it: impl Fn(&Pending) -> bool) -> Option<Pending> {
        let at = self.pending.iter().position(is_it)?;
        self.pending.remove(at)
    }

    fn take_by(&mut self, medium: MediaType, identifier: &Identifier) -> Option<Pending> {
        self.take(|pending| pending.sent.is(medium, identifier))
    }
}

#[cfg(test)]
mod tests;
