//! The half of a batch that submits: tries, the journal before and after, and what a failure means for the rest.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::scheduler::FailureAction;
use super::store::Store;
use super::task::{Submit, Task};
use super::unfinished::UnfinishedJobs;
use super::worker_pool::WorkerPool;
use super::{Batch, count, not_submitted};
use crate::api::identifier;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::submission::any::AnySubmission;
use crate::model::submitted::AnySubmitted;
use crate::util::time::saturating_add;

/// For how long nothing may get through, at the least, before submitting ends.
const OUTAGE: Duration = Duration::from_secs(300);
/// How often an item is refused before others go first, and before it fails, if others get through meanwhile.
const PATIENCE: u32 = 10;
const REFUSALS: u32 = 20;

impl<I> Batch<I> {
    pub(super) fn submit(&mut self, at: usize) {
        // Another thread with the same key may have taken the slot.
        let Some(client) = self.client.try_reserve() else { return };
        let Some(task) = self.queue.remove(at) else { return };
        if self.workers == 1 {
            return self.submitted(Submit::run(&client, self.record.as_deref(), &self.stop_handle.jobs, task));
        }
        let worker_pool = self.worker_pool.get_or_insert_with(|| {
            let (record, jobs) = (self.record.clone(), self.stop_handle.jobs.clone());
            let caller = Arc::clone(&self.client.caller);
            let work = move |(client, task)| Submit::run(&client, record.as_deref(), &jobs, task);
            WorkerPool::start(self.workers.min(self.in_flight), work, move || caller.notify())
        });
        if let Err((_, task)) = worker_pool.hand_over((client, task)) {
            // No thread could be started.
            self.workers = 1;
            self.worker_pool = None;
            self.queue.push_front(task);
        }
    }

    /// Takes what the workers have done.
    pub(super) fn collect(&mut self) {
        while let Some(submit) = self.worker_pool.as_mut().and_then(WorkerPool::collect) {
            self.submitted(submit);
        }
    }

    fn submitted(&mut self, submit: Submit) {
        let Submit { mut task, outcome, unkept, panic } = submit;
        if let Some(error) = unkept {
            // What happens next could not be kept either.
            self.stop(&error);
        }
        match outcome {
            Ok(submitted) => {
                self.backoff.let_in();
                count(&mut self.progress.submitted);
                self.wait_for(task.id, submitted);
            }
            Err(error) => {
                task.may_have_been_sent |= error.may_have_been_sent();
                self.refused(task, error);
            }
        }
        if let Some(panic) = panic {
            panic::resume_unwind(panic);
        }
    }

    fn refused(&mut self, mut task: Task, error: Error) {
        let (now, chance) = (self.client.caller.now(), self.client.caller.jitter());
        let action = match FailureAction::from_error(&error) {
            FailureAction::Retry if task.tries >= self.retries => FailureAction::Fail,
            action => action,
        };
        match action {
            FailureAction::Stop => self.stop(&error),
            FailureAction::Fail => self.backoff.lose(now, &error, chance),
            FailureAction::Again | FailureAction::Retry => {
                let is_shut = action == FailureAction::Again;
                let pause = self.backoff.refuse(now, &error, is_shut, chance);
                if self.backoff.closed_for(now) >= self.client.wait.timeout.max(OUTAGE) {
                    self.stop(&error);
                }
                let since = now.saturating_duration_since(*task.refused_since.get_or_insert(now));
                let is_alone = task.refusals >= REFUSALS && since >= OUTAGE;
                // What came from a reader is used up.
                if self.stopped.is_none() && !is_alone && !task.submission.is_one_shot() {
                    // Others go first if it is this one that is refused again and again.
                    let factor = if is_shut { 1 << task.refusals.saturating_sub(PATIENCE).min(6) } else { 1 };
                    task.not_before = saturating_add(now, pause.saturating_mul(factor));
                    let tries = if is_shut { &mut task.refusals } else { &mut task.tries };
                    *tries = tries.saturating_add(1);
                    return self.queue.push_back(task);
                }
            }
        }
        self.give_back(task, error);
    }

    /// Ends submitting, for good.
    pub(super) fn stop(&mut self, reason: &Error) {
        let error = self.stopped.get_or_insert_with(|| not_submitted(reason)).without_submission();
        while let Some(task) = self.queue.pop_front() {
            self.give_back(task, error.without_submission());
        }
    }

    fn give_back(&mut self, task: Task, error: Error) {
        let identifier = error.identifier().cloned();
        self.conclude(task.id, identifier, Err(error.mark_maybe_sent(task.may_have_been_sent)));
    }
}

impl Submit {
    /// Submits a job, and keeps that in the journal before and after.
    fn run(client: &Client, record: Option<&dyn Store>, jobs: &UnfinishedJobs, mut task: Task) -> Self {
        // Before the file is read: if it changes while it is sent, the next run sees another version than this one,
        // and does not take the verdict for that of the new content.
        task.id.key = task.id.key.map(|key| key.with_file_of(&task.submission));
        let record = record.zip(task.id.key);
        if let Some(Err(error)) = record.map(|(record, key)| record.begin(key, &task.submission)) {
            return Self { task, outcome: Err(error), unkept: None, panic: None };
        }
        jobs.insert(&task.id, None, record.is_some());
        // A watcher is the caller's and may panic. That shall cost no other item, and be known of this one.
        let tried = panic::catch_unwind(AssertUnwindSafe(|| Self::send(client, &task.submission)));
        let (outcome, panic) = match tried {
            Ok(outcome) => (outcome, None),
            Err(panic) => {
                let error = Error::new(ErrorKind::Indeterminate, "a function that watches the upload panicked");
                (Err(error.mark_maybe_sent(true)), Some(panic))
            }
        };
        // The identifier is listed before anything else can fail.
        match &outcome {
            Ok(sent) => jobs.insert(&task.id, Some(sent.identifier()), false),
            Err(error) => jobs.fail(&task.id, error, task.may_have_been_sent),
        }
        let kept = record.map(|(record, key)| match &outcome {
            Ok(sent) => record.submitted(key, sent.identifier()),
            Err(error) => record.failed(key, error),
        });
        // The line of a failed submit has no identifier.
        let has_all = outcome.as_ref().err().is_none_or(|error| error.identifier().is_none());
        jobs.record(task.id.index, has_all && kept.as_ref().is_some_and(Result::is_ok));
        Self { task, outcome, unkept: kept.and_then(Result::err), panic }
    }

    /// An answer that breaks off after the identifier is as good as a whole one. An identifier that may be another's is
    /// told with the error, as its verdict may be about another file.
    fn send(client: &Client, submission: &AnySubmission) -> Result<AnySubmitted> {
        client.submit_any(submission).or_else(|error| {
            let identifier =
                error.identifier().filter(|_| error.may_have_been_sent() && identifier::is_certain(&error));
            identifier.cloned().map(|identifier| submission.accepted_as(identifier)).ok_or(error)
        })
    }
}

#[cfg(test)]
mod tests;
