//! The half of a batch that submits: tries, the journal before and after, and what a failure means for the rest.

use std::sync::Arc;
use std::time::Instant;

use super::Batch;
use super::crew::Crew;
use super::job::{Job, Sent};
use super::record::{Key, Record};
use super::schedule::Means;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};

/// A job on its way.
pub(super) struct Task {
    pub(super) index: u64,
    pub(super) job: Job,
    pub(super) key: Option<Key>,
    /// How often a try was its own fault, and how often it was not let in.
    pub(super) tries: u32,
    pub(super) refusals: u32,
    pub(super) refused_since: Option<Instant>,
    pub(super) not_before: Instant,
}

/// What came of a submit.
pub(super) struct Submit {
    pub(super) outcome: Result<Sent>,
    /// What the journal could not keep of it.
    pub(super) unkept: Option<Error>,
}

impl<I> Batch<I> {
    pub(super) fn submit(&mut self, at: usize) {
        // Somebody else with the same key may have taken it.
        if !self.client.take_turn() {
            return;
        }
        let Some(task) = self.hand.remove(at) else { return };
        if self.workers == 1 {
            let submit = Submit::run(&self.client, self.record.as_deref(), &task);
            return self.submitted(task, submit);
        }
        let crew = self.crew.get_or_insert_with(|| {
            let (client, record) = (self.client.clone(), self.record.clone());
            let exchange = Arc::clone(self.client.exchange());
            let work = move |task: Task| {
                let submit = Submit::run(&client, record.as_deref(), &task);
                (task, submit)
            };
            Crew::start(self.workers, work, move || exchange.ring())
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
        if let Some(error) = submit.unkept {
            // What happens next could not be kept either.
            self.stop(error);
        }
        let reference = task.job.reference().map(str::to_owned);
        let error = match submit.outcome {
            Ok(sent) => {
                self.gate.let_in();
                self.tally.submitted += 1;
                return self.wait_for(task.index, reference, task.key, sent);
            }
            Err(error) => error,
        };
        let (now, patience) = (self.client.now(), self.client.patience().patience());
        let means = match Means::of(&error, self.client.terms().resend_if_unknown) {
            // Its reader is used up.
            Means::Again | Means::Retry if task.job.is_one_shot() => Means::Fail,
            Means::Retry if task.tries >= self.retries => Means::Fail,
            means => means,
        };
        match means {
            Means::Again | Means::Retry => {
                let pause = self.gate.refuse(now, &error, self.client.chance());
                if self.gate.closed_for(now) >= patience {
                    self.stop(error.again(error.summary()));
                }
                let refused_since = *task.refused_since.get_or_insert(now);
                let is_too_long = now.saturating_duration_since(refused_since) >= patience;
                if self.stopped.is_some() || (is_too_long && means == Means::Again) {
                    return self.conclude(task.index, reference, None, Err(error));
                }
                if means == Means::Retry {
                    task.tries += 1;
                }
                // Others go first where it is this one that is refused again and again.
                task.not_before = now + pause.saturating_mul(1 << task.refusals.min(6)).min(super::LONG);
                task.refusals += 1;
                self.hand.push_back(task);
            }
            Means::Stop => {
                self.stop(error.again(error.summary()));
                self.conclude(task.index, reference, error.identifier().cloned(), Err(error));
            }
            Means::Fail => {
                if error.status().is_some() {
                    self.gate.let_in();
                }
                self.conclude(task.index, reference, error.identifier().cloned(), Err(error));
            }
        }
    }

    /// Ends submitting, for good.
    pub(super) fn stop(&mut self, reason: Error) {
        if self.stopped.is_none() {
            self.stopped = Some(reason);
        }
        while let Some(task) = self.hand.pop_front() {
            let result = Err(self.not_submitted());
            self.conclude(task.index, task.job.reference().map(str::to_owned), None, result);
        }
    }

    pub(super) fn not_submitted(&self) -> Error {
        match &self.stopped {
            Some(reason) => reason.again(format!("not submitted: {}", reason.summary())),
            None => Error::new(ErrorKind::Cancelled, "not submitted"),
        }
    }
}

impl Submit {
    /// Submits a job, and keeps that in the journal before and after.
    fn run(client: &Client, record: Option<&dyn Record>, task: &Task) -> Self {
        let Some((record, key)) = record.zip(task.key) else {
            return Self { outcome: Self::of(client, task), unkept: None };
        };
        if let Err(error) = record.begin(key, &task.job) {
            return Self { outcome: Err(error), unkept: None };
        }
        let outcome = Self::of(client, task);
        let kept = match &outcome {
            Ok(sent) => record.submitted(key, sent.identifier()),
            Err(error) => record.failed(key, error),
        };
        Self { outcome, unkept: kept.err() }
    }

    /// An answer that breaks off after the identifier is as good as a whole one.
    fn of(client: &Client, task: &Task) -> Result<Sent> {
        task.job.submit(client).or_else(|error| {
            let identifier = error.identifier().filter(|_| error.may_have_been_sent());
            identifier.cloned().and_then(|identifier| task.job.sent_as(identifier)).ok_or(error)
        })
    }
}
