//! Many: submits and looks interleaved, on one thread, at the limit of the key.

mod crew;
mod job;
#[cfg(feature = "journal")]
mod journal;
mod looking;
mod outcome;
mod record;
mod schedule;
mod submitting;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::crew::Crew;
pub use self::job::Job;
use self::job::Which;
#[cfg(feature = "journal")]
pub use self::journal::Journal;
use self::looking::Pending;
pub use self::outcome::{Outcome, Tally};
use self::record::{Past, Record};
use self::schedule::{Gate, Looks};
use self::submitting::{Submit, Task};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Exchange, Method};
use crate::identifier::Identifier;
use crate::report::AnyReport;

const IN_FLIGHT: usize = 100;
/// How long to wait before asking for a job again where there is none yet.
const NOT_YET: Duration = Duration::from_millis(50);
/// An item whose time is up gets one more look, if that can be made so soon.
const LAST_LOOK: Duration = Duration::from_secs(15);
/// A pause that something else will end.
const LONG: Duration = Duration::from_secs(3_600);

/// Many submissions and their outcomes, in order of completion; made by [`Client::batch`].
///
/// An iterator that does its work in `next`, on the caller's thread: it submits whenever the key's rate allows, else
/// looks at a hundred pending submissions by one request, else pauses. It takes jobs one by one when there is room for
/// them, so neither jobs nor outcomes pile up.
///
/// - Every job ends in exactly one [`Outcome`]. One that fails does not stop the others.
/// - A 429, or a network that is down, costs no job: it is submitted once that has passed. What is surely not accepted
///   for another reason is tried again as often as [`retries`](crate::ClientBuilder::retries) says. If nothing gets
///   through for as long as the client's [`Wait`](crate::Wait) lasts, submitting ends.
/// - What all others would fare by ends submitting, too: 401, 403, no credits left, a redirect, a certificate. What is
///   pending is still waited for, and the rest is reported as not submitted, by an error of the same kind.
/// - Each submission is waited for as long as the client's [`Wait`](crate::Wait) says, looks that fail notwithstanding.
///
/// Dropping it loses what is pending, unless there is a journal; uploads that `workers` have begun are finished first.
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
    hand: VecDeque<Task>,
    pending: VecDeque<Pending>,
    /// What one round of looks has still to look at.
    round: VecDeque<(Which, Vec<Identifier>)>,
    looks: Looks,
    gate: Gate,
    in_flight: usize,
    workers: usize,
    crew: Option<Crew<Task, (Task, Submit)>>,
    record: Option<Arc<dyn Record>>,
    /// Why nothing is submitted any more.
    stopped: Option<Error>,
    stopper: Stopper,
    outcomes: VecDeque<Outcome>,
    tally: Tally,
    watcher: Option<Box<dyn FnMut(Tally) + Send>>,
}

/// Ends the submitting of a [`Batch`], from any thread.
#[derive(Clone)]
pub struct Stopper {
    stop: Arc<AtomicBool>,
    exchange: Arc<Exchange>,
}

impl Stopper {
    /// From now on nothing more is submitted. What is pending is still waited for, and each of the other jobs is reported
    /// as not submitted, by an error of the kind [`Cancelled`](ErrorKind::Cancelled).
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.exchange.ring();
    }

    fn is_set(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopper(..)")
    }
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
    /// either; one that may have to wait gives [`Job::not_yet`] instead.
    pub fn batch<I>(&self, jobs: I) -> Batch<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Into<Job>,
    {
        let stopper = Stopper { stop: Arc::default(), exchange: Arc::clone(self.exchange()) };
        Batch {
            client: self.trying_once(),
            retries: self.terms().retries,
            jobs: Some(jobs.into_iter()),
            next_index: 0,
            ask_again: None,
            hand: VecDeque::new(),
            pending: VecDeque::new(),
            round: VecDeque::new(),
            looks: Looks::default(),
            gate: Gate::default(),
            in_flight: IN_FLIGHT,
            workers: 1,
            crew: None,
            record: None,
            stopped: None,
            stopper,
            outcomes: VecDeque::new(),
            tally: Tally::default(),
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

    /// How many threads submit, for uploads that take longer than the rate would allow, and for URLs that the service is
    /// slow to download. With 1, the caller's thread does it and none is started. 0 counts as 1. Default: 1.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count.max(1);
        self
    }

    /// A function that sees how the batch comes along, each time that changes. Default: none.
    pub fn on_progress(mut self, see: impl FnMut(Tally) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(see));
        self
    }

    /// How far it has come.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Keeps what happens in `journal`, and goes on where that left off. Default: none.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, journal: Journal) -> Self {
        self.record = Some(Arc::new(journal));
        self
    }

    /// What ends the submitting, from another thread or a handler of Ctrl-C.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}

/// What to do next.
enum Step {
    Submit(usize),
    Look,
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
        loop {
            self.collect();
            self.end_if_stopped();
            if self.outcomes.is_empty() {
                self.draw();
            }
            if let Some(outcome) = self.outcomes.pop_front() {
                return Some(outcome);
            }
            match self.step() {
                Step::Submit(at) => self.submit(at),
                Step::Look => self.look(),
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

impl<I> Batch<I>
where
    I: Iterator,
    I::Item: Into<Job>,
{
    /// Takes the next job, if there is room for it and none to be submitted already.
    fn draw(&mut self) {
        let now = self.client.now();
        let has_task = self.hand.iter().any(|task| task.not_before <= now);
        let has_room = self.on_their_way() < self.in_flight;
        let may_ask = self.ask_again.is_none_or(|at| at <= now);
        if has_task || !has_room || !may_ask {
            return;
        }
        self.ask_again = None;
        let Some(job) = self.jobs.as_mut().and_then(Iterator::next) else {
            self.jobs = None;
            return;
        };
        let job: Job = job.into();
        if job.is_not_yet() {
            self.ask_again = Some(now + NOT_YET);
            return;
        }
        let index = self.next_index;
        self.next_index += 1;
        self.take_on(index, job, now);
    }

    /// Begins with a job, where an earlier run left it.
    fn take_on(&mut self, index: u64, job: Job, now: Instant) {
        let reference = job.reference().map(str::to_owned);
        let looked_up = self.record.as_ref().map(|record| record.look_up(&job)).transpose();
        let (key, past) = match looked_up {
            Ok(looked_up) => looked_up.map_or((None, Past::None), |(key, past)| (Some(key), past)),
            Err(error) => {
                self.stop(error.again(error.summary()));
                return self.conclude(index, reference, None, Err(error));
            }
        };
        match past {
            Past::Finished(report) => {
                let identifier = Some(report.identifier().clone());
                let sent = job.sent_as(report.identifier().clone());
                let result = sent.and_then(|sent| sent.finished(&self.client, &report)).unwrap_or(Ok(*report));
                self.conclude(index, reference, identifier, result);
                if let Some(outcome) = self.outcomes.back_mut() {
                    outcome.is_replayed = true;
                }
            }
            Past::Submitted(identifier) => {
                if let Some(sent) = job.sent_as(identifier) {
                    self.wait_for(index, reference, key, sent);
                }
            }
            Past::Unknown => {
                let summary =
                    "an earlier run was ended while it submitted this, so whether it was accepted is not known";
                let error = Error::new(ErrorKind::UnknownFate, summary).or_sent(true);
                self.conclude(index, reference, None, Err(error));
            }
            Past::None if self.stopped.is_some() => {
                let result = Err(self.not_submitted());
                self.conclude(index, reference, None, result);
            }
            Past::None => {
                // What cannot be sent takes no turn, and there is nothing to keep of it.
                if let Err(error) = job.check() {
                    return self.conclude(index, reference, None, Err(error));
                }
                let task = Task { index, job, key, tries: 0, refusals: 0, refused_since: None, not_before: now };
                self.hand.push_back(task);
            }
        }
    }

    /// What is best done now.
    fn step(&mut self) -> Step {
        let (now, chance) = (self.client.now(), self.client.chance());
        let due = self.hand.iter().position(|task| task.not_before <= now);
        let can_submit = due.is_some() && self.crew.as_ref().is_none_or(Crew::has_idle);
        let submit_in = can_submit.then(|| self.gate.opens_in(now).max(self.client.turn_in(Method::Post)));
        let look_in = if self.pending.is_empty() {
            self.looks.rest();
            self.round.clear();
            None
        } else {
            let next = match self.round.is_empty() {
                true => self.looks.due(now, due.is_none(), self.client.patience(), chance),
                false => now,
            };
            Some(next.saturating_duration_since(now).max(self.client.turn_in(Method::Get)))
        };
        if look_in == Some(Duration::ZERO) {
            return Step::Look;
        }
        if let (Some(at), Some(Duration::ZERO)) = (due, submit_in) {
            return Step::Submit(at);
        }
        let until = |at: Instant| at.saturating_duration_since(now);
        let resting = self.hand.iter().map(|task| task.not_before).filter(|at| *at > now).min();
        let times_up = self.pending.iter().map(|pending| pending.until + LAST_LOOK).min();
        let others = [self.ask_again, resting, times_up].into_iter().flatten().map(until);
        let under_way = (self.crew.as_ref().is_some_and(|crew| crew.under_way() > 0)).then_some(LONG);
        let next = [submit_in, look_in, under_way].into_iter().flatten().chain(others).min();
        next.map_or(Step::End, Step::Pause)
    }

    fn pause(&mut self, pause: Duration) {
        let (stopper, was_set) = (&self.stopper, self.stopped.is_some());
        let has_done = self.crew.as_ref().map(Crew::watch);
        let is_over = || (stopper.is_set() && !was_set) || has_done.as_ref().is_some_and(|has_done| has_done());
        // That it is cancelled shows in the next round.
        let _ = self.client.exchange().pause_unless(pause, &is_over);
        let now = self.client.now();
        self.give_up(|pending| pending.until + LAST_LOOK <= now, None);
    }

    /// Notices that somebody wants it to end.
    fn end_if_stopped(&mut self) {
        if self.client.is_cancelled() {
            let cancelled = || Error::new(ErrorKind::Cancelled, "cancelled");
            self.stop(cancelled());
            for pending in std::mem::take(&mut self.pending) {
                let error = pending.sent.about(&self.client, cancelled());
                self.fail(pending, error);
            }
        } else if self.stopped.is_none() && self.stopper.is_set() {
            self.stop(Error::new(ErrorKind::Cancelled, "the batch was stopped"));
        }
    }
}

impl<I> Batch<I> {
    fn conclude(
        &mut self,
        index: u64,
        reference: Option<String>,
        identifier: Option<Identifier>,
        result: Result<AnyReport>,
    ) {
        match &result {
            Ok(_) => self.tally.done += 1,
            Err(_) => self.tally.failed += 1,
        }
        self.outcomes.push_back(Outcome { index, reference, identifier, result, is_replayed: false });
        self.tell();
    }

    fn on_their_way(&self) -> usize {
        self.hand.len() + self.pending.len() + self.crew.as_ref().map_or(0, Crew::under_way)
    }

    fn tell(&mut self) {
        self.tally.pending = self.pending.len() as u64;
        if let Some(watcher) = &mut self.watcher {
            watcher(self.tally);
        }
    }
}

impl<I> fmt::Debug for Batch<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("client", &self.client)
            .field("in_flight", &self.in_flight)
            .field("workers", &self.workers)
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}
