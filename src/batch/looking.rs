//! The half of a batch that looks: a hundred submissions by one request, until each is finished or its time is up.

use std::time::Instant;

use super::Batch;
use super::job::{Sent, Which};
use super::record::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::identifier::Identifier;
use crate::report::{AnyReport, State};

/// How many submissions one look is for: what one request may ask for.
const PAGE: usize = 100;
/// After how many looks that left it out an item is asked for by itself, which says why.
const MISSES: u32 = 3;

/// A submission that waits for its report.
pub(super) struct Pending {
    pub(super) index: u64,
    pub(super) reference: Option<String>,
    pub(super) key: Option<Key>,
    pub(super) sent: Sent,
    pub(super) until: Instant,
    pub(super) misses: u32,
    pub(super) last_state: Option<State>,
}

impl<I> Batch<I> {
    pub(super) fn wait_for(&mut self, index: u64, reference: Option<String>, key: Option<Key>, sent: Sent) {
        let until = self.client.now() + self.client.patience().patience();
        self.pending.push_back(Pending { index, reference, key, sent, until, misses: 0, last_state: None });
        self.tell();
    }

    /// Looks at a page of what is pending.
    pub(super) fn look(&mut self) {
        let (now, chance) = (self.client.now(), self.client.chance());
        if self.round.is_empty() {
            self.looks.begin(now, self.client.patience(), chance);
            for which in Which::ALL {
                let of_it = self.pending.iter().filter(|pending| pending.sent.which() == which);
                let of_it: Vec<_> = of_it.map(|pending| pending.sent.identifier().clone()).collect();
                self.round.extend(of_it.chunks(PAGE).map(|page| (which, page.to_vec())));
            }
        }
        let Some((which, page)) = self.round.pop_front() else { return };
        let looked = which.look(&self.client, &page);
        let now = self.client.now();
        match looked {
            Ok(reports) => {
                for (identifier, report) in page.iter().zip(reports) {
                    self.seen(which, identifier, report.as_ref());
                }
                self.give_up(|pending| pending.until <= now, None);
            }
            Err(error) if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) => {
                self.stop(error.again(error.summary()));
                for pending in std::mem::take(&mut self.pending) {
                    let error = pending.sent.about(&self.client, error.again(error.summary()));
                    self.fail(pending, error);
                }
            }
            Err(error) => {
                if let Some(pause) = error.retry_after() {
                    self.looks.put_off(now, pause);
                }
                self.give_up(|pending| pending.until <= now, Some(&error));
            }
        }
    }

    /// Takes note of what a look showed of everything that goes by `identifier`: equal submissions have the same.
    fn seen(&mut self, which: Which, identifier: &Identifier, report: Option<&AnyReport>) {
        let is_it = |pending: &Pending| pending.sent.which() == which && pending.sent.identifier() == identifier;
        while let Some(at) = self.pending.iter().position(is_it) {
            let Some(mut pending) = self.pending.remove(at) else { return };
            let looked = match report {
                Some(report) => Ok(report.clone()),
                None if pending.misses + 1 >= MISSES => pending.sent.look(&self.client),
                None => {
                    pending.misses += 1;
                    return self.pending.push_back(pending);
                }
            };
            match looked {
                Ok(report) => {
                    if let Some(result) = pending.sent.finished(&self.client, &report) {
                        self.finish(pending, &report, result);
                    } else {
                        pending.last_state = Some(report.state().clone());
                        return self.pending.push_back(pending);
                    }
                }
                Err(error) if error.is_retryable() || error.status() == Some(408) => {
                    return self.pending.push_back(pending);
                }
                Err(error) => self.fail(pending, error),
            }
        }
    }

    fn finish(&mut self, pending: Pending, report: &AnyReport, result: Result<AnyReport>) {
        let kept = self.record.as_ref().zip(pending.key).map(|(record, key)| record.finished(key, report));
        if let Some(Err(error)) = kept {
            self.stop(error);
        }
        self.conclude(pending.index, pending.reference, Some(report.identifier().clone()), result);
    }

    /// Waits no longer for those whose time is up.
    pub(super) fn give_up(&mut self, is_up: impl Fn(&Pending) -> bool, failure: Option<&Error>) {
        while let Some(at) = self.pending.iter().position(&is_up) {
            let Some(pending) = self.pending.remove(at) else { return };
            let mut error = self.client.patience().timed_out(pending.last_state.clone(), None);
            if let Some(failure) = failure {
                error = error.with_source(failure.again(failure.summary()));
            }
            let error = pending.sent.about(&self.client, error);
            self.fail(pending, error);
        }
    }

    pub(super) fn fail(&mut self, pending: Pending, error: Error) {
        let identifier = Some(pending.sent.identifier().clone());
        self.conclude(pending.index, pending.reference, identifier, Err(error));
    }
}
