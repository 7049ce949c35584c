//! Batches. A batch submits many jobs and polls for their reports, within the rate limit of the key. By default it does
//! so on one thread.

mod intake;
mod job;
#[cfg(feature = "journal")]
mod journal;
mod options;
mod outcome;
mod polling;
mod scheduler;
mod step;
mod stop_handle;
pub(crate) mod store;
mod submit;
mod task;
#[cfg(test)]
mod tests;
mod unfinished;
mod worker_pool;

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::Instant;

pub use self::job::Job;
#[cfg(feature = "journal")]
pub use self::journal::Journal;
pub use self::outcome::{BatchProgress, Outcome};
use self::scheduler::{PollSchedule, Step, SubmitBackoff};
pub use self::stop_handle::StopHandle;
use self::store::Store;
use self::task::{JobId, Pending, Submit, Task};
pub use self::unfinished::Unfinished;
use self::worker_pool::WorkerPool;
use crate::call::cancelled;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;
use crate::model::submitted::AnySubmitted;

/// The default of [`Batch::in_flight`].
const IN_FLIGHT: usize = 100;

/// A batch of jobs, returned by [`Client::batch`]: an iterator over their outcomes, in order of completion.
///
/// The batch does its work in `next`, on the caller's thread. If there are several [`workers`](Self::workers), other
/// threads send the submits. The batch polls if a poll is due, else submits a job if the rate limit of the key allows
/// that, else pauses. One poll covers up to 100 pending submissions. While there are more jobs to submit, polls are 15
/// seconds apart. The batch takes a job from its iterator only if fewer than [`in_flight`](Self::in_flight) jobs are
/// unfinished, so neither jobs nor outcomes accumulate.
///
/// # Failures
///
/// - Each job ends in exactly one [`Outcome`]. A job that fails does not stop the others.
/// - After a 429, or if the service cannot be reached, the job is submitted again later and is not lost. There are two
///   exceptions. A job from a reader fails, because a reader can be read only once. A job also fails if it is refused
///   more than 20 times and for at least 5 minutes while other jobs are accepted.
/// - If every submit gets a 429 or cannot reach the service for 5 minutes, or for the timeout of the client's
///   [`WaitOptions`](crate::WaitOptions) if that is longer, submitting ends.
/// - A submit that fails for another temporary reason, and that was certainly not accepted, is retried as often as
///   [`retries`](crate::ClientBuilder::retries) allows.
/// - A submit that the service may have accepted, for example one that got a 5xx, is not retried unless
///   [`with_resend_if_unknown`](Client::with_resend_if_unknown) allows that. If the service caused the failure, all
///   submits pause: for as long as `Retry-After` requests, else for up to a second, doubled after each further failure
///   up to 30 seconds.
/// - An error that would affect every job ends submitting: 401, 403, no credits left, a redirect, a certificate that
///   is not trusted, a journal that cannot be written. The batch still waits for pending submissions. The remaining
///   jobs end in an error of the same kind, which reports that they were not submitted.
/// - The batch waits for each submission until the timeout of the client's [`WaitOptions`](crate::WaitOptions), even if
///   polls fail. There are three exceptions. A poll that gets a 401 ends all pending jobs, and a 403 ends those of the
///   polled medium. Both also end submitting. A submission that is missing in the responses to three polls in a row is
///   polled alone, and if that poll fails for a reason that is not temporary, such as a 404, its job ends.
///
/// A dropped batch loses its pending submissions, unless it has a journal or the caller stores their identifiers from
/// [`StopHandle::unfinished`]. The drop waits for the submits that the [`workers`](Self::workers) have begun.
///
/// [Concepts](crate::concepts#journal) explains journals and other terms.
#[must_use = "a batch does nothing until it is iterated over"]
pub struct Batch<I> {
    /// The client, with retries turned off. The batch itself decides on retries.
    client: Client,
    retries: u32,
    /// The iterator of jobs. `None` once it has ended.
    jobs: Option<I>,
    next_index: u64,
    /// The time at which the iterator is asked again, after it yielded [`Job::pending`].
    ask_again_at: Option<Instant>,
    /// The jobs to submit: at most one new job, and jobs that are submitted again.
    queue: VecDeque<Task>,
    /// The submissions without a report, in the order in which they were submitted. Their timeouts are in the same
    /// order.
    pending: VecDeque<Pending>,
    /// The pages of submissions that are still to be polled in this round, each with submissions of one medium.
    poll_queue: VecDeque<Vec<AnySubmitted>>,
    polls: PollSchedule,
    backoff: SubmitBackoff,
    in_flight: usize,
    workers: usize,
    worker_pool: Option<WorkerPool<(Client, Task), Submit>>,
    store: Option<Arc<dyn Store>>,
    /// The error of jobs that are not submitted any more. `None` until submitting has ended.
    stopped: Option<Error>,
    stop_handle: StopHandle,
    outcomes: VecDeque<Outcome>,
    /// The index of the outcome that `next` returned last. The caller may not have stored that outcome yet.
    handed_over: Option<u64>,
    progress: BatchProgress,
    /// The progress that was last passed to `watcher`.
    reported: BatchProgress,
    watcher: Option<Box<dyn FnMut(BatchProgress) + Send>>,
}

impl Client {
    /// Submits many jobs of any medium and waits for their reports, within the rate limit of the key.
    ///
    /// ```no_run
    /// use identifai::{Client, Image};
    ///
    /// let jobs = (1..=10_000).map(|number| Image::from_url(format!("https://example.com/{number}.jpg")));
    /// for outcome in Client::from_env()?.batch(jobs) {
    ///     match outcome.result {
    ///         Ok(report) => println!("{}: {report}", outcome.index),
    ///         Err(error) => eprintln!("{}: {error}", outcome.index),
    ///     }
    /// }
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// The batch takes a job from `jobs` when fewer than [`in_flight`](Batch::in_flight) jobs are unfinished. If the
    /// iterator blocks, the batch neither submits nor polls. An iterator that may have to wait for a job should yield
    /// [`Job::pending`] instead.
    ///
    /// This method does not fail. If the client's timeout or its [`WaitOptions`](crate::WaitOptions) are invalid,
    /// nothing is submitted, and each job that would be submitted ends in an error of the kind [`ErrorKind::Config`].
    pub fn batch<I>(&self, jobs: I) -> Batch<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Into<Job>,
    {
        Batch {
            client: self.with_options(|options| options.retries = 0),
            retries: self.options.retries,
            jobs: Some(jobs.into_iter()),
            next_index: 0,
            ask_again_at: None,
            queue: VecDeque::new(),
            pending: VecDeque::new(),
            poll_queue: VecDeque::new(),
            polls: PollSchedule::default(),
            backoff: SubmitBackoff::default(),
            in_flight: IN_FLIGHT,
            workers: 1,
            worker_pool: None,
            store: None,
            // Invalid options stop the batch before it submits anything.
            stopped: self.wait.check().err().map(|error| not_submitted(&error)),
            stop_handle: StopHandle::new(&self.caller),
            outcomes: VecDeque::new(),
            handed_over: None,
            progress: BatchProgress::default(),
            reported: BatchProgress::default(),
            watcher: None,
        }
    }
}

impl<I> Batch<I> {
    /// Returns the current progress. To call it between outcomes, use `while let Some(outcome) = batch.next()`
    /// instead of a `for` loop, which borrows the batch.
    pub fn progress(&self) -> BatchProgress {
        BatchProgress { pending: self.pending.len() as u64, ..self.progress }
    }

    /// Returns the identifiers of the submissions that have no outcome yet, each with the index of its job. A caller
    /// that stops before the end of the batch can store them. [`StopHandle::unfinished`] also returns the jobs that are
    /// being submitted.
    pub fn pending(&self) -> impl Iterator<Item = (u64, &Identifier)> {
        self.pending.iter().map(|pending| (pending.id.index, pending.submitted.identifier()))
    }

    /// Returns a handle that can stop the batch from another thread or a Ctrl-C handler, and that lists unfinished
    /// jobs.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop_handle.clone()
    }
}

impl<I> Iterator for Batch<I>
where
    I: Iterator,
    I::Item: Into<Job>,
{
    type Item = Outcome;

    fn next(&mut self) -> Option<Outcome> {
        if let Some(index) = self.handed_over.take() {
            self.stop_handle.jobs.remove(index);
        }
        loop {
            self.collect();
            self.notify();
            self.end_if_stopped();
            if let Some(outcome) = self.outcomes.pop_front() {
                self.handed_over = Some(outcome.index);
                return Some(outcome);
            }
            // The iterator may have blocked for a while, so all conditions are checked again.
            if self.take_job() {
                continue;
            }
            match self.step() {
                Step::Submit(at) => self.submit(at),
                Step::Poll => self.poll(),
                Step::Pause(pause) => self.pause(pause),
                Step::End => return None,
            }
        }
    }
}

impl<I> FusedIterator for Batch<I>
where
    I: Iterator,
    I::Item: Into<Job>,
{
}

impl<I> Batch<I> {
    /// Ends submitting if the stop handle was used, or everything if the client was cancelled.
    fn end_if_stopped(&mut self) {
        if self.client.caller.is_cancelled() {
            self.stop(&cancelled());
            self.fail_each(|_| true, |_, _| cancelled());
        } else if self.stopped.is_none() && self.stop_handle.is_set() {
            self.stop(&Error::new(ErrorKind::Cancelled, "the batch was stopped"));
        }
    }

    /// Queues the outcome of a job.
    fn conclude(&mut self, id: JobId, identifier: Option<Identifier>, result: Result<AnyReport>) {
        match &result {
            Ok(_) => increment(&mut self.progress.done),
            Err(_) => increment(&mut self.progress.failed),
        }
        let JobId { index, tag, ref_id, key: _ } = id;
        self.outcomes.push_back(Outcome { index, tag, ref_id, identifier, result, is_replayed: false });
    }

    /// Returns the number of submits that the workers have begun and that were not collected yet.
    fn under_way(&self) -> usize {
        self.worker_pool.as_ref().map_or(0, WorkerPool::under_way)
    }

    /// Calls the watcher if the progress has changed. The watcher may panic, so the state of the batch is consistent
    /// before the call.
    fn notify(&mut self) {
        let progress = self.progress();
        if let Some(watcher) = self.watcher.as_mut().filter(|_| progress != self.reported) {
            self.reported = progress;
            watcher(progress);
        }
    }
}

/// Creates the error of jobs that are not submitted, from the `reason` for which submitting ended.
fn not_submitted(reason: &Error) -> Error {
    Error::new(reason.kind(), format!("not submitted: {}", reason.summary()))
}

/// Adds 1, without overflow.
fn increment(number: &mut u64) {
    *number = number.saturating_add(1);
}

impl<I> fmt::Debug for Batch<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("client", &self.client)
            .field("in_flight", &self.in_flight)
            .field("workers", &self.workers)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
