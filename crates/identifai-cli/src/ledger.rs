//! A list of items that were not printed yet. If the program ends early, it reports on standard error each of them that
//! may have been paid for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use identifai::{Error, Identifier};
use serde_json::json;

use crate::names::without_secrets;
use crate::output::failure;

/// The word for a batch of tickets.
pub(crate) const TICKETS: &str = "tickets";

/// The items, shared with the thread that handles signals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeMap<u64, Entry>>>);

/// An item of a list or of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The position of the item, such as `line 3: `. Empty if it is the only item.
    pub(crate) position: String,
    /// The kind of item: `image`, `video`, `audio` or `tickets`.
    pub(crate) kind: &'static str,
    /// The argument or line, with the API key redacted.
    pub(crate) input: String,
    pub(crate) state: State,
}

/// The progress of a submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing was sent.
    NotSent,
    /// The service may have accepted it.
    MaybeSubmitted,
    Submitted(Identifier),
}

/// A report on an item that was not printed, as text for people and as JSON like other results.
pub(crate) struct Unprinted {
    pub(crate) text: String,
    pub(crate) json: String,
}

impl Entry {
    fn unprinted(&self) -> Option<Unprinted> {
        let Self { position, kind, input, state } = self;
        let (identifier, fate) = match state {
            State::NotSent => return None,
            State::MaybeSubmitted => (None, "may have been submitted, identifier unknown".to_owned()),
            State::Submitted(identifier) => {
                (Some(identifier), format!("submitted as {identifier}, result not printed"))
            }
        };
        let text = format!("{position}{fate}: {kind} {}", without_secrets(input));
        let mut item = json!({ "input": input, "error": failure("output", &text, true) });
        if let (Some(fields), Some(identifier)) = (item.as_object_mut(), identifier) {
            fields.insert("identifier".to_owned(), identifier.as_str().into());
        }
        Some(Unprinted { text, json: item.to_string() })
    }
}

impl Ledger {
    pub(crate) fn add(&self, index: u64, entry: Entry) {
        self.entries().insert(index, entry);
    }

    pub(crate) fn has(&self, index: u64) -> bool {
        self.entries().contains_key(&index)
    }

    pub(crate) fn set(&self, index: u64, state: State) {
        if let Some(entry) = self.entries().get_mut(&index) {
            entry.state = state;
        }
    }

    /// Sets the states of all items. An item that is not listed is set to [`State::NotSent`].
    pub(crate) fn set_all(&self, mut states: BTreeMap<u64, State>) {
        // All states are set under one lock, because another thread may report the items at the same time.
        for (index, entry) in self.entries().iter_mut() {
            entry.state = states.remove(index).unwrap_or(State::NotSent);
        }
    }

    /// Records the outcome of a submit.
    pub(crate) fn set_outcome(&self, index: u64, outcome: Result<&Identifier, &Error>) {
        self.set(
            index,
            match outcome {
                Ok(identifier) => State::Submitted(identifier.clone()),
                Err(error) => match error.identifier() {
                    Some(identifier) => State::Submitted(identifier.clone()),
                    None if error.may_have_been_sent() => State::MaybeSubmitted,
                    None => State::NotSent,
                },
            },
        );
    }

    /// Returns `true` if the service may have accepted an item whose identifier is unknown, as during a submit.
    pub(crate) fn has_open_submit(&self) -> bool {
        self.entries().values().any(|entry| entry.state == State::MaybeSubmitted)
    }

    /// Removes an item whose outcome was printed.
    pub(crate) fn remove(&self, index: u64) {
        self.entries().remove(&index);
    }

    pub(crate) fn get(&self, index: u64) -> Option<Unprinted> {
        self.entries().get(&index).and_then(Entry::unprinted)
    }

    /// Returns a report on each item that may have been paid for.
    pub(crate) fn unprinted(&self) -> Vec<Unprinted> {
        self.entries().values().filter_map(Entry::unprinted).collect()
    }

    /// Returns hints about the commands that print the results of submitted items.
    pub(crate) fn hints(&self) -> Vec<&'static str> {
        let entries = self.entries();
        let has = |are_tickets| {
            let is_one = |entry: &Entry| (entry.kind == TICKETS) == are_tickets;
            entries.values().any(|entry| is_one(entry) && matches!(entry.state, State::Submitted(_)))
        };
        let media = "run `identifai wait ID` to get a result (with --video for a video, --audio for audio)";
        let tickets = "run `identifai tickets --wait --batch ID` to get the results";
        [(false, media), (true, tickets)].into_iter().filter(|(kind, _)| has(*kind)).map(|(_, hint)| hint).collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
