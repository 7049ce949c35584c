//! Many: submits and looks interleaved, on one thread, at the limit of the key.

mod intake;
mod job;
#[cfg(feature = "journal")]
mod journal;
mod outcome;
mod polling;
mod scheduler;
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
use std::time::{Duration, Instant};

pub use self::job::Job;
#[cfg(feature = "journal")]
pub use self::journal::Journal;
pub use self::outcome::{BatchProgress, Outcome};
use self::scheduler::{PollSchedule, SubmitBackoff};
pub use self::stop_handle::StopHandle;
use self::store::Store;
use self::task::{JobId, Pending, Submit, Task};
pub use self::unfinished::Unfinished;
use self::worker_pool::WorkerPool;
use crate::call::cancelled;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::http::request::Method;
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;
use crate::model::submitted::AnySubmitted;

const IN_FLIGHT: usize = 100;
/// An item whose time is up gets one more look, if that can be made so soon.
const LAST_POLL: Duration = Duration::from_secs(15);
/// A pause that something else will end.
const LONG: Duration = Duration::from_secs(3_600);

/// Many submissions and their outcomes, in order of completion; made by [`Client::batch`].
///
/// An iterator that does its work in `next`, on the caller's thread: it submits whenever the key's rate allows, else
/// looks at a hundred pending submissions by one request (each 15 seconds while there is more to submit), else pauses.
/// It takes jobs one by one when there is room for them, so neither jobs nor outcomes pile up.
///
/// - Every job ends in exactly one [`Outcome`]. One that fails does not stop the others.
/// - A 429, or a network that is down, costs no job, unless it comes from a reader, which can be read once: it is
///   submitted when that has passed. If nothing gets through for 5 minutes, or as long as the client's
///   [`WaitOptions`](crate::WaitOptions) if that is longer, submitting ends. What is surely not accepted for another
///   reason is tried again as often as [`retries`](crate::ClientBuilder::retries) says.
/// - After a failure of the service that may have cost a job, such as a 5xx, submits rest: as `Retry-After` says, else
///   for a second, doubling to 30 seconds while it goes on.
/// - What all others would fare by ends submitting, too: 401, 403, no credits left, a redirect, a certificate, a
///   journal that cannot be written. What is pending is still waited for, and the rest is reported as not submitted, by
///   an error of the same kind.
/// - Each submission is waited for as long as the client's [`WaitOptions`](crate::WaitOptions) say, even if polls fail.
///
/// Dropping it loses what is pending, unless there is a journal or [`StopHandle::unfinished`] is asked; submits that
/// `workers` have begun are finished first.
#[must_use = "an iterator does nothing until it is asked for its outcomes"]
pub struct Batch<I> {
    /// Whose every call is one try: when to try again is decided here.
    client: Client,
    retries: u32,
    jobs: Option<I>,
    next_index: u64,
    /// When to ask for a job again that was not there yet.
    ask_again: Option<Instant>,
    /// What is to be submitted: one that is new at the most, and those that were not let in.
    queue: VecDeque<Task>,
    /// In the order in which they were submitted, and so in which their time is up.
    pending: VecDeque<Pending>,
    /// The pages of submissions that this round has still to poll, each of one medium.
    poll_queue: VecDeque<Vec<AnySubmitted>>,
    polls: PollSchedule,
    backoff: SubmitBackoff,
    in_flight: usize,
    workers: usize,
    worker_pool: Option<WorkerPool<(Client, Task), Submit>>,
    record: Option<Arc<dyn Store>>,
    /// The error of the jobs that are not submitted any more, once submitting has ended.
    stopped: Option<Error>,
    stop_handle: StopHandle,
    outcomes: VecDeque<Outcome>,
    /// The outcome that `next` returned last: the caller may still be storing it.
    handed_over: Option<u64>,
    progress: BatchProgress,
    /// The progress that the watcher saw last.
    shown: BatchProgress,
    watcher: Option<Box<dyn FnMut(BatchProgress) + Send>>,
}

impl Client {
    /// Submits many jobs of any medium and waits for their reports, within the key's rate.
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
    /// The iterator is asked for a job when there is room for it. While it makes the batch wait, nothing else is done
    /// either; one that may have to wait gives [`Job::pending`] instead.
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
            ask_again: None,
            queue: VecDeque::new(),
            pending: VecDeque::new(),
            poll_queue: VecDeque::new(),
            polls: PollSchedule::default(),
            backoff: SubmitBackoff::default(),
            in_flight: IN_FLIGHT,
            workers: 1,
            worker_pool: None,
            record: None,
            // Before anything is paid for.
            stopped: self.wait.check().err().map(|error| not_submitted(&error)),
            stop_handle: StopHandle::new(&self.caller),
            outcomes: VecDeque::new(),
            handed_over: None,
            progress: BatchProgress::default(),
            shown: BatchProgress::default(),
            watcher: None,
        }
    }
}

impl<I> Batch<I> {
    /// How many jobs may be on their way at once: to be submitted, or pending. 0 counts as 1. Default: 100.
    ///
    /// At 30 submits a minute, 100 are enough for analyses of three minutes.
    pub fn in_flight(mut self, most: usize) -> Self {
        self.in_flight = most.max(1);
        self
    }

    /// How many threads submit, for uploads that take longer than the rate would allow, and for URLs that the service
    /// is slow to download. With 1, the caller's thread does it and none is started. 0 counts as 1. Default: 1.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count.max(1);
        self
    }

    /// A function that sees how the batch comes along, each time that changes. It runs on the caller's thread, to which
    /// a batch may be sent. Default: none.
    pub fn on_progress(mut self, see: impl FnMut(BatchProgress) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(see));
        self
    }

    /// How far it has come. A loop over `batch.by_ref()` leaves the batch to be asked.
    pub fn progress(&self) -> BatchProgress {
        BatchProgress { pending: self.pending.len() as u64, ..self.progress }
    }

    /// What was submitted and has no outcome yet, with the index of its job: for who leaves early.
    pub fn pending(&self) -> impl Iterator<Item = (u64, &Identifier)> {
        self.pending.iter().map(|pending| (pending.id.index, pending.submitted.identifier()))
    }

    /// Keeps what happens in `journal`, and goes on where that left off. Nothing is submitted, and each job ends in an
    /// error, if that is of another service: its host and port are in the journal, too. Default: none.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, journal: Journal) -> Self {
        match journal.bind(self.client.caller.service()) {
            Ok(()) => self.record = Some(Arc::new(journal)),
            Err(error) => self.stop(&error),
        }
        self
    }

    /// Returns a handle that ends the submitting, from another thread or a handler of Ctrl-C, and lists unfinished
    /// jobs.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop_handle.clone()
    }
}

/// What to do next.
enum Step {
    Submit(usize),
    Poll,
    Pause(Duration),
    End,
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
            // The source may take a while, in which everything else may have changed.
            if self.draw() {
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
    /// What is best done now.
    fn step(&mut self) -> Step {
        let now = self.client.caller.now();
        let due = self.queue.iter().position(|task| task.not_before <= now);
        let poll_in = self.poll_in(now, due.is_none());
        if poll_in == Some(Duration::ZERO) {
            return Step::Poll;
        }
        let can_submit = due.is_some() && self.worker_pool.as_ref().is_none_or(WorkerPool::has_idle);
        let submit_in = can_submit.then(|| self.backoff.opens_in(now).max(self.client.next_slot_in(Method::Post)));
        if let (Some(at), Some(Duration::ZERO)) = (due, submit_in) {
            return Step::Submit(at);
        }
        let mut times_up = None;
        if poll_in.is_some_and(|poll_in| poll_in > LAST_POLL) {
            // No look can be made for those whose time is up.
            self.give_up(|pending| pending.until <= now, None);
            if !self.outcomes.is_empty() {
                return Step::Pause(Duration::ZERO);
            }
            times_up = self.pending.front().map(|pending| pending.until);
        }
        let resting = self.queue.iter().map(|task| task.not_before).filter(|at| *at > now).min();
        let ask_again = self.ask_again.filter(|_| due.is_none());
        let others = [ask_again, resting, times_up].into_iter().flatten();
        let others = others.map(|at| at.saturating_duration_since(now));
        let under_way = (self.under_way() > 0).then_some(LONG);
        let next = [submit_in, poll_in, under_way].into_iter().flatten().chain(others).min();
        next.map_or(Step::End, Step::Pause)
    }

    /// How long it is to the next look, if anything is pending; `is_idle` says that nothing can be submitted.
    fn poll_in(&mut self, now: Instant, is_idle: bool) -> Option<Duration> {
        let Some(last_call) = self.pending.front().map(|pending| pending.until) else {
            self.polls.rest();
            self.poll_queue.clear();
            return None;
        };
        let next_in = if self.poll_queue.is_empty() {
            let intervals = &self.client.wait.backoff;
            self.polls.next_in(now, last_call, is_idle, intervals, self.client.caller.jitter())
        } else {
            Duration::ZERO
        };
        Some(next_in.max(self.client.next_slot_in(Method::Get)))
    }

    fn pause(&mut self, pause: Duration) {
        if self.client.caller.is_cancelled() {
            // Nothing wakes who pauses then, but what the workers have begun is still to come.
            if let Some(worker_pool) = &self.worker_pool {
                worker_pool.wait(pause);
            }
            return;
        }
        let is_over = || {
            (self.stop_handle.is_set() && self.stopped.is_none())
                || self.worker_pool.as_ref().is_some_and(WorkerPool::has_done)
        };
        self.client.caller.pause_unless(pause, &is_over);
    }

    /// Notices that somebody wants it to end.
    fn end_if_stopped(&mut self) {
        if self.client.caller.is_cancelled() {
            self.stop(&cancelled());
            self.fail_each(|_| true, |_, _| cancelled());
        } else if self.stopped.is_none() && self.stop_handle.is_set() {
            self.stop(&Error::new(ErrorKind::Cancelled, "the batch was stopped"));
        }
    }

    fn conclude(&mut self, id: JobId, identifier: Option<Identifier>, result: Result<AnyReport>) {
        match &result {
            Ok(_) => count(&mut self.progress.done),
            Err(_) => count(&mut self.progress.failed),
        }
        let JobId { index, tag, ref_id, key: _ } = id;
        self.outcomes.push_back(Outcome { index, tag, ref_id, identifier, result, is_replayed: false });
    }

    /// Returns the number of submits that workers have begun.
    fn under_way(&self) -> usize {
        self.worker_pool.as_ref().map_or(0, WorkerPool::under_way)
    }

    /// Shows the watcher what is new. It may panic, so nothing is half done here.
    fn notify(&mut self) {
        let progress = self.progress();
        if let Some(watcher) = self.watcher.as_mut().filter(|_| progress != self.shown) {
            self.shown = progress;
            watcher(progress);
        }
    }
}

/// Returns the error of jobs that are not submitted, for the `reason` that ended submitting.
fn not_submitted(reason: &Error) -> Error {
    Error::new(reason.kind(), format!("not submitted: {}", reason.summary()))
}

/// One more.
fn count(number: &mut u64) {
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
