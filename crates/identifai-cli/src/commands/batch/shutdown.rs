//! The end of a batch by a signal, and the report on items that may have been paid for.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use identifai::{Outcome, StopHandle, Unfinished};

use crate::ledger::{Ledger, State};
use crate::output::{self, Fallback};
use crate::progress::Progress;
use crate::signals::{self, Signal};

/// The state of a batch that the signal thread needs to stop it, and to report items that may have been paid for.
#[derive(Clone)]
pub(super) struct Shutdown {
    pub(super) stop_handle: StopHandle,
    pub(super) ledger: Ledger,
    pub(super) has_journal: bool,
}

impl Shutdown {
    /// Returns `true` if there is a journal, and the identifier of an outcome could not be written to it.
    pub(super) fn is_unrecorded(&self, outcome: &Outcome) -> bool {
        let is_unrecorded = |job: Unfinished| job.identifier.is_some() && !job.is_recorded;
        self.has_journal && self.stop_handle.unfinished_job(outcome.index).is_some_and(is_unrecorded)
    }

    /// Reports the items that may have been paid for and were not printed: one line for each, and one line for all
    /// items that are in the journal.
    pub(super) fn report_unprinted(&self, fallback: Fallback) {
        let (mut recorded, mut states) = (0_u64, BTreeMap::new());
        for Unfinished { index, identifier, is_recorded, .. } in self.stop_handle.unfinished() {
            if is_recorded {
                recorded += u64::from(self.ledger.has(index));
            } else {
                states.insert(index, identifier.map_or(State::MaybeSubmitted, State::Submitted));
            }
        }
        self.ledger.set_all(states);
        output::report_unprinted(&self.ledger, fallback);
        if recorded > 0 {
            output::note(&format!(
                "{recorded} submitted but not printed, all in the journal; run the same command again to continue"
            ));
        }
    }

    /// Makes the first signal stop the submits, and the second one end the program.
    pub(super) fn handle_signals(&self, progress: &Progress) {
        let (first, last) = (self.clone(), self.clone());
        let (progress, progress_at_end) = (progress.clone(), progress.clone());
        let first = move |signal| {
            progress.interrupted.store(true, Ordering::Relaxed);
            first.stop_handle.stop();
            progress.run_with_timeout(move |progress| {
                progress
                    .note("submitting stopped; waiting for pending results (press Ctrl-C again to exit immediately)");
                // The signal may come from a program, which does not send a second one and may send SIGKILL next. The
                // items are therefore reported now.
                if signal == Signal::Terminate && !first.has_journal {
                    progress.suspend(|| first.report_unprinted(Fallback::None));
                }
            });
        };
        let second = move || {
            progress_at_end.run_with_timeout(Progress::clear);
            last.report_unprinted(Fallback::Json);
            output::note(if last.has_journal {
                "interrupted; run the same command again to continue"
            } else {
                "interrupted; without --journal, a new run submits everything again"
            });
        };
        // If no handler can be installed, a signal ends the program at once, which is acceptable.
        let _ = signals::listen(first, second);
    }
}
