//! The next step of a batch: to submit, to poll, to pause, or to end.

use std::time::{Duration, Instant};

use super::Batch;
use super::scheduler::Step;
use super::worker_pool::WorkerPool;
use crate::http::request::Method;

/// The maximum time until the last poll of a submission that has reached its timeout. If no poll is possible within
/// this time, the submission fails without a last poll.
const LAST_POLL: Duration = Duration::from_secs(15);
/// The pause while only workers are busy. A worker that has finished ends it.
const LONG: Duration = Duration::from_secs(3_600);

impl<I> Batch<I> {
    /// Chooses the next step. Polls take precedence over submits.
    pub(super) fn step(&mut self) -> Step {
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
        let mut next_timeout = None;
        if poll_in.is_some_and(|poll_in| poll_in > LAST_POLL) {
            // No poll is possible soon, so submissions fail as soon as they reach their timeout.
            self.give_up(|pending| pending.until <= now, None);
            if !self.outcomes.is_empty() {
                return Step::Pause(Duration::ZERO);
            }
            next_timeout = self.pending.front().map(|pending| pending.until);
        }
        let next_due = self.queue.iter().map(|task| task.not_before).filter(|at| *at > now).min();
        let ask_again_at = self.ask_again_at.filter(|_| due.is_none());
        let others = [ask_again_at, next_due, next_timeout].into_iter().flatten();
        let others = others.map(|at| at.saturating_duration_since(now));
        let under_way = (self.under_way() > 0).then_some(LONG);
        let next = [submit_in, poll_in, under_way].into_iter().flatten().chain(others).min();
        next.map_or(Step::End, Step::Pause)
    }

    /// Returns the time until the next poll, or `None` if nothing is pending. `is_idle` is `true` if no job is due for
    /// a submit.
    fn poll_in(&mut self, now: Instant, is_idle: bool) -> Option<Duration> {
        let Some(first_timeout) = self.pending.front().map(|pending| pending.until) else {
            self.polls.reset();
            self.poll_queue.clear();
            return None;
        };
        let next_in = if self.poll_queue.is_empty() {
            let intervals = &self.client.wait.backoff;
            self.polls.next_in(now, first_timeout, is_idle, intervals, self.client.caller.jitter())
        } else {
            Duration::ZERO
        };
        Some(next_in.max(self.client.next_slot_in(Method::Get)))
    }

    /// Sleeps for `pause`. Returns earlier if the batch is stopped or a worker has finished.
    pub(super) fn pause(&mut self, pause: Duration) {
        if self.client.caller.is_cancelled() {
            // The caller does not sleep after a cancellation, but the submits that workers have begun still have to be
            // collected.
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
}
