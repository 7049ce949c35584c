//! The intake of a batch: it takes jobs from the iterator, and continues each where an earlier run ended.

use std::time::{Duration, Instant};

use super::job::Job;
use super::store::EarlierRun;
use super::task::{JobId, Task};
use super::{Batch, increment};
use crate::error::{Error, ErrorKind};
use crate::model::submission::any::AnySubmission;
use crate::util::time::saturating_add;

/// The pause after [`Job::pending`], before the iterator is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

impl<I> Batch<I>
where
    I: Iterator,
    I::Item: Into<Job>,
{
    /// Takes the next job from the iterator, unless a job is already due for a submit, too many jobs are unfinished, or
    /// the pause after [`Job::pending`] is not over. Returns `true` if it took a job.
    pub(super) fn take_job(&mut self) -> bool {
        let now = self.client.caller.now();
        let has_task = self.queue.iter().any(|task| task.not_before <= now);
        let in_flight = self.queue.len().saturating_add(self.pending.len()).saturating_add(self.under_way());
        let is_full = in_flight >= self.in_flight;
        let may_ask = self.ask_again_at.is_none_or(|at| at <= now);
        if has_task || is_full || !may_ask {
            return false;
        }
        self.ask_again_at = None;
        let Some(job) = self.jobs.as_mut().and_then(Iterator::next) else {
            self.jobs = None;
            return false;
        };
        let Job(Some(submission)) = job.into() else {
            // Once submitting has ended, the batch does not wait for jobs that may come later.
            match self.stopped {
                Some(_) => self.jobs = None,
                None => self.ask_again_at = Some(saturating_add(now, ASK_AGAIN)),
            }
            return false;
        };
        self.begin_job(submission, now);
        true
    }

    /// Begins a job, or continues it where an earlier run ended.
    fn begin_job(&mut self, submission: AnySubmission, now: Instant) {
        let (tag, ref_id) =
            (submission.tag.as_deref().map(str::to_owned), submission.ref_id.as_deref().map(str::to_owned));
        let mut id = JobId { index: self.next_index, tag, ref_id, key: None };
        increment(&mut self.next_index);
        let earlier_run = match self.store.as_ref().map(|store| store.look_up(&submission)) {
            None => EarlierRun::None,
            Some(Ok((key, earlier_run))) => {
                id.key = Some(key);
                earlier_run
            }
            Some(Err(error)) => {
                self.stop(&error);
                return self.conclude(id, None, Err(error));
            }
        };
        if matches!(earlier_run, EarlierRun::Changed) {
            increment(&mut self.progress.changed);
        }
        match earlier_run {
            EarlierRun::Finished(report) => {
                let identifier = report.identifier().clone();
                let submitted = submission.accepted_as(identifier.clone());
                let result = self.finished(&submitted, &report);
                self.conclude(id, Some(identifier), result);
                if let Some(outcome) = self.outcomes.back_mut() {
                    outcome.is_replayed = true;
                }
            }
            EarlierRun::Submitted(identifier) => {
                self.stop_handle.jobs.insert(&id, Some(&identifier), true);
                self.wait_for(id, submission.accepted_as(identifier));
            }
            EarlierRun::Indeterminate => {
                let summary = "an earlier run submitted this job, but it is unknown whether the service accepted it";
                self.conclude(id, None, Err(Error::new(ErrorKind::Indeterminate, summary).mark_maybe_sent(true)));
            }
            EarlierRun::None | EarlierRun::Changed => {
                let stopped = self.stopped.as_ref().map(Error::without_submission);
                // An invalid job takes no slot of the rate limit and is not stored.
                match stopped.map_or_else(|| submission.check(), Err) {
                    Ok(()) => self.queue.push_back(Task::new(id, submission, now)),
                    Err(error) => self.conclude(id, None, Err(error)),
                }
            }
        }
    }
}

#[cfg(feature = "journal")]
#[cfg(test)]
mod tests;
