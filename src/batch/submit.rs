//! The submitting of a batch: the submits, their records in the journal, and the actions after a failure.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::scheduler::FailureAction;
use super::store::Store;
use super::task::{Submit, Task};
use super::unfinished::UnfinishedJobs;
use super::worker_pool::WorkerPool;
use super::{Batch, increment, not_submitted};
use crate::api::identifier;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::submission::any::AnySubmission;
use crate::model::submitted::AnySubmitted;
use crate::util::time::saturating_add;

/// The minimum time for which every submit gets a 429 or cannot reach the service before submitting ends.
const OUTAGE: Duration = Duration::from_secs(300);
/// The number of refusals after which a job is submitted at longer intervals than other jobs.
const LONGER_PAUSES: u32 = 10;
/// The number of refusals after which a job may fail while other jobs are accepted. It fails if it was also refused for
/// at least [`OUTAGE`].
const REFUSALS: u32 = 20;

impl<I> Batch<I> {
    /// Submits the job at this position of the queue, on the caller's thread or a worker.
    pub(super) fn submit(&mut self, at: usize) {
        // Another thread with the same key may have taken the slot.
        let Some(client) = self.client.try_reserve() else { return };
        let Some(task) = self.queue.remove(at) else { return };
        if self.workers == 1 {
            return self.finish_submit(Submit::run(&client, self.store.as_deref(), &self.stop_handle.jobs, task));
        }
        let worker_pool = self.worker_pool.get_or_insert_with(|| {
            let (store, jobs) = (self.store.clone(), self.stop_handle.jobs.clone());
            let caller = Arc::clone(&self.client.caller);
            let work = move |(client, task)| Submit::run(&client, store.as_deref(), &jobs, task);
            WorkerPool::start(self.workers.min(self.in_flight), work, move || caller.notify())
        });
        if let Err((_, task)) = worker_pool.hand_over((client, task)) {
            // No thread could be started, so the caller's thread submits from now on.
            self.workers = 1;
            self.worker_pool = None;
            self.queue.push_front(task);
        }
    }

    /// Handles the submits that the workers have finished.
    pub(super) fn collect(&mut self) {
        while let Some(submit) = self.worker_pool.as_mut().and_then(WorkerPool::collect) {
            self.finish_submit(submit);
        }
    }

    fn finish_submit(&mut self, submit: Submit) {
        let Submit { mut task, outcome, store_error, panic } = submit;
        if let Some(error) = store_error {
            // Later steps could not be recorded either.
            self.stop(&error);
        }
        match outcome {
            Ok(submitted) => {
                self.backoff.reached_service();
                increment(&mut self.progress.submitted);
                self.wait_for(task.id, submitted);
            }
            Err(error) => {
                task.may_have_been_sent |= error.may_have_been_sent();
                self.handle_failure(task, error);
            }
        }
        if let Some(panic) = panic {
            panic::resume_unwind(panic);
        }
    }

    /// Queues a job again after a failed submit, or ends it with `error`. Pauses or ends submitting if the failure is
    /// not the job's own.
    fn handle_failure(&mut self, mut task: Task, error: Error) {
        let (now, jitter) = (self.client.caller.now(), self.client.caller.jitter());
        let action = match FailureAction::from_error(&error) {
            FailureAction::Retry if task.retries >= self.retries => FailureAction::Fail,
            action => action,
        };
        match action {
            FailureAction::Stop => self.stop(&error),
            FailureAction::Fail => self.backoff.job_failed(now, &error, jitter),
            FailureAction::Requeue | FailureAction::Retry => {
                let affects_all = action == FailureAction::Requeue;
                let pause = self.backoff.pause_after(now, &error, affects_all, jitter);
                if self.backoff.failing_for(now) >= self.client.wait.timeout.max(OUTAGE) {
                    self.stop(&error);
                }
                let since = now.saturating_duration_since(*task.refused_since.get_or_insert(now));
                let is_refused_alone = task.refusals >= REFUSALS && since >= OUTAGE;
                // A reader cannot be read a second time.
                if self.stopped.is_none() && !is_refused_alone && !task.submission.is_one_shot() {
                    // A job that is refused again and again waits longer, so that other jobs are submitted first.
                    let factor = if affects_all { 1 << task.refusals.saturating_sub(LONGER_PAUSES).min(6) } else { 1 };
                    task.not_before = saturating_add(now, pause.saturating_mul(factor));
                    let number = if affects_all { &mut task.refusals } else { &mut task.retries };
                    *number = number.saturating_add(1);
                    return self.queue.push_back(task);
                }
            }
        }
        self.fail_task(task, error);
    }

    /// Permanently ends submitting, and ends the queued jobs as not submitted.
    pub(super) fn stop(&mut self, reason: &Error) {
        let error = self.stopped.get_or_insert_with(|| not_submitted(reason)).without_submission();
        while let Some(task) = self.queue.pop_front() {
            self.fail_task(task, error.without_submission());
        }
    }

    fn fail_task(&mut self, task: Task, error: Error) {
        let identifier = error.identifier().cloned();
        self.conclude(task.id, identifier, Err(error.mark_maybe_sent(task.may_have_been_sent)));
    }
}

impl Submit {
    /// Submits a job, and records that in the store before and after.
    fn run(client: &Client, store: Option<&dyn Store>, jobs: &UnfinishedJobs, mut task: Task) -> Self {
        // The version is determined before the file is read. If the file changes while it is sent, the next run finds
        // another version, and does not use the verdict for the new content.
        task.id.key = task.id.key.map(|key| key.with_file_of(&task.submission));
        let store = store.zip(task.id.key);
        if let Some(Err(error)) = store.map(|(store, key)| store.begin(key, &task.submission)) {
            return Self { task, outcome: Err(error), store_error: None, panic: None };
        }
        jobs.insert(&task.id, None, store.is_some());
        // A submit calls functions of the caller, such as the watcher of the upload, and they may panic. The panic is
        // caught, so that this job ends as indeterminate and no other job is lost. The thread of the caller resumes the
        // panic afterwards.
        let caught = panic::catch_unwind(AssertUnwindSafe(|| Self::send(client, &task.submission)));
        let (outcome, panic) = match caught {
            Ok(outcome) => (outcome, None),
            Err(panic) => {
                let error = Error::new(ErrorKind::Indeterminate, "a function of the caller panicked during the submit");
                (Err(error.mark_maybe_sent(true)), Some(panic))
            }
        };
        // The identifier is added to the list of unfinished jobs first, because recording it may fail.
        match &outcome {
            Ok(sent) => jobs.insert(&task.id, Some(sent.identifier()), false),
            Err(error) => jobs.fail(&task.id, error, task.may_have_been_sent),
        }
        let stored = store.map(|(store, key)| match &outcome {
            Ok(sent) => store.submitted(key, sent.identifier()),
            Err(error) => store.failed(key, error),
        });
        // The journal's line for a failed submit has no identifier.
        let is_complete = outcome.as_ref().err().is_none_or(|error| error.identifier().is_none());
        jobs.record(task.id.index, is_complete && stored.as_ref().is_some_and(Result::is_ok));
        Self { task, outcome, store_error: stored.and_then(Result::err), panic }
    }

    /// Sends a submit.
    ///
    /// A response that is truncated after the identifier counts as complete. An identifier that may belong to another
    /// submission stays in the error and is not polled, because its verdict may be about another file.
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
