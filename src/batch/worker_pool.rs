//! Who submits: the caller's thread, or a few more where sending takes longer than the rate would allow.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::util::sync::lock;

/// A few threads that do the same with what they are given.
pub(super) struct WorkerPool<T, R> {
    tasks: Option<Sender<T>>,
    done: Arc<Done<R>>,
    threads: Vec<JoinHandle<()>>,
    under_way: usize,
}

/// What was done, in its order.
struct Done<R> {
    list: Mutex<VecDeque<R>>,
    more: Condvar,
}

impl<T: Send + 'static, R: Send + 'static> WorkerPool<T, R> {
    /// Starts `size` threads, or as many as there can be. Each calls `ring` once something is done. `work` must not
    /// panic.
    pub(super) fn start(
        size: usize,
        work: impl Fn(T) -> R + Send + Sync + 'static,
        ring: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (tasks, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let done = Arc::new(Done { list: Mutex::default(), more: Condvar::new() });
        let work = Arc::new((work, ring));
        let start = |_| {
            let (waiting, done, work) = (Arc::clone(&waiting), Arc::clone(&done), Arc::clone(&work));
            let run = move || {
                loop {
                    // The lock is released before the work begins.
                    let Ok(task) = lock(&waiting).recv() else { return };
                    let outcome = (work.0)(task);
                    lock(&done.list).push_back(outcome);
                    done.more.notify_all();
                    (work.1)();
                }
            };
            thread::Builder::new().name("identifai-batch".to_owned()).spawn(run).ok()
        };
        let threads = (0..size).map_while(start).collect();
        Self { tasks: Some(tasks), done, threads, under_way: 0 }
    }

    /// How many of them are at work.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn has_idle(&self) -> bool {
        self.under_way < self.threads.len()
    }

    /// Hands over a task, or gives it back if nobody is there to do it.
    pub(super) fn hand_over(&mut self, task: T) -> Result<(), T> {
        let Some(tasks) = &self.tasks else { return Err(task) };
        tasks.send(task).map_err(|error| error.0)?;
        self.under_way = self.under_way.saturating_add(1);
        Ok(())
    }

    /// What was done first of all that was not collected yet.
    pub(super) fn collect(&mut self) -> Option<R> {
        let outcome = lock(&self.done.list).pop_front()?;
        self.under_way = self.under_way.saturating_sub(1);
        Some(outcome)
    }

    /// Whether there is something to collect.
    pub(super) fn has_done(&self) -> bool {
        !lock(&self.done.list).is_empty()
    }

    /// Waits until there is something to collect, `most` at the longest.
    pub(super) fn wait(&self, most: Duration) {
        let waited = self.done.more.wait_timeout_while(lock(&self.done.list), most, |list| list.is_empty());
        drop(waited);
    }
}

/// Waits for what is under way: it was paid for.
impl<T, R> Drop for WorkerPool<T, R> {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
