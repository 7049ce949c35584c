//! The worker threads of a batch, which submit while the caller's thread does other work.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::util::sync::lock;

/// A fixed number of threads that apply one function to tasks.
pub(super) struct WorkerPool<T, R> {
    tasks: Option<Sender<T>>,
    done: Arc<Done<R>>,
    threads: Vec<JoinHandle<()>>,
    under_way: usize,
}

/// The finished results, in the order in which they were finished.
struct Done<R> {
    list: Mutex<VecDeque<R>>,
    more: Condvar,
}

impl<T: Send + 'static, R: Send + 'static> WorkerPool<T, R> {
    /// Starts `size` threads, or fewer if the system does not allow that many. Each thread calls `notify` when it has
    /// finished a task. `work` must not panic.
    pub(super) fn start(
        size: usize,
        work: impl Fn(T) -> R + Send + Sync + 'static,
        notify: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (tasks, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let done = Arc::new(Done { list: Mutex::default(), more: Condvar::new() });
        let work = Arc::new((work, notify));
        let start = |_| {
            let (waiting, done, work) = (Arc::clone(&waiting), Arc::clone(&done), Arc::clone(&work));
            let run = move || {
                loop {
                    // The lock is held only until a task is received, so the threads work in parallel.
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

    /// Returns the number of tasks that were handed over and whose results were not collected yet.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Returns `true` if there is a thread without a task.
    pub(super) fn has_idle(&self) -> bool {
        self.under_way < self.threads.len()
    }

    /// Hands a task over to a thread. If there are no threads, returns the task as the error.
    pub(super) fn hand_over(&mut self, task: T) -> Result<(), T> {
        let Some(tasks) = &self.tasks else { return Err(task) };
        tasks.send(task).map_err(|error| error.0)?;
        self.under_way = self.under_way.saturating_add(1);
        Ok(())
    }

    /// Removes and returns the oldest finished result.
    pub(super) fn collect(&mut self) -> Option<R> {
        let outcome = lock(&self.done.list).pop_front()?;
        self.under_way = self.under_way.saturating_sub(1);
        Some(outcome)
    }

    /// Returns `true` if there is a finished result.
    pub(super) fn has_done(&self) -> bool {
        !lock(&self.done.list).is_empty()
    }

    /// Waits until there is a finished result, but at most for `timeout`.
    pub(super) fn wait(&self, timeout: Duration) {
        let waited = self.done.more.wait_timeout_while(lock(&self.done.list), timeout, |list| list.is_empty());
        drop(waited);
    }
}

/// Waits until all tasks that were handed over are finished, because their submits may be paid for.
impl<T, R> Drop for WorkerPool<T, R> {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
