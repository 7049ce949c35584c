//! Who submits: the caller's thread, or a few more where sending takes longer than the rate would allow.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A few threads that do the same with what they are given.
pub(super) struct Crew<T, R> {
    tasks: Option<Sender<T>>,
    done: Done<R>,
    threads: Vec<JoinHandle<()>>,
    under_way: usize,
}

type Done<R> = Arc<Mutex<VecDeque<thread::Result<R>>>>;

impl<T: Send + 'static, R: Send + 'static> Crew<T, R> {
    /// Starts `size` threads, or as many as there can be. Each calls `ring` once something is done.
    pub(super) fn start(
        size: usize,
        work: impl Fn(T) -> R + Send + Sync + 'static,
        ring: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (tasks, waiting) = mpsc::channel();
        let (waiting, done): (_, Done<R>) = (Arc::new(Mutex::new(waiting)), Arc::default());
        let work = Arc::new((work, ring));
        let start = |_| {
            let (waiting, done, work) = (Arc::clone(&waiting), Arc::clone(&done), Arc::clone(&work));
            let run = move || {
                while let Some(task) = next(&waiting) {
                    // A panic is the caller's, as it would be had they called themselves.
                    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (work.0)(task)));
                    lock(&done).push_back(outcome);
                    (work.1)();
                }
            };
            thread::Builder::new().name("identifai-batch".to_owned()).spawn(run).ok()
        };
        let threads = (0..size).filter_map(start).collect();
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
        self.under_way += 1;
        Ok(())
    }

    /// What was done first of all that was not collected yet. A panic goes on here.
    pub(super) fn collect(&mut self) -> Option<R> {
        let outcome = lock(&self.done).pop_front()?;
        self.under_way -= 1;
        Some(outcome.unwrap_or_else(|panic| panic::resume_unwind(panic)))
    }

    /// Whether there is something to collect.
    pub(super) fn watch(&self) -> impl Fn() -> bool + use<T, R> {
        let done = Arc::clone(&self.done);
        move || !lock(&done).is_empty()
    }
}

/// Waits for what is under way: it was paid for.
impl<T, R> Drop for Crew<T, R> {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn next<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    lock(waiting).recv().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
