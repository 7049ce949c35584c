//! How a batch comes to its jobs: one by one, and each where an earlier run left it.

use std::time::{Duration, Instant};

use super::job::Job;
use super::store::EarlierRun;
use super::task::{JobId, Task};
use super::{Batch, count};
use crate::error::{Error, ErrorKind};
use crate::model::submission::any::AnySubmission;
use crate::util::time::saturating_add;

/// How long to wait before asking for a job again where there is none yet.
const NOT_YET: Duration = Duration::from_millis(50);

impl<I> Batch<I>
where
    I: Iterator,
    I::Item: Into<Job>,
{
    /// Takes the next job, if there is room for it and none to be submitted already. Returns whether it took one.
    pub(super) fn draw(&mut self) -> bool {
        let now = self.client.caller.now();
        let has_task = self.queue.iter().any(|task| task.not_before <= now);
        let in_flight = self.queue.len().saturating_add(self.pending.len()).saturating_add(self.under_way());
        let has_room = in_flight < self.in_flight;
        let may_ask = self.ask_again.is_none_or(|at| at <= now);
        if has_task || !has_room || !may_ask {
            return false;
        }
        self.ask_again = None;
        let Some(job) = self.jobs.as_mut().and_then(Iterator::next) else {
            self.jobs = None;
            return false;
        };
        let Job(Some(submission)) = job.into() else {
            // Once nothing is submitted any more, nobody waits for what may still come.
            match self.stopped {
                Some(_) => self.jobs = None,
                None => self.ask_again = Some(saturating_add(now, NOT_YET)),
            }
            return false;
        };
        self.take_on(submission, now);
        true
    }

    /// Begins with a job, where an earlier run left it.
    fn take_on(&mut self, submission: AnySubmission, now: Instant) {
        let (tag, ref_id) =
            (submission.tag.as_deref().map(str::to_owned), submission.ref_id.as_deref().map(str::to_owned));
        let mut id = JobId { index: self.next_index, tag, ref_id, key: None };
        count(&mut self.next_index);
        let past = match self.record.as_ref().map(|record| record.look_up(&submission)) {
            None => EarlierRun::None,
            Some(Ok((key, past))) => {
                id.key = Some(key);
                past
            }
            Some(Err(error)) => {
                self.stop(&error);
                return self.conclude(id, None, Err(error));
            }
        };
        if matches!(past, EarlierRun::Changed) {
            count(&mut self.progress.changed);
        }
        match past {
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
                let summary =
                    "an earlier run was ended while it submitted this, so whether it was accepted is not known";
                self.conclude(id, None, Err(Error::new(ErrorKind::Indeterminate, summary).mark_maybe_sent(true)));
            }
            EarlierRun::None | EarlierRun::Changed => {
                let stopped = self.stopped.as_ref().map(Error::without_submission);
                // A job that cannot be sent takes no slot, and leaves nothing to store.
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
