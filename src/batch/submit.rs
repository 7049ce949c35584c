//! The half of a batch that submits: tries, the journal before and after, and what a failure means for the rest.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::job::Sent;
use super::scheduler::Means;
use super::store::Record;
use super::task::{Submit, Task};
use super::unfinished::UnfinishedJobs;
use super::worker_pool::Crew;
use super::{Batch, count};
use crate::api::identifier;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::util::time::after;

/// For how long nothing may get through, at the least, before submitting ends.
const OUTAGE: Duration = Duration::from_secs(300);
/// How often an item is refused before others go first, and before it fails, if others get through meanwhile.
const PATIENCE: u32 = 10;
const REFUSALS: u32 = 20;

impl<I> Batch<I> {
    pub(super) fn submit(&mut self, at: usize) {
        // Somebody else with the same key may have taken it.
        if !self.client.take_turn() {
            return;
        }
        let Some(task) = self.hand.remove(at) else { return };
        if self.workers == 1 {
            let submit = Submit::run(&self.client, self.record.as_deref(), &self.stop_handle.jobs, &task);
            return self.submitted(task, submit);
        }
        let crew = self.crew.get_or_insert_with(|| {
            let (client, record, jobs) = (self.client.clone(), self.record.clone(), self.stop_handle.jobs.clone());
            let exchange = Arc::clone(self.client.exchange());
            let work = move |task: Task| {
                let submit = Submit::run(&client, record.as_deref(), &jobs, &task);
                (task, submit)
            };
            Crew::start(self.workers.min(self.in_flight), work, move || exchange.ring())
        });
        if let Err(task) = crew.hand_over(task) {
            // No thread could be started.
            self.workers = 1;
            self.crew = None;
            self.hand.push_front(task);
        }
    }

    /// Takes what the workers have done.
    pub(super) fn collect(&mut self) {
        while let Some((task, submit)) = self.crew.as_mut().and_then(Crew::collect) {
            self.submitted(task, submit);
        }
    }

    fn submitted(&mut self, mut task: Task, submit: Submit) {
        task.ticket.key = submit.key;
        if let Some(error) = submit.unkept {
            // What happens next could not be kept either.
            self.stop(&error);
        }
        match submit.outcome {
            Ok(sent) => {
                self.gate.let_in();
                count(&mut self.progress.submitted);
                self.wait_for(task.ticket, sent);
            }
            Err(error) => {
                task.may_have_been_sent |= error.may_have_been_sent();
                self.refused(task, error);
            }
        }
        if let Some(panic) = submit.panic {
            panic::resume_unwind(panic);
        }
    }

    fn refused(&mut self, mut task: Task, error: Error) {
        let means = match Means::of(&error, self.client.terms().resend_if_unknown) {
            Means::Retry if task.tries >= self.retries => Means::Fail,
            means => means,
        };
        match means {
            Means::Again | Means::Retry => {
                let (now, is_shut) = (self.client.now(), means == Means::Again);
                let pause = self.gate.refuse(now, &error, is_shut, self.client.chance());
                if self.gate.closed_for(now) >= self.client.patience().patience().max(OUTAGE) {
                    self.stop(&error);
                }
                let since = now.saturating_duration_since(*task.refused_since.get_or_insert(now));
                let is_alone = task.refusals >= REFUSALS && since >= OUTAGE;
                // What came from a reader is used up.
                if self.stopped.is_some() || is_alone || task.job.is_one_shot() {
                    return self.give_back(task, error);
                }
                if is_shut {
                    // Others go first if it is this one that is refused again and again.
                    task.not_before =
                        after(now, pause.saturating_mul(1 << task.refusals.saturating_sub(PATIENCE).min(6)));
                    task.refusals = task.refusals.saturating_add(1);
                } else {
                    task.not_before = after(now, pause);
                    task.tries = task.tries.saturating_add(1);
                }
                self.hand.push_back(task);
            }
            Means::Stop => {
                self.stop(&error);
                self.give_back(task, error);
            }
            Means::Fail => {
                if error.status().is_some() || error.may_have_been_sent() {
                    self.gate.let_in();
                }
                self.give_back(task, error);
            }
        }
    }

    /// Ends submitting, for good.
    pub(super) fn stop(&mut self, reason: &Error) {
        self.stopped.get_or_insert_with(|| (reason.kind(), reason.reason()));
        while let Some(task) = self.hand.pop_front() {
            let error = self.not_submitted();
            self.give_back(task, error);
        }
    }

    pub(super) fn not_submitted(&self) -> Error {
        match &self.stopped {
            Some((kind, reason)) => Error::new(*kind, format!("not submitted: {reason}")),
            None => Error::new(ErrorKind::Cancelled, "not submitted"),
        }
    }

    fn give_back(&mut self, task: Task, error: Error) {
        let identifier = error.identifier().cloned();
        self.conclude(task.ticket, identifier, Err(error.or_sent(task.may_have_been_sent)));
    }
}

impl Submit {
    /// Submits a job, and keeps that in the journal before and after.
    fn run(client: &Client, record: Option<&dyn Record>, jobs: &UnfinishedJobs, task: &Task) -> Self {
        // Before the file is read: if it changes while it is sent, the next run sees another version than this one,
        // and does not take the verdict for that of the new content.
        let key = record.and(task.ticket.key).map(|key| key.with_file_of(&task.job));
        let record = record.zip(key);
        if let Some(Err(error)) = record.map(|(record, key)| record.begin(key, &task.job)) {
            return Self { outcome: Err(error), key, unkept: None, panic: None };
        }
        let index = task.ticket.index;
        jobs.begin(index, record.is_some());
        // A watcher is the caller's and may panic. That shall cost no other item, and be known of this one.
        let tried = panic::catch_unwind(AssertUnwindSafe(|| Self::of(client, task)));
        let (outcome, panic) = match tried {
            Ok(outcome) => (outcome, None),
            Err(panic) => {
                let error = Error::new(ErrorKind::Indeterminate, "a function that watches the upload panicked");
                (Err(error.or_sent(true)), Some(panic))
            }
        };
        match &outcome {
            Ok(sent) => jobs.accept(index, sent.identifier(), false),
            Err(error) => jobs.fail(index, error, task.may_have_been_sent),
        }
        let kept = record.map(|(record, key)| match &outcome {
            Ok(sent) => record.submitted(key, sent.identifier()),
            Err(error) => record.failed(key, error),
        });
        // The line of a failed submit has no identifier.
        let has_all = outcome.as_ref().err().is_none_or(|error| error.identifier().is_none());
        jobs.record(index, has_all && kept.as_ref().is_some_and(Result::is_ok));
        Self { outcome, key, unkept: kept.and_then(Result::err), panic }
    }

    /// An answer that breaks off after the identifier is as good as a whole one. An identifier that may be another's is
    /// told with the error, as its verdict may be about another file.
    fn of(client: &Client, task: &Task) -> Result<Sent> {
        task.job.submit(client).or_else(|error| {
            let identifier =
                error.identifier().filter(|_| error.may_have_been_sent() && identifier::is_certain(&error));
            identifier.cloned().and_then(|identifier| task.job.sent_as(identifier)).ok_or(error)
        })
    }
}

#[cfg(test)]
mod tests;
